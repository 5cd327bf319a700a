#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/runtime/control_bits.h"
#include "engine/emulator/runtime/pstate.h"

#include <bit>
#include <cstddef>
#include <cstdint>

// What translated exception entry and return know of Cpu::pstate and of the registers' fields, on every host.
namespace dormouse::emulator::jit {

// PSTATE.EL and PSTATE.SP side by side, IL and SS as well: each pair is one store of two bytes.
constexpr int32_t kEl1WithSpEl1 = 0x0101;
static_assert(offsetof(Pstate, el) == 0 && offsetof(Pstate, sp_el1) == 1);
static_assert(offsetof(Pstate, ss) == offsetof(Pstate, il) + 1 && sizeof(Pstate) == 8);

// Bits of SCTLR_EL1 that say what PSTATE.PAN and PSTATE.SSBS become.
constexpr auto kSctlrSpanBit = static_cast<uint8_t>(std::countr_zero(runtime::kSctlrSpan));
constexpr auto kSctlrDssbsBit = static_cast<uint8_t>(std::countr_zero(runtime::kSctlrDssbs));

// ESR_EL1 of SVC without its immediate. [Arm DDI 0487, ESR_EL1]
constexpr uint32_t kSvcSyndrome = static_cast<uint32_t>(ExceptionClass::Svc64) << 26 | 1u << 25;

// The fields of one bit, a byte each in Pstate, that an exception keeps in SPSR_EL1.
struct PstateBit {
    uint32_t offset; // in Pstate
    uint64_t spsr;
    constexpr unsigned position() const { return static_cast<unsigned>(std::countr_zero(spsr)); }
};
constexpr PstateBit kKeptPstateBits[] {
    { offsetof(Pstate, ssbs), runtime::kSpsrSsbs },
    { offsetof(Pstate, pan), runtime::kSpsrPan },
    { offsetof(Pstate, dit), runtime::kSpsrDit },
};

}
