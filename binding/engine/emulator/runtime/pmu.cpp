#include "engine/emulator/runtime/pmu.h"

#include "engine/emulator/runtime/vcpu_services.h"

#include <algorithm>

namespace dormouse::emulator::runtime {

namespace {

    constexpr uint64_t kPmcrEnable = 1 << 0;
    constexpr uint64_t kPmcrResetEvents = 1 << 1;
    constexpr uint64_t kPmcrResetCycles = 1 << 2;
    constexpr uint64_t kCycleCounterBit = uint64_t { 1 } << 31;
    constexpr unsigned kSelectCycleCounter = 31;

    // PMEVTYPER<n>_EL0 and PMCCFILTR_EL0: P excludes EL1, U excludes EL0.
    constexpr uint64_t kFilterEl1 = uint64_t { 1 } << 31;
    constexpr uint64_t kFilterEl0 = uint64_t { 1 } << 30;

    // A poll comes at the earliest moment an overflow can have happened at this speed, within bounds that keep it cheap
    // and an overflow interrupt late by no more than a scheduler tick.
    constexpr uint64_t kFastestInstructionsPerUs = 1000;
    constexpr uint64_t kShortestPollNs = 50'000;
    constexpr uint64_t kLongestPollNs = 10'000'000;

    SystemRegister event_counter(unsigned n)
    {
        return static_cast<SystemRegister>(static_cast<unsigned>(SystemRegister::PMEVCNTR0_EL0) + n);
    }
    SystemRegister event_type(unsigned n)
    {
        return static_cast<SystemRegister>(static_cast<unsigned>(SystemRegister::PMEVTYPER0_EL0) + n);
    }

    bool is_between(SystemRegister which, SystemRegister first, SystemRegister last)
    {
        return which >= first && which <= last;
    }

    bool counts_at_this_level(Cpu const& cpu, uint64_t filter)
    {
        return !(filter & (cpu.pstate.el == 0 ? kFilterEl0 : kFilterEl1));
    }

    bool is_enabled(Cpu const& cpu, uint64_t counter_bit)
    {
        return (cpu.system(SystemRegister::PMCR_EL0) & kPmcrEnable)
            && (cpu.system(SystemRegister::PMCNTENSET_EL0) & counter_bit);
    }

    uint32_t event_number(Cpu const& cpu, unsigned n)
    {
        return cpu.system(event_type(n)) & 0x3ff;
    }

    // Adds to event counter n and, when it is even and wraps, to a CHAIN counter above it. [D13.5.2, event 0x001E]
    void add_events(Cpu const& cpu, PmuCounters& counters, unsigned n, uint64_t amount)
    {
        uint64_t const sum = counters.events[n] + amount;
        counters.events[n] = static_cast<uint32_t>(sum);
        uint64_t const wraps = sum >> 32;
        if (wraps == 0)
            return;
        counters.overflow |= uint64_t { 1 } << n;
        unsigned const odd = n + 1;
        if (n % 2 == 0 && odd < kPmuEventCounters && event_number(cpu, odd) == kPmuEventChain
            && is_enabled(cpu, uint64_t { 1 } << odd) && counts_at_this_level(cpu, cpu.system(event_type(odd))))
            add_events(cpu, counters, odd, wraps);
    }

    void store_counters(Cpu& cpu, PmuCounters const& counters)
    {
        cpu.system(SystemRegister::PMCCNTR_EL0) = counters.cycles;
        for (unsigned n = 0; n < kPmuEventCounters; ++n)
            cpu.system(event_counter(n)) = counters.events[n];
        cpu.system(SystemRegister::PMOVSSET_EL0) = counters.overflow;
        cpu.system(SystemRegister::PMU_INSTRUCTIONS) = cpu.instructions_retired;
    }

    // Register that PMXEVTYPER_EL0 and PMXEVCNTR_EL0 stand for; Count when the selection names none (RAZ/WI).
    SystemRegister selected_register(Cpu const& cpu, SystemRegister which)
    {
        unsigned const selection = cpu.system(SystemRegister::PMSELR_EL0) & 31;
        bool const type = which == SystemRegister::PMXEVTYPER_EL0;
        if (selection < kPmuEventCounters)
            return type ? event_type(selection) : event_counter(selection);
        return type && selection == kSelectCycleCounter ? SystemRegister::PMCCFILTR_EL0 : SystemRegister::Count;
    }

