#pragma once

#include <cstdint>
#include <variant>

namespace dormouse::firmware {

// The call returns at the next instruction with this in x0. Negative values are error codes; they are sign-extended to
// 64 bits for both calling conventions, as KVM does, so that readers of w0 and of x0 agree.
struct Return {
    int64_t x0 { 0 };
};
// The same, after the vCPU has waited for an interrupt as WFI does.
struct Standby {
    int64_t x0 { 0 };
};
// The calling vCPU does not reach its next instruction.
struct NoReturn { };

using Answer = std::variant<Return, Standby, NoReturn>;

// Unknown, removed and unimplemented functions. [Arm DEN 0028, SMCCC]
constexpr int64_t kNotSupported = -1;

}
