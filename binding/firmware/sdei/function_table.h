#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace dormouse::firmware::sdei {

// In the order of their ids, from 0xc4000020.
enum class Function : uint8_t {
    Version,
    EventRegister,
    EventEnable,
    EventDisable,
    EventContext,
    EventComplete,
    EventCompleteAndResume,
    EventUnregister,
    EventStatus,
    EventGetInfo,
    EventRoutingSet,
    PeMask,
    PeUnmask,
    InterruptBind,
    InterruptRelease,
    EventSignal,
    Features,
    PrivateReset,
    SharedReset,
};

constexpr uint32_t kFirstFunctionId = 0xc400'0020;
// Function numbers 0x20 to 0x3f of the Standard Secure service belong to SDEI. [Arm DEN 0028, SMCCC, Table 6-2]
constexpr uint16_t kFirstNumber = 0x20;
constexpr uint16_t kLastNumber = 0x3f;

// How a result of zero or more reads; negative results are error codes.
enum class ResultKind : uint8_t { Status, Number, Version, Nothing };

// [Arm DEN 0054 C, SDEI, 5.1]
struct FunctionRow {
    Function function;
    std::string_view name; // Arm's spelling, with the prefix that tells it from PSCI
    uint32_t id; // of the 64-bit convention; there is no other
    std::span<std::string_view const> arguments; // names, x1 first
    ResultKind result;
};

std::span<FunctionRow const> function_table();
// null when `id` is no function of SDEI.
FunctionRow const* find_function(uint32_t id);

// "SUCCESS", "DENIED"; empty when SDEI has no such code.
std::string_view result_name(int64_t code);

}