    void software_increment(Cpu& cpu, uint64_t value)
    {
        PmuCounters counters = pmu_counters(cpu);
        for (unsigned n = 0; n < kPmuEventCounters; ++n) {
            uint64_t const counter_bit = uint64_t { 1 } << n;
            if ((value & counter_bit) && is_enabled(cpu, counter_bit) && event_number(cpu, n) == kPmuEventSwIncr
                && counts_at_this_level(cpu, cpu.system(event_type(n))))
                add_events(cpu, counters, n, 1);
        }
        store_counters(cpu, counters);
    }

    void write_control(Cpu& cpu, uint64_t value)
    {
        constexpr uint64_t kStored = 0x39; // E, D, X, DP. N, LC (RES1 without AArch32) and the rest are fixed.
        uint64_t& control = cpu.system(SystemRegister::PMCR_EL0);
        control = (control & ~kStored) | (value & kStored);
        // An EL0 reset of the event counters is allowed too: every counter is EL0's without EL2. [PMCR_EL0, "P"]
        if (value & kPmcrResetEvents) {
            for (unsigned n = 0; n < kPmuEventCounters; ++n)
                cpu.system(event_counter(n)) = 0;
        }
        if (value & kPmcrResetCycles)
            cpu.system(SystemRegister::PMCCNTR_EL0) = 0;
    }

