#pragma once

#include <compare>
#include <cstdint>

namespace dormouse::arch {

// Guest physical and guest virtual addresses are different types, so that no call can mix them up.
struct Gpa {
    uint64_t value { 0 };
    constexpr auto operator<=>(Gpa const&) const = default;
};

struct Gva {
    uint64_t value { 0 };
    constexpr auto operator<=>(Gva const&) const = default;
};

constexpr Gpa operator+(Gpa a, uint64_t offset)
{
    return Gpa { a.value + offset };
}
constexpr Gva operator+(Gva a, uint64_t offset)
{
    return Gva { a.value + offset };
}
constexpr uint64_t operator-(Gpa a, Gpa b)
{
    return a.value - b.value;
}

}
