#include "engine/emulator/runtime/register_access.h"

#include "engine/emulator/runtime/fake_services.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/system_registers.h"
#include "generated/a64_semantics.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::runtime;
using SR = SystemRegister;

namespace {

struct Fixture : CpuFixture {
    // Through the instructions, as the guest does it.
    bool read(uint16_t encoding)
    {
        cpu.x[5] = 0x5555;
        Flow const flow = semantics::MRS(cpu, mrs(encoding, 5));
        return flow == Flow::Next;
    }
    bool write(uint16_t encoding, uint64_t value)
    {
        cpu.x[6] = value;
        return semantics::MSR_register(cpu, msr(encoding, 6)) == Flow::Next;
    }
    bool was(ExceptionClass exception_class) const { return cpu.exception.exception_class == exception_class; }
};

uint16_t encoding_of(SR which)
{
    return system_register_row(which).encoding;
}

}

TEST_CASE_FIXTURE(Fixture, "every row answers at the levels its access says, and is undefined below")
{
    // All traps are open, so that only the access column decides.
    for (unsigned el : { 0u, 1u }) {
        for (unsigned i = 0; i < kSystemRegisterCount; ++i) {
            auto const& row = system_register_row(static_cast<SR>(i));
            CAPTURE(row.name);
            CAPTURE(el);
            Fixture f;
            f.sys(SR::SCTLR_EL1) |= 1 << 9 | 1 << 15; // UMA, UCT
            f.sys(SR::SCTLR_EL1) &= ~uint64_t { 1 << 20 }; // TSCXT
            f.sys(SR::CPACR_EL1) = 3 << 20;
            f.sys(SR::CNTKCTL_EL1) = 0x3ff;
            f.sys(SR::PMUSERENR_EL0) = 0xf;
            if (el == 0)
                f.enter_el0();
            using A = RegisterAccess;
            bool const reads = row.access == A::RwEl0 || row.access == A::RoEl0 || row.access == A::RoEl0RwEl1
                || (el == 1 && (row.access == A::RwEl1 || row.access == A::RoEl1));
            bool const writes = row.access == A::RwEl0 || row.access == A::WoEl0
                || (el == 1 && (row.access == A::RwEl1 || row.access == A::WoEl1 || row.access == A::RoEl0RwEl1));
            CHECK(f.read(row.encoding) == reads);
            if (!reads) {
                CHECK(f.was(ExceptionClass::Unknown));
                CHECK(f.cpu.x[5] == 0x5555);
            }
            CHECK(f.write(row.encoding, 0) == writes);
            if (!writes)
                CHECK(f.was(ExceptionClass::Unknown));
        }
    }
}

TEST_CASE_FIXTURE(Fixture, "no write changes a bit outside the mask of a stored register")
{
    for (unsigned i = 0; i < kSystemRegisterCount; ++i) {
        auto const which = static_cast<SR>(i);
        auto const& row = system_register_row(which);
        if (row.behaviour != RegisterBehaviour::Plain && row.behaviour != RegisterBehaviour::Translation)
            continue;
        if (row.access == RegisterAccess::Never || row.access == RegisterAccess::RoEl1)
            continue;
        CAPTURE(row.name);
        uint64_t const before = sys(which);
        REQUIRE(write(row.encoding, ~uint64_t { 0 }));
        CHECK(sys(which) == (before | row.writable));
        REQUIRE(write(row.encoding, 0));
        CHECK(sys(which) == (before & ~row.writable));
    }
}

TEST_CASE_FIXTURE(Fixture, "the identification space reads as zero at EL1 and is undefined at EL0 and for writes")
{
    for (unsigned crm = 0; crm < 16; ++crm) {
        for (unsigned op2 = 0; op2 < 8; ++op2) {
            uint16_t const encoding = arch::system_register(3, 0, 0, crm, op2);
            if (find_system_register(encoding))
                continue;
            CAPTURE(crm);
            CAPTURE(op2);
            bool const raz = crm >= 1 && crm <= 7;
            CHECK(read(encoding) == raz);
            if (raz)
                CHECK(cpu.x[5] == 0);
            CHECK_FALSE(write(encoding, 0));
        }
    }
    enter_el0();
    CHECK_FALSE(read(arch::system_register(3, 0, 0, 4, 0)));
    CHECK(was(ExceptionClass::Unknown));
}

