#pragma once

#include "engine/engine.h"
#include "engine/kvm/cpu_profile.h"
#include "engine/kvm/guest_counter.h"
#include "engine/kvm/memory_slots.h"
#include "engine/kvm/probe.h"
#include "engine/kvm/vcpu.h"
#include "engine/kvm/vgic.h"

#include <memory>
#include <vector>

namespace dormouse::kvm {

// The executing half of one machine in the kernel.
class KvmVm final : public engine::Vm {
public:
    static Result<std::unique_ptr<engine::Vm>> create(
        Descriptor const& system, Abilities const&, memory::MemoryMap&, CpuProfile const&);

    Result<void> pin_psci_version(uint32_t version) override;
    Result<std::unique_ptr<engine::Vcpu>> create_vcpu(unsigned index, uint64_t mpidr) override;
    void wire(engine::Vcpu&, engine::VcpuWiring const&) override;
    Result<engine::InterruptController*> create_interrupt_controller(engine::InterruptControllerLayout const&) override;
    Result<void> clock_changed(bool running, wires::Quiesced const&) override;
    wires::CpuSignals& signals(engine::Vcpu&) override;
    Result<void> memory_map_changed(wires::Quiesced const&) override { return m_slots.apply(m_memory_map.slots()); }
    Result<void> collect_dirty_log(memory::Slot const& slot, wires::Quiesced const&) override
    {
        return m_slots.collect_dirty_log(slot);
    }
    void guest_code_changed(wires::Quiesced const&) override;

private:
    // The GIC in the kernel drives the vCPUs itself.
    class NoSignals final : public wires::CpuSignals {
        void set_irq(bool) override { }
        void set_fiq(bool) override { }
    };

    KvmVm(Descriptor vm, Abilities const&, memory::MemoryMap&, abi::VcpuInit const&, CpuProfile const&);
    Result<void> forward_firmware_calls();
    Result<void> set_psci_version(Descriptor const& vcpu) const;

    Descriptor m_vm;
    Abilities m_abilities;
    memory::MemoryMap& m_memory_map;
    MemorySlots m_slots;
    GuestCounter m_counter;
    abi::VcpuInit m_init;
    CpuProfile m_profile;
    WritableMasks m_masks;
    uint32_t m_psci_version { 0 }; // of the in-kernel firmware; 0: not in use
    std::vector<uint64_t> m_mpidrs;
    std::vector<KvmVcpu*> m_vcpus; // owned by the board, which destroys them before us
    std::unique_ptr<Vgic> m_vgic;
    NoSignals m_signals;
};

}
