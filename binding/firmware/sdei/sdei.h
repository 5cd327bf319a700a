#pragma once

#include "base/result.h"
#include "engine/vcpu.h"
#include "firmware/platform.h"
#include "firmware/sdei/function_table.h"
#include "firmware/sdei/vcpu_state.h"
#include "firmware/smccc/function_id.h"

#include <memory>
#include <optional>
#include <vector>

namespace dormouse::firmware::sdei {

// SDEI_VERSION: 1.1; the lower half is the vendor's, ours says "DORM". [Arm DEN 0054 C, SDEI, 5.1.1]
constexpr int64_t kVersion = 0x0001'0001'444f'524d;

// The SDEI 1.1 dispatcher of one machine for one client, the guest's EL1. Private events alone: no shared events, no
// bound interrupts, so both kinds of bind slots are 0. [Arm DEN 0054 C, SDEI]
//
// Everything about a vCPU is called on its own thread while it is outside its engine, or by a holder of
// wires::Quiesced; signal() alone comes from anywhere.
class Sdei {
public:
    Sdei(std::vector<uint32_t> const& vendor_events, Platform& platform);
    Sdei(Sdei const&) = delete;
    Sdei& operator=(Sdei const&) = delete;

    // Serves one call. Empty: the call did not return, all registers of the vCPU are set. Fails only when the engine
    // cannot read or write a register of the vCPU.
    Result<std::optional<int64_t>> call(smccc::Call const&, engine::Vcpu&);

    // Enters the handler of a pending event if there is one that may interrupt this vCPU now; says whether it did. To
    // be called whenever the vCPU is about to run.
    Result<bool> deliver(unsigned vcpu, engine::Vcpu&);
    // Would deliver() do something? Without a change.
    bool deliverable(unsigned vcpu) const;

    // Latches event number `place` of events() for a vCPU and makes it look. Lock-free, from any thread.
    void signal(unsigned vcpu, unsigned place);

    // CPU_ON, or a reset of the machine: the vCPU starts without registrations, masked.
    void start(unsigned vcpu) { state(vcpu).reset(); }
    // The vCPU resumes at an entry point after a power-down suspend: registrations and latches stay, events are masked.
    void resume(unsigned vcpu) { state(vcpu).masked = true; }
    bool handler_runs(unsigned vcpu) const;

    EventList const& events() const { return m_events; }
    VcpuState const& vcpu_state(unsigned vcpu) const { return state(vcpu); }

    // Pseudo-firmware registers of one vCPU: all of the above state, in a fixed order. (registers.h)
    std::vector<engine::RegisterId> register_list() const;
    Result<engine::RegisterValue> read_register(unsigned vcpu, engine::RegisterId) const;
    Result<void> write_register(unsigned vcpu, engine::RegisterId, engine::RegisterValue);

private:
    int64_t event_register(VcpuState&, smccc::Call const&);
    int64_t change(VcpuState&, Input, uint64_t event);
    int64_t event_status(VcpuState const&, uint64_t event) const;
    int64_t event_get_info(uint64_t event, uint64_t info) const;
    int64_t event_routing_set(uint64_t event) const;
    int64_t event_signal(smccc::Call const&);
    int64_t private_reset(VcpuState&);
    std::optional<int64_t> returning_call(Function, VcpuState&, smccc::Call const&);

    VcpuState& state(unsigned vcpu) { return *m_states[vcpu]; }
    VcpuState const& state(unsigned vcpu) const { return *m_states[vcpu]; }

    EventList m_events;
    Platform& m_platform;
    std::vector<std::unique_ptr<VcpuState>> m_states;
};

}
