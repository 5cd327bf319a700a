#pragma once

#include <cstdint>

namespace dormouse::conformance {

// Where the address of an access comes from, beside its base register.
enum class Offset { None, Immediate, Register, Literal };

// How much a load, store or atomic touches, and where.
struct Shape {
    unsigned bytes; // of the whole access
    unsigned alignment; // that the instruction demands; 1: none
    Offset offset { Offset::None };
    int64_t immediate { 0 };
    bool is_exclusive_store { false };
    bool is_compare { false };
    unsigned shift { 0 }; // of the register offset
};

// `word` belongs to a row of the classes LoadStore, Atomic or SimdLoadStore.
Shape shape_of(uint32_t word);

}
