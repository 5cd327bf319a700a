#include "engine/emulator/runtime/debug.h"

#include "base/bits.h"
#include "engine/emulator/runtime/control_bits.h"

namespace dormouse::emulator::runtime {

namespace {

    constexpr uint64_t kOslsrLocked = 1 << 1;

    // ISS of debug exceptions. [Arm DDI 0487, ESR_EL1]
    constexpr uint32_t kDebugFaultStatus = 0x22;
    constexpr uint32_t kStepIssIsv = 1 << 24;
    constexpr uint32_t kStepIssEx = 1 << 6;
    constexpr uint32_t kWatchIssWrite = 1 << 6;

    // DBGBCR<n>_EL1.BT and DBGWCR<n>_EL1.WT.
    constexpr unsigned kUnlinkedAddress = 0;
    constexpr unsigned kLinkedAddress = 1;
    constexpr unsigned kUnlinkedContext = 2;
    constexpr unsigned kLinkedContext = 3;

    SystemRegister nth(SystemRegister first, unsigned n)
    {
        // Value and control of one comparator are neighbours in system_registers.inc.
        return static_cast<SystemRegister>(static_cast<unsigned>(first) + 2 * n);
    }
    uint64_t breakpoint_value(Cpu const& cpu, unsigned n)
    {
        return cpu.system(nth(SystemRegister::DBGBVR0_EL1, n));
    }
    uint64_t breakpoint_control(Cpu const& cpu, unsigned n)
    {
        return cpu.system(nth(SystemRegister::DBGBCR0_EL1, n));
    }
    uint64_t watchpoint_value(Cpu const& cpu, unsigned n)
    {
        return cpu.system(nth(SystemRegister::DBGWVR0_EL1, n));
    }
    uint64_t watchpoint_control(Cpu const& cpu, unsigned n)
    {
        return cpu.system(nth(SystemRegister::DBGWCR0_EL1, n));
    }

    // HMC, SSC and PMC or PAC (same places in both control registers), for a machine that is Non-secure with EL0 and
    // EL1. SSC = 2 asks for Secure state alone, SSC = 3 for EL2: neither ever matches. [D2.7.4, D2.8.4]
    bool level_matches(uint64_t control, unsigned el)
    {
        uint64_t const privilege = bits<2, 1>(control);
        return bits<15, 14>(control) < 2 && (el == 0 ? privilege & 2 : privilege & 1);
    }

    // Is the linked breakpoint `n` a context breakpoint that matches now? [D2.7.6 "Linked comparisons"]
    bool linked_context_matches(Cpu const& cpu, unsigned n)
    {
        if (n < kFirstContextBreakpoint || n >= kBreakpointCount)
            return false; // CONSTRAINED UNPREDICTABLE: never matches
        uint64_t const control = breakpoint_control(cpu, n);
        return bit<0>(control) && bits<23, 20>(control) == kLinkedContext
            && bits<31, 0>(breakpoint_value(cpu, n)) == cpu.system(SystemRegister::CONTEXTIDR_EL1);
    }

    bool breakpoint_matches(Cpu const& cpu, unsigned n)
    {
        uint64_t const control = breakpoint_control(cpu, n);
        if (!bit<0>(control) || !level_matches(control, cpu.pstate.el))
            return false;
        uint64_t const value = breakpoint_value(cpu, n);
        switch (bits<23, 20>(control)) {
        case kUnlinkedAddress:
        case kLinkedAddress:
            // Bits above the 48-bit address size are copies of bit 48 when compared. [DBGBVR<n>_EL1, "RESS"]
            if (static_cast<uint64_t>(sign_extend(value & ~uint64_t { 3 }, 49)) != (cpu.pc & ~uint64_t { 3 }))
                return false;
            return bits<23, 20>(control) == kUnlinkedAddress || linked_context_matches(cpu, bits<19, 16>(control));
        case kUnlinkedContext:
            return n >= kFirstContextBreakpoint && bits<31, 0>(value) == cpu.system(SystemRegister::CONTEXTIDR_EL1);
        default: return false; // a linked context breakpoint alone raises nothing; the rest needs EL2 or AArch32
        }
    }

