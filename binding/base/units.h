#pragma once

#include <cstdint>

namespace dormouse {

constexpr uint64_t operator""_KiB(unsigned long long n)
{
    return n << 10;
}
constexpr uint64_t operator""_MiB(unsigned long long n)
{
    return n << 20;
}
constexpr uint64_t operator""_GiB(unsigned long long n)
{
    return n << 30;
}
constexpr uint64_t operator""_TiB(unsigned long long n)
{
    return n << 40;
}

}
