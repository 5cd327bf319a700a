#pragma once

#include <cstdio>
#include <cstdlib>

namespace dormouse {

[[noreturn]] inline void check_failed(char const* condition, char const* file, int line)
{
    std::fprintf(stderr, "dormouse: CHECK failed: %s at %s:%d\n", condition, file, line);
    std::abort();
}

}

// For our own bugs only: it stops the VM host process. Neither a guest nor a file may ever reach a CHECK.
#define CHECK(condition)                                              \
    do {                                                              \
        if (!(condition)) [[unlikely]]                                \
            ::dormouse::check_failed(#condition, __FILE__, __LINE__); \
    } while (false)
