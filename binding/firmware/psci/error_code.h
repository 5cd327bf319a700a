#pragma once

#include <cstdint>

namespace dormouse::firmware::psci {

// [Arm DEN 0022 F.b, PSCI, Table 5]
enum class ErrorCode : int32_t {
    NotSupported = -1,
    InvalidParameters = -2,
    Denied = -3,
    AlreadyOn = -4,
    OnPending = -5,
    InternalFailure = -6,
    NotPresent = -7,
    Disabled = -8,
    InvalidAddress = -9,
};

// A set of error codes, one bit each.
struct ErrorSet {
    uint16_t bits { 0 };

    static constexpr uint16_t bit_of(ErrorCode code) { return static_cast<uint16_t>(1 << -static_cast<int32_t>(code)); }
    constexpr bool contains(ErrorCode code) const { return bits & bit_of(code); }
    constexpr ErrorSet operator|(ErrorCode code) const { return { static_cast<uint16_t>(bits | bit_of(code)) }; }
    constexpr bool operator==(ErrorSet const&) const = default;
};

}
