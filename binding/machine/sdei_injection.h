#pragma once

#include <cstdint>
#include <string_view>

namespace dormouse::machine {

// What became of one injected event on one vCPU.
struct SdeiInjection {
    enum class Outcome : uint8_t {
        Delivered, // the vCPU is in the handler
        Pending, // it takes the event later; `reason` is in the way
        Refused, // it never takes it, because of `reason`
    };
    unsigned vcpu { 0 };
    Outcome outcome { Outcome::Delivered };
    std::string_view reason; // empty when delivered
};

}
