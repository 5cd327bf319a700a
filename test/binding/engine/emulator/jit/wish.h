#pragma once

#include <cstdint>
#include <cstdlib>

namespace dormouse::emulator::test {

// A number from the environment, for runs longer than those of every day.
inline uint64_t wish(char const* variable, uint64_t otherwise)
{
    char const* const text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

}
