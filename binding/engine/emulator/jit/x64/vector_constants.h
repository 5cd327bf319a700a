#pragma once

#include <array>
#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// Operands in the code buffer.
enum class VectorConstant : uint8_t {
#define VECTOR_CONSTANT(name, value) name,
#include "engine/emulator/jit/x64/vector_constants.inc"
#undef VECTOR_CONSTANT
    Count
};

struct VectorConstantValue {
    uint64_t low;
    uint64_t high;
};

namespace vector_constants {

    constexpr VectorConstantValue quadword(uint64_t low, uint64_t high)
    {
        return { low, high };
    }
    constexpr VectorConstantValue doublewords(uint64_t value)
    {
        return { value, value };
    }
    constexpr VectorConstantValue words(uint32_t value)
    {
        return doublewords(uint64_t { value } << 32 | value);
    }

}

inline constexpr std::array<VectorConstantValue, static_cast<unsigned>(VectorConstant::Count)> kVectorConstants { {
#define VECTOR_CONSTANT(name, value) vector_constants::value,
#include "engine/emulator/jit/x64/vector_constants.inc"
#undef VECTOR_CONSTANT
} };

}
