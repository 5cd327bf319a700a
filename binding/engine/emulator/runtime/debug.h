#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

// Self-hosted debug: breakpoints, watchpoints and software step, as the guest's own exceptions.
// [Arm DDI 0487, D2 "AArch64 Self-hosted Debug"]
namespace dormouse::emulator::runtime {

constexpr unsigned kBreakpointCount = 6;
constexpr unsigned kFirstContextBreakpoint = 4; // DBGBCR4 and DBGBCR5 can match CONTEXTIDR_EL1
constexpr unsigned kWatchpointCount = 4;

// Can a debug exception other than BRK be taken from `el`, with `debug_masked` as PSTATE.D?
// [D2.4 "The PE and debug exceptions"]
bool debug_exceptions_enabled_at(Cpu const&, unsigned el, bool debug_masked);
inline bool debug_exceptions_enabled(Cpu const& cpu)
{
    return debug_exceptions_enabled_at(cpu, cpu.pstate.el, cpu.pstate.daif & 8);
}

// True while the run loop must execute one instruction at a time and call the two hooks below around each: software
// step is active, a breakpoint may hit, or PSTATE.IL is set.
bool needs_single_stepping(Cpu const&);

// Sets or clears kPendingStep to match needs_single_stepping(). The runtime calls it wherever the answer can change.
void refresh_step_request(Cpu&);

// Before the fetch: is a software step exception pending (PSTATE.SS clear while stepping)? true: Cpu::exception is
// filled.
bool step_exception_pending(Cpu&);

// After the fetch, before the execution: a breakpoint on Cpu::pc, or an illegal execution state. true: filled.
bool breakpoint_or_illegal_state(Cpu&);

// Both of the above, for a loop that does not separate fetch and execution.
inline bool debug_exception_before(Cpu& cpu)
{
    return step_exception_pending(cpu) || breakpoint_or_illegal_state(cpu);
}

// After an instruction that completed (Cpu::pc already at the next one) while needs_single_stepping() was true before
// it. true: Cpu::exception holds the software step exception. Not called when the instruction raised an exception.
bool step_exception_after(Cpu&, uint32_t word);

// True when some watchpoint could hit at some exception level; then TLB entries of pages for which
// page_is_watched() says yes must stay invalid, so that their accesses reach watchpoint_hit().
bool any_watchpoint_enabled(Cpu const&);
// Does an enabled watchpoint touch [address, address + size)? Ignores exception level and direction.
bool page_is_watched(Cpu const&, uint64_t address, uint64_t size);

// Called after translation and permission checks passed, before the access. true: Cpu::exception is filled with the
// watchpoint exception; FAR is the first watched byte of the access. [D2.8 "Watchpoint exceptions"]
bool watchpoint_hit(Cpu&, uint64_t address, unsigned size, bool is_write, bool unprivileged = false);

}
