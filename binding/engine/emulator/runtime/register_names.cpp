#include "engine/emulator/runtime/register_names.h"

#include "engine/registers/register_names.h"

#include <cinttypes>
#include <cstdio>

namespace dormouse::emulator::runtime {

std::string hexadecimal(uint64_t value)
{
    char text[24];
    std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return text;
}

std::string register_name(engine::RegisterId id)
{
    return engine::register_name(id);
}

}