TEST_CASE_FIXTURE(Fixture, "encodings without a row are undefined, all of them")
{
    unsigned undefined = 0;
    for (unsigned low = 0x8000; low < 0x10000; ++low) {
        auto const encoding = static_cast<uint16_t>(low);
        if (find_system_register(encoding) || is_identification_space(encoding))
            continue;
        REQUIRE_FALSE(read(encoding));
        REQUIRE(was(ExceptionClass::Unknown));
        REQUIRE_FALSE(write(encoding, 1));
        ++undefined;
    }
    CHECK(undefined > 32'000);
}

TEST_CASE_FIXTURE(Fixture, "ICC registers are the interrupt controller's")
{
    uint16_t const pmr = arch::system_register(3, 0, 4, 6, 0);
    uint16_t const iar1 = arch::system_register(3, 0, 12, 12, 0);
    services.gic_registers[pmr] = 0xf0;
    CHECK(read(pmr));
    CHECK(cpu.x[5] == 0xf0);
    CHECK(write(pmr, 0x80));
    CHECK(services.gic_registers[pmr] == 0x80);
    CHECK_FALSE(read(iar1)); // the model refuses
    CHECK(was(ExceptionClass::Unknown));
    services.has_gic = false;
    CHECK_FALSE(read(pmr));
    services.has_gic = true;
    enter_el0();
    CHECK_FALSE(read(pmr));
    CHECK_FALSE(write(pmr, 0));
    CHECK(services.gic_registers[pmr] == 0x80);
}

TEST_CASE_FIXTURE(Fixture, "EL0 accesses trap with a syndrome that names the register")
{
    struct {
        SR which;
        SR control;
        uint64_t opens; // value that allows the access
        uint64_t traps;
    } const cases[] {
        { SR::CTR_EL0, SR::SCTLR_EL1, 1 << 15, 0 },
        { SR::DAIF, SR::SCTLR_EL1, 1 << 9, 0 },
        { SR::SCXTNUM_EL0, SR::SCTLR_EL1, 0, 1 << 20 },
        { SR::CNTFRQ_EL0, SR::CNTKCTL_EL1, 1, 0 },
        { SR::CNTFRQ_EL0, SR::CNTKCTL_EL1, 2, 0 },
        { SR::CNTPCT_EL0, SR::CNTKCTL_EL1, 1, 2 },
        { SR::CNTVCT_EL0, SR::CNTKCTL_EL1, 2, 1 },
        { SR::CNTV_CTL_EL0, SR::CNTKCTL_EL1, 1 << 8, ~uint64_t { 1 << 8 } },
        { SR::CNTP_TVAL_EL0, SR::CNTKCTL_EL1, 1 << 9, ~uint64_t { 1 << 9 } },
        { SR::MDCCSR_EL0, SR::MDSCR_EL1, 0, 1 << 12 },
    };
    enter_el0();
    for (auto const& c : cases) {
        CAPTURE(system_register_row(c.which).name);
        uint64_t const saved = sys(c.control);
        sys(c.control) = c.opens;
        CHECK(read(encoding_of(c.which)));
        sys(c.control) = c.traps;
        CHECK_FALSE(read(encoding_of(c.which)));
        CHECK(was(ExceptionClass::TrappedSystemRegister));
        sys(c.control) = saved;
    }
    // MRS x5, CNTVCT_EL0: op0=3 op1=3 CRn=14 CRm=0 op2=2, a read.
    sys(SR::CNTKCTL_EL1) = 0;
    CHECK_FALSE(read(encoding_of(SR::CNTVCT_EL0)));
    CHECK(cpu.exception.iss == (3u << 20 | 2u << 17 | 3u << 14 | 14u << 10 | 5u << 5 | 0u << 1 | 1u));
    CHECK_FALSE(write(encoding_of(SR::CNTV_CVAL_EL0), 0));
    CHECK(cpu.exception.iss == (3u << 20 | 2u << 17 | 3u << 14 | 14u << 10 | 6u << 5 | 3u << 1));
}

TEST_CASE_FIXTURE(Fixture, "FPCR and FPSR obey CPACR_EL1 and keep their bits")
{
    for (unsigned fpen = 0; fpen < 4; ++fpen) {
        for (unsigned el : { 0u, 1u }) {
            Fixture f;
            f.sys(SR::CPACR_EL1) = fpen << 20;
            if (el == 0)
                f.enter_el0();
            bool const open = fpen == 3 || (fpen == 1 && el == 1);
            CHECK(f.write(encoding_of(SR::FPCR), ~uint64_t { 0 }) == open);
            CHECK(f.read(encoding_of(SR::FPCR)) == open);
            if (open) {
                CHECK(f.cpu.x[5] == 0x07c0'0000);
            } else {
                CHECK(f.was(ExceptionClass::SimdFpAccess));
                CHECK(f.cpu.exception.iss == 0x1e0'0000);
            }
            CHECK(f.write(encoding_of(SR::FPSR), ~uint64_t { 0 }) == open);
            if (open)
                CHECK(f.cpu.fpsr == 0x0800'009f);
        }
    }
}

TEST_CASE_FIXTURE(Fixture, "stack pointers are banked by SPSel")
{
    uint16_t const sp_el0 = encoding_of(SR::SP_EL0);
    cpu.sp = 0x1000;
    CHECK(write(sp_el0, 0x2000));
    CHECK(read(sp_el0));
    CHECK(cpu.x[5] == 0x2000);
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(0, 5, 0)) == Flow::Next);
    CHECK(cpu.sp == 0x2000);
    CHECK_FALSE(read(sp_el0)); // it is the selected one now
    CHECK_FALSE(write(sp_el0, 1));
    CHECK(was(ExceptionClass::Unknown));
    cpu.sp = 0x3000;
    CHECK(write(encoding_of(SR::SPSel), 1));
    CHECK(cpu.sp == 0x1000);
    CHECK(sys(SR::SP_EL0) == 0x3000);
    CHECK_FALSE(read(encoding_of(SR::SP_EL1))); // EL2's
}

TEST_CASE_FIXTURE(Fixture, "PSTATE fields are readable and writable where they should be")
{
    CHECK(read(encoding_of(SR::CurrentEL)));
    CHECK(cpu.x[5] == 4);
    CHECK_FALSE(write(encoding_of(SR::CurrentEL), 0));
    struct {
        SR which;
        uint64_t bits;
    } const cases[] { { SR::PAN, 1 << 22 }, { SR::DIT, 1 << 24 }, { SR::SSBS, 1 << 12 }, { SR::DAIF, 0x3c0 },
        { SR::NZCV, 0xf000'0000 }, { SR::SPSel, 1 } };
    for (auto const& c : cases) {
        CAPTURE(system_register_row(c.which).name);
        CHECK(write(encoding_of(c.which), 0));
        CHECK(read(encoding_of(c.which)));
        CHECK(cpu.x[5] == 0);
        CHECK(write(encoding_of(c.which), ~uint64_t { 0 }));
        CHECK(read(encoding_of(c.which)));
        CHECK(cpu.x[5] == c.bits);
    }
}

TEST_CASE_FIXTURE(Fixture, "MSR (immediate) changes PSTATE, and only what EL0 may")
{
    cpu.pstate.daif = 0;
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(3, 6, 0xa)) == Flow::Next);
    CHECK(cpu.pstate.daif == 0xa);
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(3, 7, 0x2)) == Flow::Next);
    CHECK(cpu.pstate.daif == 0x8);
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(0, 4, 1)) == Flow::Next);
    CHECK(cpu.pstate.pan);
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(3, 1, 1)) == Flow::Next);
    CHECK(cpu.pstate.ssbs);
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(3, 2, 1)) == Flow::Next);
    CHECK(cpu.pstate.dit);
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(0, 3, 1)) == Flow::Exception); // UAO
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(3, 4, 1)) == Flow::Exception); // TCO

    enter_el0();
    sys(SR::SCTLR_EL1) &= ~uint64_t { 1 << 9 };
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(3, 6, 2)) == Flow::Exception);
    CHECK(was(ExceptionClass::TrappedSystemRegister));
    CHECK(cpu.exception.iss == (0u << 20 | 6u << 17 | 3u << 14 | 4u << 10 | 31u << 5 | 2u << 1));
    sys(SR::SCTLR_EL1) |= 1 << 9;
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(3, 6, 2)) == Flow::Next);
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(0, 4, 0)) == Flow::Exception);
    CHECK(was(ExceptionClass::Unknown));
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(0, 5, 0)) == Flow::Exception);
    CHECK(semantics::MSR_immediate(cpu, msr_immediate(3, 2, 0)) == Flow::Next);
}

