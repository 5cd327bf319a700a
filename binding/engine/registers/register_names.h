#pragma once

#include "engine/register_id.h"

#include <string>

namespace dormouse::engine {

// What people call a register of any engine: "SCTLR_EL1", "X5", "KVM_REG_ARM_PSCI_VERSION"; "S3_0_C1_C0_7" for a system
// register without a row in our table [Arm DDI 0487, C1.2.5 "Register names"], other ids in hexadecimal.
std::string register_name(RegisterId);

}
