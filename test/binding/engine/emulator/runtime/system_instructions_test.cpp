// SYS, hints and barriers: semantics/system_*.cpp.
#include "engine/emulator/runtime/fake_services.h"
#include "engine/emulator/runtime/system_registers.h"
#include "generated/a64_semantics.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::runtime;
using SR = SystemRegister;

namespace {

constexpr uint32_t kWfe = 0xd503205f;
constexpr uint32_t kWfi = 0xd503207f;

struct Fixture : CpuFixture {
    bool sys_at(unsigned op1, unsigned crn, unsigned crm, unsigned op2, uint64_t value = 0)
    {
        cpu.x[7] = value;
        return semantics::SYS(cpu, sys_instruction(op1, crn, crm, op2, 7)) == Flow::Next;
    }
    bool was(ExceptionClass exception_class) const { return cpu.exception.exception_class == exception_class; }
};

}

TEST_CASE_FIXTURE(Fixture, "TLBI reaches the MMU from EL1 alone")
{
    CHECK(sys_at(0, 8, 3, 1, 0x1234)); // VAE1IS
    REQUIRE(services.maintenance.size() == 1);
    CHECK(services.maintenance[0].encoding == arch::system_register(1, 0, 8, 3, 1));
    CHECK(services.maintenance[0].value == 0x1234);
    services.rejected_tlbi = arch::system_register(1, 0, 8, 15, 7);
    CHECK_FALSE(sys_at(0, 8, 15, 7));
    CHECK(was(ExceptionClass::Unknown));
    CHECK_FALSE(sys_at(4, 8, 7, 0)); // EL2's
    enter_el0();
    CHECK_FALSE(sys_at(0, 8, 7, 0));
    CHECK(was(ExceptionClass::Unknown));
    CHECK(services.maintenance.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "instruction cache maintenance and address translation are passed on")
{
    CHECK(sys_at(0, 7, 1, 0)); // IC IALLUIS
    CHECK(sys_at(0, 7, 5, 0)); // IC IALLU
    CHECK(sys_at(3, 7, 5, 1, 0x99)); // IC IVAU
    CHECK(sys_at(0, 7, 8, 0, 0x1000)); // AT S1E1R
    CHECK(sys_at(0, 7, 9, 1, 0x1000)); // AT S1E1WP
    CHECK(services.maintenance.size() == 5);
    CHECK_FALSE(sys_at(4, 7, 8, 0)); // AT S1E2R
    CHECK_FALSE(sys_at(0, 7, 9, 2));
    CHECK(was(ExceptionClass::Unknown));
}

TEST_CASE_FIXTURE(Fixture, "EL0 needs UCI for cache maintenance and DZE for DC ZVA")
{
    uint64_t const uci = 1 << 26;
    uint64_t const dze = 1 << 14;
    struct {
        unsigned crm;
        unsigned op2;
        uint64_t allow;
    } const cases[] { { 5, 1, uci }, { 10, 1, uci }, { 11, 1, uci }, { 12, 1, uci }, { 14, 1, uci } };
    enter_el0();
    for (auto const& c : cases) {
        CAPTURE(c.crm);
        sys(SR::SCTLR_EL1) = ~c.allow;
        CHECK_FALSE(sys_at(3, 7, c.crm, c.op2));
        CHECK(was(ExceptionClass::TrappedSystemRegister));
        CHECK(cpu.exception.iss == (1u << 20 | c.op2 << 17 | 3u << 14 | 7u << 10 | 7u << 5 | c.crm << 1));
        sys(SR::SCTLR_EL1) = c.allow;
        CHECK(sys_at(3, 7, c.crm, c.op2));
    }
    sys(SR::SCTLR_EL1) = ~dze;
    CHECK_FALSE(sys_at(3, 7, 4, 1));
    CHECK(was(ExceptionClass::TrappedSystemRegister));
    for (auto const& [crm, op2] :
        { std::pair { 5u, 0u }, { 1u, 0u }, { 6u, 1u }, { 6u, 2u }, { 14u, 2u }, { 8u, 0u } }) {
        sys(SR::SCTLR_EL1) = ~uint64_t { 0 };
        CHECK_FALSE(sys_at(0, 7, crm, op2));
        CHECK(was(ExceptionClass::Unknown));
    }
}

TEST_CASE_FIXTURE(Fixture, "DC by address asks the MMU on a TLB miss alone, and passes its fault on")
{
    CHECK(sys_at(3, 7, 10, 1, 0x5008)); // CVAC
    REQUIRE(services.maintenance.size() == 1);
    CHECK(services.maintenance[0].encoding == arch::system_register(1, 3, 7, 10, 1));
    CHECK(services.maintenance[0].value == 0x5008);
    services.cache_result = Flow::Exception;
    CHECK_FALSE(sys_at(3, 7, 14, 1, 0x5008)); // CIVAC
    CHECK_FALSE(sys_at(3, 7, 4, 1, 0x5008)); // ZVA
    cpu.tlb[tlb_index(0x5000)].tag_read = 0x5000;
    CHECK(sys_at(3, 7, 10, 1, 0x5fff));
    CHECK(services.maintenance.size() == 3);
    CHECK_FALSE(sys_at(3, 7, 4, 1, 0x5fff)); // readable is not writable
    CHECK_FALSE(sys_at(0, 7, 6, 1, 0x5fff)); // IVAC
    CHECK(services.maintenance.size() == 5);
    CHECK(sys_at(0, 7, 14, 2)); // CISW
    CHECK(services.maintenance.size() == 5);
}

TEST_CASE_FIXTURE(Fixture, "DC ZVA clears the 64 bytes around its address and no more")
{
    alignas(64) uint8_t memory[256];
    std::memset(memory, 0xee, sizeof(memory));
    uint64_t const page = 0x7000;
    TlbEntry& entry = cpu.tlb[tlb_index(page)];
    entry.tag_write = page;
    entry.host_addend = reinterpret_cast<uint64_t>(memory) - page;
    CHECK(sys_at(3, 7, 4, 1, page + 64 + 17));
    for (unsigned i = 0; i < sizeof(memory); ++i)
        REQUIRE(memory[i] == (i >= 64 && i < 128 ? 0 : 0xee));
    CHECK((uint64_t { 4 } << sys(SR::DCZID_EL0)) == 64);
}

TEST_CASE_FIXTURE(Fixture, "SYSL and unallocated SYS are undefined")
{
    CHECK(semantics::SYSL(cpu, 0xd5280000) == Flow::Exception);
    unsigned defined = 0;
    for (unsigned op1 = 0; op1 < 8; ++op1) {
        for (unsigned crm = 0; crm < 16; ++crm) {
            for (unsigned op2 = 0; op2 < 8; ++op2)
                defined += sys_at(op1, 7, crm, op2, 0x5000) ? 1 : 0;
        }
    }
    // IC 3; DC ZVA CVAC CVAU CVAP CIVAC IVAC and 3 by set and way; AT 6.
    CHECK(defined == 3 + 6 + 3 + 6);
    CHECK_FALSE(sys_at(3, 7, 13, 1, 0)); // DC CVADP: FEAT_DPB2
    CHECK_FALSE(sys_at(3, 7, 3, 4, 0)); // CFP RCTX
    CHECK_FALSE(sys_at(0, 9, 3, 1, 0)); // nXS variants
}

TEST_CASE_FIXTURE(Fixture, "WFI stops the vCPU unless an interrupt is pending, masked or not")
{
    CHECK(semantics::WFI(cpu, kWfi) == Flow::Stop);
    CHECK(std::holds_alternative<engine::ExitIdle>(cpu.stop));
    CHECK(cpu.pc == 0x4000'0004);
    cpu.pc = 0x4000'0000;
    cpu.pending = kPendingIrq;
    CHECK(semantics::WFI(cpu, kWfi) == Flow::Next);
    CHECK(cpu.pc == 0x4000'0000);
}

TEST_CASE_FIXTURE(Fixture, "WFE consumes an event, else waits a moment")
{
    CHECK(semantics::SEVL(cpu, 0xd50320bf) == Flow::Next);
    CHECK(services.events_sent == 0);
    CHECK(semantics::WFE(cpu, kWfe) == Flow::Next);
    CHECK(services.event_waits == 0);
    CHECK(semantics::WFE(cpu, kWfe) == Flow::Next);
    CHECK(services.event_waits == 1);
    CHECK(semantics::SEV(cpu, 0xd503209f) == Flow::Next);
    CHECK(services.events_sent == 1);
    CHECK(cpu.event_register);
    cpu.event_register = false;
    cpu.pending = kPendingIrq;
    cpu.pstate.daif = 0;
    CHECK(semantics::WFE(cpu, kWfe) == Flow::Next);
    CHECK(services.event_waits == 1);
    cpu.pstate.daif = 0x2; // a masked interrupt is no event
    CHECK(semantics::WFE(cpu, kWfe) == Flow::Next);
    CHECK(services.event_waits == 2);
}

TEST_CASE_FIXTURE(Fixture, "EL0 waits trap without nTWI and nTWE, and only if they would wait")
{
    enter_el0();
    sys(SR::SCTLR_EL1) = 0;
    CHECK(semantics::WFI(cpu, kWfi) == Flow::Exception);
    CHECK(was(ExceptionClass::TrappedWfx));
    CHECK(cpu.exception.iss == 0x1e0'0000);
    CHECK(semantics::WFE(cpu, kWfe) == Flow::Exception);
    CHECK(cpu.exception.iss == 0x1e0'0001);
    cpu.event_register = true;
    CHECK(semantics::WFE(cpu, kWfe) == Flow::Next);
    cpu.pending = kPendingFiq;
    CHECK(semantics::WFI(cpu, kWfi) == Flow::Next);
    cpu.pending = 0;
    sys(SR::SCTLR_EL1) = 1 << 16 | 1 << 18;
    CHECK(semantics::WFI(cpu, kWfi) == Flow::Stop);
    CHECK(semantics::WFE(cpu, kWfe) == Flow::Next);
    CHECK(services.event_waits == 1);
}

TEST_CASE_FIXTURE(Fixture, "barriers go on; DSB waits for maintenance; CLREX disarms")
{
    for (uint32_t crm = 0; crm < 16; ++crm) {
        CHECK(semantics::DMB(cpu, 0xd50330bf | crm << 8) == Flow::Next);
        CHECK(semantics::DSB(cpu, 0xd503309f | crm << 8) == Flow::Next);
    }
    CHECK(services.completions == 16);
    CHECK(semantics::ISB(cpu, 0xd5033fdf) == Flow::Next);
    CHECK(semantics::SB(cpu, 0xd50330ff) == Flow::Next);
    CHECK(semantics::HINT(cpu, 0xd503201f) == Flow::Next);
    cpu.exclusive.armed = true;
    CHECK(semantics::CLREX(cpu, 0xd5033f5f) == Flow::Next);
    CHECK_FALSE(cpu.exclusive.armed);
}
