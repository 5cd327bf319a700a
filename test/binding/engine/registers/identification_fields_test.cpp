#include "engine/registers/identification_fields.h"

#include "arch/system_register_encoding.h"
#include "engine/registers/register_names.h"

#include <doctest/doctest.h>

#include <string_view>

using namespace dormouse;
using namespace dormouse::engine;

TEST_CASE("the fields of a register do not overlap and come lowest first")
{
    unsigned known = 0;
    for (unsigned encoding = 0; encoding <= 0xffff; ++encoding) {
        uint64_t seen = 0;
        for (IdentificationField const& field : identification_fields(system_register_id(uint16_t(encoding)))) {
            CHECK(field.low_bit + field.bits <= 64);
            CHECK((seen & field.mask()) == 0);
            CHECK(field.mask() > seen);
            seen |= field.mask();
        }
        known += seen != 0;
        if (seen != 0)
            CHECK(is_identification(system_register_id(uint16_t(encoding))));
    }
    CHECK(known == 16);
}

TEST_CASE("a field is found by its name and taken out of a value")
{
    auto const isar0 = system_register_id(arch::system_register(3, 0, 0, 6, 0));
    bool found = false;
    for (IdentificationField const& field : identification_fields(isar0))
        if (std::string_view { field.name } == "Atomic") {
            CHECK(field.of(0x0000'1000'1021'1120) == 2);
            found = true;
        }
    CHECK(found);
}

TEST_CASE("promises and mere state are told apart")
{
    CHECK(is_identification(system_register_id(arch::system_register(3, 0, 0, 0, 0))));
    CHECK(is_identification(system_register_id(arch::system_register(3, 0, 0, 1, 0)))); // AArch32's
    CHECK(is_identification(system_register_id(arch::system_register(3, 0, 0, 7, 7)))); // yet unallocated
    CHECK_FALSE(is_identification(system_register_id(arch::system_register(3, 0, 1, 0, 0))));
    CHECK_FALSE(is_identification(x_register(0)));
    CHECK_FALSE(is_identification({ kRegArm64 | kRegSizeU64 | kRegFirmware }));
}
