#pragma once

#include <cstdint>
#include <cstring>

namespace dormouse::emulator {

// One SIMD&FP register V0..V31. Lane 0 is the least significant, as in the Arm manuals.
struct alignas(16) Vector {
    uint64_t d[2] { 0, 0 };

    // T: an integer or floating point type of 1, 2, 4 or 8 bytes; index < 16 / sizeof(T).
    template <typename T> T lane(unsigned index) const
    {
        T value;
        std::memcpy(&value, reinterpret_cast<uint8_t const*>(d) + index * sizeof(T), sizeof(T));
        return value;
    }

    template <typename T> void set_lane(unsigned index, T value)
    {
        std::memcpy(reinterpret_cast<uint8_t*>(d) + index * sizeof(T), &value, sizeof(T));
    }

    bool operator==(Vector const&) const = default;
};

}
