#include "engine/emulator/runtime/system_registers.h"

#include "base/check.h"

#include <array>

namespace dormouse::emulator::runtime {

namespace {

    constexpr std::array<SystemRegisterRow, kSystemRegisterCount> kRows { {
#define SYSTEM_REGISTER(name, op0, op1, crn, crm, op2, access, reset, writable, behaviour, list)                   \
    { #name, arch::system_register(op0, op1, crn, crm, op2), RegisterAccess::access, RegisterBehaviour::behaviour, \
        RegisterListing::list, reset, writable },
#include "engine/emulator/runtime/system_registers.inc"
#undef SYSTEM_REGISTER
    } };

    // MRS and MSR reach op0 = 2 and 3 only, so 15 bits index a table of one byte each; 0 means no row.
    constexpr unsigned kEncodings = 1 << 15;
    static_assert(kSystemRegisterCount < 255, "row numbers must fit a byte");

    constexpr std::array<uint8_t, kEncodings> make_lookup()
    {
        std::array<uint8_t, kEncodings> table {};
        for (unsigned i = 0; i < kSystemRegisterCount; ++i)
            table[kRows[i].encoding & (kEncodings - 1)] = static_cast<uint8_t>(i + 1);
        return table;
    }

    constexpr std::array<uint8_t, kEncodings> kLookup = make_lookup();

    constexpr bool encodings_are_unique()
    {
        for (unsigned i = 0; i < kSystemRegisterCount; ++i) {
            if (kLookup[kRows[i].encoding & (kEncodings - 1)] != i + 1)
                return false;
        }
        return true;
    }
    static_assert(encodings_are_unique(), "two rows of system_registers.inc share an encoding");

}

SystemRegisterRow const& system_register_row(SystemRegister which)
{
    CHECK(which < SystemRegister::Count);
    return kRows[static_cast<unsigned>(which)];
}

std::optional<SystemRegister> find_system_register(uint16_t encoding)
{
    unsigned const row = encoding & 0x8000 ? kLookup[encoding & (kEncodings - 1)] : 0;
    if (row == 0)
        return std::nullopt;
    return static_cast<SystemRegister>(row - 1);
}

}
