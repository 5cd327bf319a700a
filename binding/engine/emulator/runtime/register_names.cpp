#include "engine/emulator/runtime/register_names.h"

#include "engine/emulator/runtime/register_list.h"
#include "engine/emulator/runtime/system_registers.h"

#include <cinttypes>
#include <cstdio>

namespace dormouse::emulator::runtime {

namespace {

    struct Name {
        engine::RegisterId id;
        char const* name;
    };

    constexpr Name kNames[] = {
        { engine::kRegisterSp, "SP_EL0" },
        { engine::kRegisterPc, "PC" },
        { engine::kRegisterPstate, "PSTATE" },
        { engine::kRegisterSpEl1, "SP_EL1" },
        { engine::kRegisterElrEl1, "ELR_EL1" },
        { engine::kRegisterSpsrEl1, "SPSR_EL1" },
        { engine::kRegisterFpsr, "FPSR" },
        { engine::kRegisterFpcr, "FPCR" },
        { kRegisterVirtualTimerControl, "CNTV_CTL_EL0" },
        { kRegisterVirtualTimerCompare, "CNTV_CVAL_EL0" },
        { kRegisterVirtualCounter, "CNTVCT_EL0" },
        { kRegisterPhysicalTimerControl, "CNTP_CTL_EL0" },
        { kRegisterPhysicalTimerCompare, "CNTP_CVAL_EL0" },
        { kRegisterPhysicalCounter, "CNTPCT_EL0" },
        { kRegisterEvent, "EVENT" },
        { kRegisterExclusiveControl, "EXCLUSIVE_CONTROL" },
        { kRegisterExclusiveAddress, "EXCLUSIVE_ADDRESS" },
        { kRegisterExclusiveValue, "EXCLUSIVE_VALUE" },
    };

}

std::string hexadecimal(uint64_t value)
{
    char text[24];
    std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return text;
}

std::string register_name(engine::RegisterId id)
{
    for (unsigned n = 0; n < 31; ++n) {
        if (id == engine::x_register(n))
            return "X" + std::to_string(n);
    }
    for (unsigned n = 0; n < 32; ++n) {
        if (id == engine::v_register(n))
            return "V" + std::to_string(n);
    }
    for (Name const& entry : kNames) {
        if (entry.id == id)
            return entry.name;
    }
    if ((id.value & ~uint64_t { 0xffff }) == engine::system_register_id(0).value) {
        if (auto const which = find_system_register(static_cast<uint16_t>(id.value)))
            return system_register_row(*which).name;
    }
    return hexadecimal(id.value);
}

}