    bool any_breakpoint_enabled(Cpu const& cpu)
    {
        if (!(cpu.system(SystemRegister::MDSCR_EL1) & kMdscrMde))
            return false;
        for (unsigned n = 0; n < kBreakpointCount; ++n) {
            if (bit<0>(breakpoint_control(cpu, n)))
                return true;
        }
        return false;
    }

    // The watched bytes of a watchpoint as [first, first + size) around the byte-address select bits.
    struct WatchedRange {
        uint64_t first { 0 };
        uint64_t size { 0 };
        uint8_t selected { 0xff }; // within one doubleword; all for a masked range
    };

    // Data addresses are compared without their tag byte. [D2.8.5]
    uint64_t untagged(uint64_t address)
    {
        return static_cast<uint64_t>(sign_extend(address, 56));
    }

    // Size 0: the programming matches nothing (reserved MASK values, no byte selected).
    WatchedRange watched_range(Cpu const& cpu, unsigned n)
    {
        uint64_t const control = watchpoint_control(cpu, n);
        uint64_t const value = untagged(watchpoint_value(cpu, n));
        auto const selected = static_cast<uint8_t>(bits<12, 5>(control));
        unsigned const mask = bits<28, 24>(control);
        if (mask
            >= 3) // BAS must be all ones then; other values are CONSTRAINED UNPREDICTABLE and read as all ones here
            return { align_down(value, uint64_t { 1 } << mask), uint64_t { 1 } << mask, 0xff };
        if (mask != 0 || selected == 0)
            return {};
        // A word-aligned value watches bytes 0..3 of its word with BAS[3:0].
        if (bit<2>(value))
            return { value, 4, static_cast<uint8_t>(selected & 15) };
        return { value, 8, selected };
    }

    // First byte of [address, address + size) that the range watches, or no value.
    bool first_watched_byte(WatchedRange const& range, uint64_t address, uint64_t size, uint64_t& hit)
    {
        // Differences modulo 2^64, so that an access that ends at the top of the address space needs no case of its
        // own.
        uint64_t const start = address - range.first < range.size ? address : range.first;
        if (range.size == 0 || (start != address && range.first - address >= size))
            return false;
        if (range.size > 8) {
            hit = start;
            return true;
        }
        for (uint64_t byte = start - range.first; byte < range.size && range.first + byte - address < size; ++byte) {
            if (range.selected >> byte & 1) {
                hit = range.first + byte;
                return true;
            }
        }
        return false;
    }

