#pragma once

#include "firmware/sdei/result_code.h"

#include <cstdint>

namespace dormouse::firmware::sdei {

// State of one event's handler on one vCPU. The values are those of EVENT_STATUS: bit 0 registered, bit 1 enabled,
// bit 2 running. [Arm DEN 0054 C, SDEI, 6.1, Figure 2]
enum class HandlerState : uint8_t {
    Unregistered = 0,
    Registered = 1, // and disabled
    Enabled = 3,
    UnregisterPending = 4, // runs a last time
    RegisteredRunning = 5,
    EnabledRunning = 7,
};
constexpr unsigned kHandlerStateValues = 8; // 2 and 6 cannot occur

constexpr bool is_registered(HandlerState state)
{
    return static_cast<uint8_t>(state) & 1;
}
constexpr bool is_enabled(HandlerState state)
{
    return static_cast<uint8_t>(state) & 2;
}
constexpr bool is_running(HandlerState state)
{
    return static_cast<uint8_t>(state) & 4;
}

// What can happen to a handler.
enum class Input : uint8_t { Register, Enable, Disable, Unregister, Reset, Dispatch, Complete };

struct Transition {
    HandlerState next;
    ResultCode result;
};

// The whole state machine. An input that is refused leaves the state as it is.
Transition transition(Input, HandlerState);

}
