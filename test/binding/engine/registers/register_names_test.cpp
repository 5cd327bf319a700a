#include "engine/registers/register_names.h"

#include "arch/system_register_encoding.h"

#include <doctest/doctest.h>

using namespace dormouse;
using engine::register_name;

static std::string system_name(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    return register_name(engine::system_register_id(arch::system_register(op0, op1, crn, crm, op2)));
}

TEST_CASE("every kind of register has its name")
{
    CHECK(register_name(engine::x_register(7)) == "X7");
    CHECK(register_name(engine::v_register(31)) == "V31");
    CHECK(register_name(engine::kRegisterPstate) == "PSTATE");
    CHECK(system_name(3, 0, 1, 0, 0) == "SCTLR_EL1");
    CHECK(system_name(2, 0, 0, 0, 4) == "DBGBVR0_EL1"); // the table's first rows
    CHECK(system_name(2, 0, 0, 15, 7) == "DBGWCR15_EL1");
    CHECK(system_name(3, 4, 5, 3, 0) == "FPEXC32_EL2"); // and its last
    CHECK(system_name(3, 0, 0, 4, 0) == "ID_AA64PFR0_EL1");
    CHECK(system_name(3, 7, 15, 14, 6) == "S3_7_C15_C14_6");
    CHECK(register_name({ 0x6030'0000'0013'df02 }) == "CNTV_CVAL_EL0");
    CHECK(register_name({ 0x6030'0000'0014'0000 }) == "KVM_REG_ARM_PSCI_VERSION");
    CHECK(register_name({ 0x6020'0000'0011'0002 }) == "CCSIDR_EL1 for CSSELR_EL1 2");
    CHECK(register_name({ 0x6040'0000'0013'ff8b }) == "EXCLUSIVE_VALUE");
    CHECK(register_name({ 0x6080'0000'0015'0000 }) == "0x6080000000150000");
}
