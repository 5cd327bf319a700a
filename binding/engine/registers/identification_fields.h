#pragma once

#include "engine/register_id.h"

#include <cstdint>
#include <span>

namespace dormouse::engine {

// One field of an identification register, by the manual's name. [Arm DDI 0487, D23.2 and D23.6]
struct IdentificationField {
    char const* name;
    unsigned low_bit;
    unsigned bits { 4 };

    constexpr uint64_t mask() const { return ((uint64_t { 1 } << bits) - 1) << low_bit; }
    constexpr uint64_t of(uint64_t value) const { return (value & mask()) >> low_bit; }
};

// The fields of one register, lowest first; empty for a register that is no identification register or whose bits have
// no names here.
std::span<IdentificationField const> identification_fields(RegisterId);

// What a guest is promised about its processor: MIDR_EL1, the ID_* registers, CTR_EL0 and their like.
bool is_identification(RegisterId);

}
