#pragma once

#include "engine/register_id.h"

#include <cstdint>

namespace dormouse::machine {

// How a register travels between engines that do not both have it, or not with the same bits. One engine's register
// list needs no rule: these are the exceptions to "the same value in the same register".
struct RegisterRule {
    enum class WhenMissing {
        Refuse,
        Drop,
        DropIfEqual, // to `value`
    };
    uint64_t id_mask { ~uint64_t { 0 } };
    uint64_t id { 0 };
    WhenMissing when_missing { WhenMissing::Refuse }; // the saved machine has it, the other one has not
    uint64_t value { 0 }; // of DropIfEqual; and what it is loaded with when the saved machine has none
    bool may_be_absent { false }; // the other one has it, the saved machine has not
    uint64_t ignored { 0 }; // bits that differ without a guest's noticing, where they cannot be loaded
    char const* reason { "" }; // a sentence
};

// null: no exception for this register.
RegisterRule const* register_rule(engine::RegisterId);

}