    uint64_t nanoseconds_until_poll(Cpu const& cpu)
    {
        uint64_t const watched
            = cpu.system(SystemRegister::PMCNTENSET_EL0) & cpu.system(SystemRegister::PMINTENSET_EL1);
        if (!(cpu.system(SystemRegister::PMCR_EL0) & kPmcrEnable) || watched == 0)
            return 0;
        uint64_t nearest = ~uint64_t { 0 };
        if (watched & kCycleCounterBit)
            nearest = ~cpu.system(SystemRegister::PMCCNTR_EL0);
        for (unsigned n = 0; n < kPmuEventCounters; ++n) {
            if (watched >> n & 1) // a CHAIN counter counts at the pace of the one below, at most
                nearest = std::min<uint64_t>(nearest, ~static_cast<uint32_t>(cpu.system(event_counter(n))));
        }
        return std::clamp(nearest / kFastestInstructionsPerUs * 1000, kShortestPollNs, kLongestPollNs);
    }

}

PmuCounters pmu_counters(Cpu const& cpu)
{
    PmuCounters counters;
    counters.cycles = cpu.system(SystemRegister::PMCCNTR_EL0);
    counters.overflow = cpu.system(SystemRegister::PMOVSSET_EL0);
    for (unsigned n = 0; n < kPmuEventCounters; ++n)
        counters.events[n] = static_cast<uint32_t>(cpu.system(event_counter(n)));

    uint64_t const retired = cpu.instructions_retired - cpu.system(SystemRegister::PMU_INSTRUCTIONS);
    if (is_enabled(cpu, kCycleCounterBit) && counts_at_this_level(cpu, cpu.system(SystemRegister::PMCCFILTR_EL0))) {
        // PMCR_EL0.LC is fixed to one: overflow is that of 64 bits, and PMCR_EL0.D has no effect.
        counters.cycles += retired;
        if (counters.cycles < retired)
            counters.overflow |= kCycleCounterBit;
    }
    for (unsigned n = 0; n < kPmuEventCounters; ++n) {
        uint32_t const event = event_number(cpu, n);
        if ((event == kPmuEventInstRetired || event == kPmuEventCpuCycles) && is_enabled(cpu, uint64_t { 1 } << n)
            && counts_at_this_level(cpu, cpu.system(event_type(n))))
            add_events(cpu, counters, n, retired);
    }
    return counters;
}

void pmu_synchronise(Cpu& cpu)
{
    uint64_t const before = cpu.system(SystemRegister::PMOVSSET_EL0);
    PmuCounters const counters = pmu_counters(cpu);
    store_counters(cpu, counters);
    if (counters.overflow != before)
        pmu_update_interrupt(cpu);
}

static void update_line_and_poll(Cpu& cpu)
{
    bool const high = (cpu.system(SystemRegister::PMCR_EL0) & kPmcrEnable)
        && (cpu.system(SystemRegister::PMOVSSET_EL0) & cpu.system(SystemRegister::PMINTENSET_EL1));
    cpu.services->pmu_overflow_changed(high);
    cpu.services->schedule_pmu_poll(nanoseconds_until_poll(cpu));
}

void pmu_poll(Cpu& cpu)
{
    cpu.pending.fetch_and(~uint32_t { kPendingPmu }, std::memory_order_relaxed);
    store_counters(cpu, pmu_counters(cpu));
    update_line_and_poll(cpu);
}

void pmu_update_interrupt(Cpu& cpu)
{
    update_line_and_poll(cpu);
    if (pmu_is_sampling(cpu)) // translated code leaves to the run loop, which goes on without it
        cpu.pending.fetch_or(kPendingPmu, std::memory_order_relaxed);
}

uint64_t read_pmu_register(Cpu const& cpu, SystemRegister which)
{
    switch (which) {
    case SystemRegister::PMCNTENCLR_EL0: return cpu.system(SystemRegister::PMCNTENSET_EL0);
    case SystemRegister::PMINTENCLR_EL1: return cpu.system(SystemRegister::PMINTENSET_EL1);
    case SystemRegister::PMOVSCLR_EL0:
    case SystemRegister::PMOVSSET_EL0: return pmu_counters(cpu).overflow;
    case SystemRegister::PMCCNTR_EL0: return pmu_counters(cpu).cycles;
    case SystemRegister::PMXEVTYPER_EL0:
    case SystemRegister::PMXEVCNTR_EL0: {
        SystemRegister const selected = selected_register(cpu, which);
        return selected == SystemRegister::Count ? 0 : read_pmu_register(cpu, selected);
    }
    default: break;
    }
    if (is_between(which, SystemRegister::PMEVCNTR0_EL0, SystemRegister::PMEVCNTR5_EL0))
        return pmu_counters(cpu)
            .events[static_cast<unsigned>(which) - static_cast<unsigned>(SystemRegister::PMEVCNTR0_EL0)];
    return cpu.system(which);
}

void write_pmu_register(Cpu& cpu, SystemRegister which, uint64_t value)
{
    store_counters(cpu, pmu_counters(cpu));
    switch (which) {
    case SystemRegister::PMCR_EL0: write_control(cpu, value); break;
    case SystemRegister::PMCNTENSET_EL0:
    case SystemRegister::PMINTENSET_EL1:
    case SystemRegister::PMOVSSET_EL0: cpu.system(which) |= value & kPmuCounterMask; break;
    case SystemRegister::PMCNTENCLR_EL0: cpu.system(SystemRegister::PMCNTENSET_EL0) &= ~value; break;
    case SystemRegister::PMINTENCLR_EL1: cpu.system(SystemRegister::PMINTENSET_EL1) &= ~value; break;
    case SystemRegister::PMOVSCLR_EL0: cpu.system(SystemRegister::PMOVSSET_EL0) &= ~value; break;
    case SystemRegister::PMSWINC_EL0: software_increment(cpu, value); break;
    case SystemRegister::PMSELR_EL0: cpu.system(which) = value & 31; break;
    case SystemRegister::PMCCNTR_EL0: cpu.system(which) = value; break;
    case SystemRegister::PMCCFILTR_EL0: cpu.system(which) = value & (kFilterEl1 | kFilterEl0); break;
    case SystemRegister::PMXEVTYPER_EL0:
    case SystemRegister::PMXEVCNTR_EL0: {
        SystemRegister const selected = selected_register(cpu, which);
        if (selected != SystemRegister::Count)
            write_pmu_register(cpu, selected, value);
        return;
    }
    default:
        if (is_between(which, SystemRegister::PMEVCNTR0_EL0, SystemRegister::PMEVCNTR5_EL0))
            cpu.system(which) = static_cast<uint32_t>(value);
        else if (is_between(which, SystemRegister::PMEVTYPER0_EL0, SystemRegister::PMEVTYPER5_EL0))
            cpu.system(which) = value & (kFilterEl1 | kFilterEl0 | 0x3ff);
        break;
    }
    pmu_update_interrupt(cpu);
}

}
