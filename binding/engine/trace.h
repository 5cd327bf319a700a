#pragma once

#include <cstdint>
#include <string>

namespace dormouse::engine {

// One thing that an engine did, in words.
struct TraceLine {
    uint64_t sequence; // counts all events; a gap means that some were lost
    uint64_t time_ns; // of the machine's clock
    unsigned vcpu;
    std::string text; // a dump has more than one line
};

}