TEST_CASE_FIXTURE(Fixture, "the MMU hears about every translation register")
{
    for (SR which : { SR::SCTLR_EL1, SR::TTBR0_EL1, SR::TTBR1_EL1, SR::TCR_EL1, SR::MAIR_EL1 }) {
        unsigned const before = services.regime_changes;
        CHECK(write(encoding_of(which), sys(which)));
        CHECK(services.regime_changes == before + 1);
    }
}

TEST_CASE_FIXTURE(Fixture, "CCSIDR_EL1 describes the cache that CSSELR_EL1 selects")
{
    uint64_t const expected[] { 255 << 13 | 3 << 3 | 2, 255 << 13 | 3 << 3 | 2, 2047 << 13 | 7 << 3 | 2, 0 };
    for (unsigned selection = 0; selection < 4; ++selection) {
        CHECK(write(encoding_of(SR::CSSELR_EL1), selection));
        CHECK(read(encoding_of(SR::CCSIDR_EL1)));
        CHECK(cpu.x[5] == expected[selection]);
    }
}

TEST_CASE_FIXTURE(Fixture, "DCZID_EL0 tells EL0 when DC ZVA would trap")
{
    sys(SR::SCTLR_EL1) &= ~uint64_t { 1 << 14 };
    CHECK(read(encoding_of(SR::DCZID_EL0)));
    CHECK(cpu.x[5] == 4);
    enter_el0();
    CHECK(read(encoding_of(SR::DCZID_EL0)));
    CHECK(cpu.x[5] == (4 | 1 << 4));
    sys(SR::SCTLR_EL1) |= 1 << 14;
    CHECK(read(encoding_of(SR::DCZID_EL0)));
    CHECK(cpu.x[5] == 4);
}