    bool is_load_exclusive(uint32_t word)
    {
        bool const exclusive_load = (word & 0x3fc0'0000) == 0x0840'0000;
        bool const is_casp = (word & 0x8020'0000) == 0x0020'0000;
        return exclusive_load && !is_casp;
    }

    bool step_is_active(Cpu const& cpu)
    {
        return (cpu.system(SystemRegister::MDSCR_EL1) & kMdscrSs) && debug_exceptions_enabled(cpu);
    }

    void fill(Cpu& cpu, ExceptionClass exception_class, uint32_t iss)
    {
        cpu.exception = { exception_class, iss, false, 0, cpu.pc };
    }

}

bool debug_exceptions_enabled_at(Cpu const& cpu, unsigned el, bool debug_masked)
{
    if (cpu.system(SystemRegister::OSLSR_EL1) & kOslsrLocked)
        return false;
    return el == 0 || ((cpu.system(SystemRegister::MDSCR_EL1) & kMdscrKde) && !debug_masked);
}

bool needs_single_stepping(Cpu const& cpu)
{
    if (cpu.pstate.il)
        return true;
    if (!(cpu.system(SystemRegister::MDSCR_EL1) & (kMdscrSs | kMdscrMde))) [[likely]]
        return false;
    return debug_exceptions_enabled(cpu) && (step_is_active(cpu) || any_breakpoint_enabled(cpu));
}

void refresh_step_request(Cpu& cpu)
{
    bool const wanted = needs_single_stepping(cpu);
    bool const requested = cpu.pending.load(std::memory_order_relaxed) & kPendingStep;
    if (wanted == requested) [[likely]]
        return;
    if (wanted)
        cpu.pending.fetch_or(kPendingStep, std::memory_order_relaxed);
    else
        cpu.pending.fetch_and(~uint32_t { kPendingStep }, std::memory_order_relaxed);
}

bool step_exception_pending(Cpu& cpu)
{
    if (cpu.pstate.ss || !step_is_active(cpu))
        return false;
    // Nothing was stepped since the step became active-pending: ISV is clear. [D2.11.7]
    fill(cpu, ExceptionClass::SoftwareStepLower, kDebugFaultStatus);
    return true;
}

bool breakpoint_or_illegal_state(Cpu& cpu)
{
    // [D1.3.5.3, synchronous exception prioritization: breakpoints before the illegal execution state]
    if ((cpu.system(SystemRegister::MDSCR_EL1) & kMdscrMde) && debug_exceptions_enabled(cpu)) {
        for (unsigned n = 0; n < kBreakpointCount; ++n) {
            if (breakpoint_matches(cpu, n)) {
                fill(cpu, ExceptionClass::BreakpointLower, kDebugFaultStatus);
                return true;
            }
        }
    }
    if (!cpu.pstate.il)
        return false;
    fill(cpu, ExceptionClass::IllegalExecutionState, 0);
    return true;
}

bool step_exception_after(Cpu& cpu, uint32_t word)
{
    if (!step_is_active(cpu))
        return false;
    cpu.pstate.ss = false;
    fill(cpu, ExceptionClass::SoftwareStepLower,
        kDebugFaultStatus | kStepIssIsv | (is_load_exclusive(word) ? kStepIssEx : 0));
    return true;
}

bool any_watchpoint_enabled(Cpu const& cpu)
{
    if (!(cpu.system(SystemRegister::MDSCR_EL1) & kMdscrMde) || (cpu.system(SystemRegister::OSLSR_EL1) & kOslsrLocked))
        [[likely]]
        return false;
    for (unsigned n = 0; n < kWatchpointCount; ++n) {
        if (bit<0>(watchpoint_control(cpu, n)))
            return true;
    }
    return false;
}

bool page_is_watched(Cpu const& cpu, uint64_t address, uint64_t size)
{
    uint64_t hit = 0;
    for (unsigned n = 0; n < kWatchpointCount; ++n) {
        if (bit<0>(watchpoint_control(cpu, n))
            && first_watched_byte(watched_range(cpu, n), untagged(address), size, hit))
            return true;
    }
    return false;
}

bool watchpoint_hit(Cpu& cpu, uint64_t address, unsigned size, bool is_write, bool unprivileged)
{
    if (!any_watchpoint_enabled(cpu) || !debug_exceptions_enabled(cpu))
        return false;
    unsigned const el = unprivileged ? 0 : cpu.pstate.el;
    for (unsigned n = 0; n < kWatchpointCount; ++n) {
        uint64_t const control = watchpoint_control(cpu, n);
        uint64_t const direction = bits<4, 3>(control);
        if (!bit<0>(control) || !level_matches(control, el) || !(is_write ? direction & 2 : direction & 1))
            continue;
        if (bit<20>(control) && !linked_context_matches(cpu, bits<19, 16>(control)))
            continue;
        uint64_t hit = 0;
        if (!first_watched_byte(watched_range(cpu, n), untagged(address), size, hit))
            continue;
        // The reported address keeps the tag of the access. [D2.8.8 "Determining the memory location"]
        cpu.exception = { ExceptionClass::WatchpointLower, kDebugFaultStatus | (is_write ? kWatchIssWrite : 0), true,
            address + (hit - untagged(address)), cpu.pc };
        return true;
    }
    return false;
}

}
