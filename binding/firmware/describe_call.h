#pragma once

#include "firmware/trace.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dormouse::firmware {

// A firmware call in words, for people who read the trace.
struct CallDescription {
    std::string function; // "CPU_ON", or the id in hexadecimal when nobody knows it
    std::vector<std::string_view> argument_names; // x1 first; "x1" and so on for a function that nobody knows
    std::vector<uint64_t> arguments; // the same number, at the width of the convention
    std::optional<std::string> result; // "DENIED", "PSCI 1.3"; empty for a plain number and a call that did not return
};

CallDescription describe_call(TraceEntry const&);

}
