#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

// PMUv3 with six event counters. One instruction retired counts as one cycle: the numbers are reproducible, do not
// advance in WFI and cost nothing while nobody counts. Events: SW_INCR, INST_RETIRED, CPU_CYCLES, CHAIN. Counts are
// exact to the granularity in which the interpreter updates Cpu::instructions_retired (one block).
// [Arm DDI 0487, D13 "The Performance Monitors Extension"]
namespace dormouse::emulator::runtime {

constexpr unsigned kPmuEventCounters = 6;
constexpr uint64_t kPmuCounterMask = 0x8000'003f; // cycle counter and event counters in the enable registers

constexpr uint32_t kPmuEventSwIncr = 0x00;
constexpr uint32_t kPmuEventInstRetired = 0x08;
constexpr uint32_t kPmuEventCpuCycles = 0x11;
constexpr uint32_t kPmuEventChain = 0x1e;
constexpr uint64_t kPmuCommonEvents = uint64_t { 1 } << kPmuEventSwIncr | uint64_t { 1 } << kPmuEventInstRetired
    | uint64_t { 1 } << kPmuEventCpuCycles | uint64_t { 1 } << kPmuEventChain;

// Does anything count now? The one check on the exception entry and return paths.
inline bool pmu_is_counting(Cpu const& cpu)
{
    return (cpu.system(SystemRegister::PMCR_EL0) & 1) && cpu.system(SystemRegister::PMCNTENSET_EL0) != 0;
}

// Does a counter run whose overflow interrupts? Overflows are looked for by time (VcpuServices::schedule_pmu_poll),
// which is close enough at the interpreter's pace alone.
inline bool pmu_is_sampling(Cpu const& cpu)
{
    return pmu_is_counting(cpu)
        && (cpu.system(SystemRegister::PMCNTENSET_EL0) & cpu.system(SystemRegister::PMINTENSET_EL1)) != 0;
}

// Values of the counters as of now.
struct PmuCounters {
    uint64_t cycles { 0 };
    uint32_t events[kPmuEventCounters] {};
    uint64_t overflow { 0 }; // PMOVSSET_EL0
};
PmuCounters pmu_counters(Cpu const&);

// Folds the instructions retired since the last call into the counters, at the exception level they ran at: call
// before PSTATE.EL or any PMU register changes. Raises the overflow interrupt when due.
void pmu_synchronise(Cpu&);

// The run loop's answer to kPendingPmu: clears the bit and synchronises.
void pmu_poll(Cpu&);

// Recomputes the interrupt output and asks for the next poll. After a restore, once.
void pmu_update_interrupt(Cpu&);

uint64_t read_pmu_register(Cpu const&, SystemRegister);
void write_pmu_register(Cpu&, SystemRegister, uint64_t value);

}
