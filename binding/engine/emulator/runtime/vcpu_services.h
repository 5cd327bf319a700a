#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>
#include <thread>

namespace dormouse::wires {
class GicCpuInterface;
class GuestBus;
}

namespace dormouse::emulator {

// What semantic functions and system registers may ask of the vCPU's surroundings. Implemented by
// emulator/emulated_vcpu.
class VcpuServices {
public:
    virtual ~VcpuServices() = default;

    // Guest-visible counter (CNTPCT_EL0 at CNTFRQ_EL0) and the programming of the two timers' interrupt outputs.
    virtual uint64_t physical_counter() const = 0;
    // Called after any write to CNTx_CTL, CNTx_CVAL, CNTVOFF: recompute deadlines and interrupt lines.
    virtual void timers_changed(Cpu&) = 0;
    // Called after any write that may change the PMU's overflow output.
    virtual void pmu_overflow_changed(bool high) = 0;
    // While a counter with an enabled overflow interrupt runs: set kPendingPmu in about `delay_ns` (0: no more).
    // Without it an overflow is noticed at the next exception or access to a PMU register.
    virtual void schedule_pmu_poll([[maybe_unused]] uint64_t delay_ns) { }

    virtual wires::GicCpuInterface* gic() = 0;
    virtual wires::GuestBus& bus() = 0;

    // SCTLR, TTBRn, TCR, MAIR, PSTATE.EL or PAN changed: select TLB arrays and drop what is stale (mmu/).
    virtual void translation_regime_changed(Cpu&) = 0;
    // SYS instructions that maintain TLBs and instruction caches. `encoding` as in arch/system_register_encoding.h with
    // op0 = 1; `value` is Xt. false: no such instruction (UNDEFINED).
    virtual bool tlb_maintenance(Cpu&, uint16_t encoding, uint64_t value) = 0;
    // IC, and those DC by address and DC ZVA that miss the TLB. EL0's traps have been checked.
    virtual Flow instruction_cache_maintenance(Cpu&, uint16_t encoding, uint64_t value) = 0;
    virtual Flow address_translation(Cpu&, uint16_t encoding, uint64_t value)
        = 0; // AT S1E1R and friends, fills PAR_EL1
    // DSB: waits until every vCPU has done the TLB maintenance this vCPU has asked for.
    virtual void complete_maintenance(Cpu&) = 0;
    // SEV: sets every vCPU's event register and wakes those in WFE.
    virtual void send_event() = 0;
    // WFE with a clear event register: gives the host CPU away for a moment. Must return by itself within about 100 us,
    // because events that nothing reports end a WFE too: another CPU's store to an exclusively loaded address, and the
    // timer's event stream. The guest's loop around WFE then looks again.
    virtual void wait_for_event(Cpu&) { std::this_thread::yield(); }
    // Debug registers (DBGBCR.., MDSCR) changed: recompute watch and step state, drop decoded code and TLB entries if
    // needed.
    virtual void debug_state_changed(Cpu&) = 0;
};

}
