#pragma once

#include <cstdint>

namespace dormouse {

// Time as a part of a machine sees it. Devices get a Clock through their constructor and never ask the host.
class Clock {
public:
    virtual ~Clock() = default;
    // Guest-monotonic nanoseconds since the machine was created. Stands still while the machine's clock is stopped
    // (paused, saved, suspended to an image). Callable from any thread.
    virtual uint64_t now_ns() const = 0;
    // Wall-clock nanoseconds since 1970-01-01 UTC; jumps when the host's clock does. Callable from any thread.
    virtual uint64_t wall_ns() const = 0;
};

}
