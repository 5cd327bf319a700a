#pragma once

#include "engine/register_id.h"

// The state of the dispatcher as registers of each vCPU, in a range of the firmware registers that Linux does not use.
// All have 64 bits.
//
//   PE_STATE                 bit 0: masked
//   EVENT_n_NUMBER           the n-th event of the machine; a write must agree
//   EVENT_n_STATE            bit 0 registered, bit 1 enabled, bit 3 pending, bit 4 relative mode
//   EVENT_n_ENTRY, _ARGUMENT
//   CONTEXT_p_EVENT          number of the event whose handler of priority p runs, or 0x80000000
//   CONTEXT_p_PC, _PSTATE, _X0.._X17
namespace dormouse::firmware::sdei {

constexpr uint64_t kRegisters = engine::kRegArm64 | engine::kRegSizeU64 | engine::kRegFirmware | 0x9000;
constexpr engine::RegisterId kPeState { kRegisters };

constexpr bool is_sdei_register(engine::RegisterId id)
{
    return id.value >= kRegisters && id.value < kRegisters + 0x1000;
}

enum class EventField : uint8_t { Number, State, Entry, Argument };
constexpr unsigned kEventFields = 4;
constexpr engine::RegisterId event_register_id(unsigned place, EventField field)
{
    return { kRegisters | 0x100 | place * kEventFields | static_cast<unsigned>(field) };
}

enum class ContextField : uint8_t { Event, Pc, Pstate, X0 };
constexpr unsigned kContextStride = 32;
constexpr engine::RegisterId context_register_id(unsigned priority, ContextField field, unsigned n = 0)
{
    return { kRegisters | 0x200 | (priority * kContextStride + static_cast<unsigned>(field) + n) };
}

// Bits of EVENT_n_STATE beside those of EVENT_STATUS.
constexpr uint64_t kStatePending = 1 << 3;
constexpr uint64_t kStateRelative = 1 << 4;

}
