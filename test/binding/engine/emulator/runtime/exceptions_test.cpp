#include "engine/emulator/runtime/exceptions.h"

#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/fake_services.h"
#include "engine/emulator/runtime/pstate.h"
#include "generated/a64_semantics.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::runtime;
using SR = SystemRegister;

namespace {

constexpr uint64_t kVbar = 0xffff'8000'1000'0800;
constexpr uint64_t kIl = uint64_t { 1 } << 25;

struct Fixture : CpuFixture {
    Fixture()
    {
        sys(SR::VBAR_EL1) = kVbar;
        sys(SR::SP_EL0) = 0xe0;
        cpu.sp = 0xe1; // SP_EL1
    }
    // 0: EL0t, 1: EL1t, 2: EL1h
    void go_to(unsigned mode) { select_stack(cpu, mode == 0 ? 0 : 1, mode == 2); }
    void raise(ExceptionClass exception_class, uint32_t iss)
    {
        cpu.raise(exception_class, iss);
        take_exception(cpu);
    }
};

}

TEST_CASE("an exception enters the vector of where it came from")
{
    uint64_t const offset[] { 0x400, 0x000, 0x200 };
    uint64_t const mode_bits[] { 0x0, 0x4, 0x5 };
    for (unsigned mode = 0; mode < 3; ++mode) {
        CAPTURE(mode);
        Fixture f;
        f.go_to(mode);
        f.cpu.pstate.daif = 0x5;
        f.cpu.nzcv = 0xa000'0000;
        f.cpu.pstate.dit = true;
        f.raise(ExceptionClass::Svc64, 0x1234);
        CHECK(f.cpu.pc == kVbar + offset[mode]);
        CHECK(f.sys(SR::ELR_EL1) == 0x4000'0000);
        CHECK(f.sys(SR::ESR_EL1) == (uint64_t { 0x15 } << 26 | kIl | 0x1234));
        CHECK(f.sys(SR::SPSR_EL1) == (0xa000'0000 | 1 << 24 | 0x5 << 6 | mode_bits[mode]));
        CHECK(f.cpu.pstate.el == 1);
        CHECK(f.cpu.pstate.sp_el1);
        CHECK(f.cpu.pstate.daif == 0xf);
        CHECK(f.cpu.pstate.dit);
        CHECK(f.cpu.sp == 0xe1);
        CHECK(f.sys(SR::SP_EL0) == 0xe0);
    }
}

TEST_CASE("aborts and debug exceptions have a same-level form, others have not")
{
    struct {
        ExceptionClass raised;
        unsigned from_el0;
        unsigned from_el1;
    } const cases[] {
        { ExceptionClass::InstructionAbortLower, 0x20, 0x21 },
        { ExceptionClass::DataAbortLower, 0x24, 0x25 },
        { ExceptionClass::BreakpointLower, 0x30, 0x31 },
        { ExceptionClass::SoftwareStepLower, 0x32, 0x33 },
        { ExceptionClass::WatchpointLower, 0x34, 0x35 },
        { ExceptionClass::Brk64, 0x3c, 0x3c },
        { ExceptionClass::PcAlignment, 0x22, 0x22 },
        { ExceptionClass::Unknown, 0x00, 0x00 },
    };
    for (auto const& c : cases) {
        for (unsigned el : { 0u, 1u }) {
            Fixture f;
            f.go_to(el == 0 ? 0 : 2);
            f.raise(c.raised, 0);
            CHECK((f.sys(SR::ESR_EL1) >> 26) == (el == 0 ? c.from_el0 : c.from_el1));
        }
    }
}

TEST_CASE("FAR_EL1 is written by exceptions that have an address, and by no other")
{
    Fixture f;
    f.sys(SR::FAR_EL1) = 7;
    f.raise(ExceptionClass::Svc64, 0);
    CHECK(f.sys(SR::FAR_EL1) == 7);
    f.cpu.raise(ExceptionClass::DataAbortLower, 0x45);
    f.cpu.exception.has_far = true;
    f.cpu.exception.far = 0xdead;
    take_exception(f.cpu);
    CHECK(f.sys(SR::FAR_EL1) == 0xdead);
}

TEST_CASE("SPAN and DSSBS decide about PAN and SSBS on entry")
{
    for (bool span : { false, true }) {
        for (bool pan : { false, true }) {
            for (bool dssbs : { false, true }) {
                Fixture f;
                f.go_to(0);
                f.cpu.pstate.pan = pan;
                f.cpu.pstate.ssbs = !dssbs;
                f.sys(SR::SCTLR_EL1) = (span ? 1u << 23 : 0) | (dssbs ? uint64_t { 1 } << 44 : 0);
                f.raise(ExceptionClass::Svc64, 0);
                bool const expected_pan = pan || !span;
                CHECK(f.cpu.pstate.pan == expected_pan);
                CHECK(f.cpu.pstate.ssbs == dssbs);
                CHECK(((f.sys(SR::SPSR_EL1) >> 22) & 1) == pan);
                CHECK(((f.sys(SR::SPSR_EL1) >> 12) & 1) == !dssbs);
            }
        }
    }
}

TEST_CASE("interrupts are taken when unmasked, FIQ first, with ESR_EL1 untouched")
{
    Fixture f;
    f.go_to(0);
    f.cpu.pstate.daif = 0x3;
    f.sys(SR::ESR_EL1) = 99;
    f.cpu.pending = kPendingIrq | kPendingFiq;
    CHECK_FALSE(take_interrupt(f.cpu));
    CHECK(f.cpu.pc == 0x4000'0000);
    f.cpu.pstate.daif = 0;
    REQUIRE(take_interrupt(f.cpu));
    CHECK(f.cpu.pc == kVbar + 0x400 + 0x100);
    CHECK(f.sys(SR::ESR_EL1) == 99);
    CHECK(f.sys(SR::ELR_EL1) == 0x4000'0000);

    Fixture g;
    g.cpu.pstate.daif = 0x1;
    g.cpu.pending = kPendingIrq | kPendingFiq;
    REQUIRE(take_interrupt(g.cpu));
    CHECK(g.cpu.pc == kVbar + 0x200 + 0x080);
}

TEST_CASE("entry and return through every mode restore everything")
{
    for (unsigned mode = 0; mode < 3; ++mode) {
        CAPTURE(mode);
        Fixture f;
        f.go_to(mode);
        f.cpu.pstate.daif = 0x9;
        f.cpu.nzcv = 0x6000'0000;
        f.cpu.pstate.pan = f.cpu.pstate.dit = f.cpu.pstate.ssbs = true;
        Pstate const before = f.cpu.pstate;
        uint64_t const sp = f.cpu.sp;
        f.cpu.exclusive.armed = true;
        f.raise(ExceptionClass::Svc64, 0);
        f.cpu.nzcv = 0;
        f.cpu.pstate.dit = false;
        CHECK(semantics::ERET(f.cpu, 0xd69f03e0) == Flow::Branch);
        CHECK(f.cpu.pstate == before);
        CHECK(f.cpu.nzcv == 0x6000'0000);
        CHECK(f.cpu.sp == sp);
        CHECK(f.cpu.pc == 0x4000'0000);
        CHECK_FALSE(f.cpu.exclusive.armed);
        CHECK(f.cpu.event_register);
    }
}

TEST_CASE("an illegal return sets IL, keeps the level, and the next instruction faults")
{
    for (uint64_t mode : { 0x1u, 0x2u, 0x3u, 0x6u, 0x7u, 0x8u, 0x9u, 0xcu, 0xdu, 0x10u, 0x13u, 0x1fu }) {
        CAPTURE(mode);
        Fixture f;
        f.sys(SR::ELR_EL1) = 0x1000;
        f.sys(SR::SPSR_EL1) = 0x9000'0000 | 1 << 22 | 0x2 << 6 | mode;
        CHECK(semantics::ERET(f.cpu, 0xd69f03e0) == Flow::Branch);
        CHECK(f.cpu.pstate.il);
        CHECK(f.cpu.pstate.el == 1);
        CHECK(f.cpu.pstate.sp_el1);
        CHECK(f.cpu.pstate.daif == 0x2);
        CHECK(f.cpu.pstate.pan);
        CHECK(f.cpu.nzcv == 0x9000'0000);
        CHECK(f.cpu.pc == 0x1000);
        CHECK((f.cpu.pending.load() & kPendingStep) != 0);
        REQUIRE(debug_exception_before(f.cpu));
        take_exception(f.cpu);
        CHECK(f.sys(SR::ESR_EL1) == (uint64_t { 0x0e } << 26 | kIl));
        CHECK((f.sys(SR::SPSR_EL1) & kSpsrIl) != 0);
        CHECK_FALSE(f.cpu.pstate.il);
        CHECK((f.cpu.pending.load() & kPendingStep) == 0);
    }
}

TEST_CASE("ERET at EL0 is undefined")
{
    Fixture f;
    f.go_to(0);
    CHECK(semantics::ERET(f.cpu, 0xd69f03e0) == Flow::Exception);
    CHECK(f.cpu.exception.exception_class == ExceptionClass::Unknown);
}

TEST_CASE("the target of a return loses its tag where TCR_EL1 ignores it")
{
    Fixture f;
    f.sys(SR::TCR_EL1) = uint64_t { 1 } << 37; // TBI0
    f.sys(SR::SPSR_EL1) = 0;
    f.sys(SR::ELR_EL1) = 0x1200'0000'0000'1000;
    return_from_exception(f.cpu);
    CHECK(f.cpu.pc == 0x1000);
    CHECK(branch_address(f.cpu, 0x12ff'8000'0000'1000) == 0x12ff'8000'0000'1000);
    f.sys(SR::TCR_EL1) = uint64_t { 1 } << 38; // TBI1
    CHECK(branch_address(f.cpu, 0x12ff'8000'0000'1000) == 0xffff'8000'0000'1000);
    CHECK(branch_address(f.cpu, 0x1200'0000'0000'1000) == 0x1200'0000'0000'1000);
}

TEST_CASE("the MMU hears about a change of level or PAN and of nothing else")
{
    Fixture f;
    f.sys(SR::SCTLR_EL1) |= 1 << 23;
    f.services.regime_changes = 0;
    f.raise(ExceptionClass::Svc64, 0); // EL1 to EL1
    CHECK(f.services.regime_changes == 0);
    f.go_to(0);
    f.raise(ExceptionClass::Svc64, 0);
    CHECK(f.services.regime_changes == 1);
    return_from_exception(f.cpu);
    CHECK(f.services.regime_changes == 2);
}

TEST_CASE("SVC returns behind itself, BRK to itself, HVC and SMC leave the guest")
{
    Fixture f;
    CHECK(semantics::SVC(f.cpu, 0xd4000021 | 0x55 << 5) == Flow::Exception);
    CHECK(f.cpu.exception.return_address == 0x4000'0004);
    CHECK(f.cpu.exception.iss == 0x55);
    CHECK(semantics::BRK(f.cpu, 0xd4200000 | 0x800 << 5) == Flow::Exception);
    CHECK(f.cpu.exception.return_address == 0x4000'0000);
    CHECK(f.cpu.exception.exception_class == ExceptionClass::Brk64);
    CHECK(f.cpu.exception.iss == 0x800);
    CHECK(semantics::HLT(f.cpu, 0xd4400000) == Flow::Exception);
    CHECK(f.cpu.exception.exception_class == ExceptionClass::Unknown);

    CHECK(semantics::HVC(f.cpu, 0xd4000002 | 0x7 << 5) == Flow::Stop);
    auto const* hypercall = std::get_if<engine::ExitHypercall>(&f.cpu.stop);
    REQUIRE(hypercall);
    CHECK(hypercall->conduit == engine::Conduit::Hvc);
    CHECK(hypercall->immediate == 7);
    CHECK(f.cpu.pc == 0x4000'0004);
    CHECK(semantics::SMC(f.cpu, 0xd4000003) == Flow::Stop);
    CHECK(std::get<engine::ExitHypercall>(f.cpu.stop).conduit == engine::Conduit::Smc);

    f.go_to(0);
    CHECK(semantics::HVC(f.cpu, 0xd4000002) == Flow::Exception);
    CHECK(f.cpu.exception.exception_class == ExceptionClass::Unknown);
    CHECK(semantics::SMC(f.cpu, 0xd4000003) == Flow::Exception);
}
