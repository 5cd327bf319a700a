#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

namespace dormouse::emulator::runtime {

// Fields of SPSR_EL1 for an exception taken from AArch64. [Arm DDI 0487, C5.2.19 "SPSR_EL1"]
constexpr uint64_t kSpsrModeMask = 0x1f;
constexpr uint64_t kSpsrModeEl0t = 0x0;
constexpr uint64_t kSpsrModeEl1t = 0x4;
constexpr uint64_t kSpsrModeEl1h = 0x5;
constexpr unsigned kSpsrDaifShift = 6;
constexpr uint64_t kSpsrSsbs = 1 << 12;
constexpr uint64_t kSpsrIl = 1 << 20;
constexpr uint64_t kSpsrSs = 1 << 21;
constexpr uint64_t kSpsrPan = 1 << 22;
constexpr uint64_t kSpsrDit = 1 << 24;
constexpr uint64_t kSpsrNzcv = 0xf000'0000;
constexpr uint64_t kSpsrImplemented
    = kSpsrNzcv | kSpsrDit | kSpsrPan | kSpsrSs | kSpsrIl | kSpsrSsbs | (0xf << kSpsrDaifShift) | kSpsrModeMask;

// Bits of Pstate::daif.
constexpr uint8_t kDaifD = 8;
constexpr uint8_t kDaifA = 4;
constexpr uint8_t kDaifI = 2;
constexpr uint8_t kDaifF = 1;

// PSTATE and the condition flags in the form of SPSR_EL1 (and of ONE_REG's PSTATE).
uint64_t to_spsr(Cpu const&);

// True when M names a mode of this machine: EL0t, EL1t or EL1h. No AArch32, no EL2, no EL3.
constexpr bool is_implemented_mode(uint64_t spsr)
{
    uint64_t const mode = spsr & kSpsrModeMask;
    return mode == kSpsrModeEl0t || mode == kSpsrModeEl1t || mode == kSpsrModeEl1h;
}

// Replaces all of PSTATE and the flags; `spsr` must name an implemented mode. Moves the selected stack pointer.
void set_from_spsr(Cpu&, uint64_t spsr);

// Changes the exception level and stack selection, keeping both stack pointers.
void select_stack(Cpu&, uint8_t el, bool sp_el1);

// SP_EL0 and SP_EL1 wherever they are now: in Cpu::sp when selected, else in their bank.
uint64_t stack_pointer(Cpu const&, SystemRegister which);
void set_stack_pointer(Cpu&, SystemRegister which, uint64_t value);

}
