#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "engine/interrupt_controller.h"
#include "engine/trace.h"
#include "engine/vcpu.h"
#include "memory/memory_map.h"
#include "wires/cpu_signals.h"
#include "wires/gic_cpu_interface.h"
#include "wires/guest_bus.h"
#include "wires/irq_line.h"
#include "wires/timer_service.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dormouse::engine {

// Callers ask "can you?", never "who are you?".
struct Capabilities {
    std::string name; // shown to people: "emulator" or "kvm"
    bool in_kernel_gic { false }; // the engine brings its own GICv3; machine/ then builds none
    // HVC and SMC reach us as ExitHypercall. With KVM not those for the Arm architecture's owner (SMCCC_VERSION and its
    // like): no filter takes them from it. [Linux, Documentation/virt/kvm/devices/vm.rst, KVM_ARM_VM_SMCCC_FILTER]
    bool firmware_in_user_space { true };
    bool sdei { true };
    bool counts_instructions { false };
    bool dirty_log { false }; // Vm::collect_dirty_log() works
    bool sees_wild_fetches { true }; // ExitMemoryFault for instructions too; else the guest gets an abort instead
    bool pmu { true }; // the guest has a performance monitor
    unsigned physical_address_bits { 48 };
    uint64_t counter_frequency_hz { 0 }; // CNTFRQ_EL0
    bool any_counter_frequency { false }; // Vm::set_counter_frequency() works
    std::string cpu_profile; // what its vCPUs promise their guest in the ID registers
    uint32_t zero_block_bytes { 0 }; // that DC ZVA clears (DCZID_EL0)
    uint64_t max_vcpus { 0 }; // 0: no limit of its own
};

// Who reacts to what a vCPU does; all owned by the machine and living longer than the vCPU.
struct VcpuWiring {
    wires::GuestBus* bus { nullptr };
    wires::GicCpuInterface* gic { nullptr }; // null with an in-kernel GIC
    wires::IrqLine* virtual_timer { nullptr }; // PPI 27
    wires::IrqLine* physical_timer { nullptr }; // PPI 30
    wires::IrqLine* pmu { nullptr }; // PPI 23
};

// The executing half of one machine. Destroyed after all its vCPU threads have been joined.
class Vm {
public:
    virtual ~Vm() = default;
    // For engines whose capabilities say !firmware_in_user_space, before the first vCPU: the version of PSCI that the
    // engine's own firmware has, as PSCI_VERSION returns it. Fails with Unsupported when it cannot be that version.
    virtual Result<void> pin_psci_version(uint32_t) { return {}; }
    // `mpidr` is the affinity value of MPIDR_EL1 (Aff3[39:32] Aff2[23:16] Aff1[15:8] Aff0[7:0]); `index` counts from 0.
    virtual Result<std::unique_ptr<Vcpu>> create_vcpu(unsigned index, uint64_t mpidr) = 0;
    // Connects what a vCPU needs from the board; before its first run().
    virtual void wire(Vcpu&, VcpuWiring const&) = 0;
    // For engines whose capabilities say in_kernel_gic, once, after the last vCPU: brings the interrupt controller to
    // life. It is owned by the VM.
    virtual Result<InterruptController*> create_interrupt_controller(InterruptControllerLayout const&)
    {
        return Error { Code::Unsupported, "This engine has no interrupt controller" };
    }
    // The machine's clock is about to go on, or was stopped: the guest's counters stand still with it. Under Quiesced
    // or before the machine runs. When it goes on, the lines of timers and PMU are what follows from their registers,
    // whatever the interrupt controller was loaded with.
    virtual Result<void> clock_changed(bool running, wires::Quiesced const&)
    {
        static_cast<void>(running);
        return {};
    }
    // Makes CNTFRQ_EL0 of all vCPUs `hertz` (1 MHz to 1 GHz) and counts at that speed from now on. What the counters
    // show afterwards is to be loaded into them; a guest that has not begun to run may take them as they are.
    virtual Result<void> set_counter_frequency(uint64_t hertz, wires::Quiesced const&)
    {
        return Error { Code::Unsupported,
            "This engine cannot count at " + std::to_string(hertz) + " Hz: its counter is the host's" };
    }
    // The interrupt inputs of a vCPU, for the interrupt controller model.
    virtual wires::CpuSignals& signals(Vcpu&) = 0;
    // Takes over MemoryMap::slots() and view() as they are now: all of it, or none. On an error the engine has the map
    // that it had before, and the caller goes back to that one, too. Writes that an engine has in a log of its own are
    // in Slot::dirty_log before a slot loses it or goes away.
    virtual Result<void> memory_map_changed(wires::Quiesced const&) = 0;
    // Brings Slot::dirty_log of a slot with flags.log_dirty up to date with every write of the vCPUs so far, and sees
    // to it that the next write to any page is logged anew: the caller takes the log now. What the host writes through
    // a FlatView is in the log already. Fails with Unsupported without Capabilities::dirty_log.
    virtual Result<void> collect_dirty_log(memory::Slot const&, wires::Quiesced const&)
    {
        return Error { Code::Unsupported, "This engine does not log which memory a guest writes" };
    }
    // From now on the engine keeps the last things of these kinds that its vCPUs do; none: it stops. Each engine has
    // kinds of its own. Any thread, at any time. Fails with InvalidArgument that names a kind it does not know.
    virtual Result<void> select_trace(std::span<std::string const> kinds)
    {
        if (kinds.empty())
            return {};
        return Error { Code::Unsupported, "This engine keeps no trace of what it does" };
    }
    // What it keeps, from that sequence on and oldest first: a bounded ring with a bound on its rate. Any thread.
    virtual std::vector<TraceLine> read_trace(uint64_t since) const
    {
        static_cast<void>(since);
        return {};
    }
    // Guest RAM was written behind the vCPUs' backs (loader, restore, reset): drop every derived instruction.
    virtual void guest_code_changed(wires::Quiesced const&) = 0;
};

class Engine {
public:
    virtual ~Engine() = default;
    virtual Capabilities capabilities() const = 0;
    virtual Result<std::unique_ptr<Vm>> create_vm(memory::MemoryMap&, Clock const&, wires::TimerService&) = 0;
};

}