TEST_CASE_FIXTURE(Fixture, "ISR_EL1 shows pending interrupts whatever the masks")
{
    cpu.pending = kPendingIrq;
    CHECK(read(encoding_of(SR::ISR_EL1)));
    CHECK(cpu.x[5] == 1 << 7);
    cpu.pending = kPendingFiq | kPendingKick;
    CHECK(read(encoding_of(SR::ISR_EL1)));
    CHECK(cpu.x[5] == 1 << 6);
}

TEST_CASE_FIXTURE(Fixture, "register 31 reads as zero and swallows results")
{
    sys(SR::TPIDR_EL1) = 77;
    CHECK(semantics::MRS(cpu, mrs(encoding_of(SR::TPIDR_EL1), 31)) == Flow::Next);
    CHECK(cpu.x[31] == 0);
    CHECK(semantics::MSR_register(cpu, msr(encoding_of(SR::TPIDR_EL1), 31)) == Flow::Next);
    CHECK(sys(SR::TPIDR_EL1) == 0);
}

TEST_CASE("names and encodings in the table are unique")
{
    std::set<std::string> names;
    std::set<uint16_t> encodings;
    for (unsigned i = 0; i < kSystemRegisterCount; ++i) {
        auto const& row = system_register_row(static_cast<SystemRegister>(i));
        CHECK(names.insert(row.name).second);
        CHECK(encodings.insert(row.encoding).second);
        CHECK(find_system_register(row.encoding) == static_cast<SystemRegister>(i));
    }
}
