#pragma once

#include <cstdint>

namespace dormouse::emulator {

// Index of every system register with storage, in the order of the table.
enum class SystemRegister : uint16_t {
#define SYSTEM_REGISTER(name, ...) name,
#include "engine/emulator/runtime/system_registers.inc"
#undef SYSTEM_REGISTER
    Count,
};

constexpr unsigned kSystemRegisterCount = static_cast<unsigned>(SystemRegister::Count);

}
