#pragma once

#include "engine/register_id.h"

#include <cstdint>
#include <string>

namespace dormouse::emulator::runtime {

// "0xff" style, for messages.
std::string hexadecimal(uint64_t value);

// Name of a register in the list: "SCTLR_EL1", "X5", "V31"; other ids in hexadecimal.
std::string register_name(engine::RegisterId);

}
