#include "engine/emulator/runtime/debug.h"

#include "engine/emulator/runtime/exceptions.h"
#include "engine/emulator/runtime/fake_services.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/register_access.h"
#include "generated/a64_semantics.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::runtime;
using SR = SystemRegister;

namespace {

constexpr uint64_t kSs = 1;
constexpr uint64_t kKde = 1 << 13;
constexpr uint64_t kMde = 1 << 15;
constexpr uint64_t kEl0 = 2 << 1; // PMC, PAC
constexpr uint64_t kEl1 = 1 << 1;
constexpr uint32_t kNop = 0xd503201f;
constexpr uint32_t kEret = 0xd69f03e0;

struct Fixture : CpuFixture {
    Fixture()
    {
        unlock();
        sys(SR::VBAR_EL1) = 0x8000;
    }
    void unlock() { write(arch::system_register(2, 0, 1, 0, 4), 0); }
    void write(uint16_t encoding, uint64_t value)
    {
        REQUIRE(write_system_register(cpu, msr(encoding, 0), value) == Flow::Next);
    }
    void mdscr(uint64_t value) { write(arch::system_register(2, 0, 0, 2, 2), value); }
    void breakpoint(unsigned n, uint64_t value, uint64_t control)
    {
        write(arch::system_register(2, 0, 0, n, 4), value);
        write(arch::system_register(2, 0, 0, n, 5), control);
    }
    void watchpoint(unsigned n, uint64_t value, uint64_t control)
    {
        write(arch::system_register(2, 0, 0, n, 6), value);
        write(arch::system_register(2, 0, 0, n, 7), control);
    }
    bool step_requested() const { return cpu.pending.load() & kPendingStep; }
    // An instruction as the run loop executes it; true when an exception was taken.
    bool run_nop()
    {
        if (needs_single_stepping(cpu) && debug_exception_before(cpu)) {
            take_exception(cpu);
            return true;
        }
        bool const stepping = needs_single_stepping(cpu);
        cpu.pc += 4;
        if (stepping && step_exception_after(cpu, kNop)) {
            take_exception(cpu);
            return true;
        }
        return false;
    }
    uint64_t exception_class() { return sys(SR::ESR_EL1) >> 26; }
    uint64_t iss() { return sys(SR::ESR_EL1) & 0x1ff'ffff; }
};

}

TEST_CASE_FIXTURE(Fixture, "debug exceptions are enabled by level, KDE, D and the OS lock")
{
    for (bool kde : { false, true }) {
        for (bool masked : { false, true }) {
            mdscr(kde ? kKde : 0);
            CHECK(debug_exceptions_enabled_at(cpu, 0, masked));
            bool const at_el1 = kde && !masked;
            CHECK(debug_exceptions_enabled_at(cpu, 1, masked) == at_el1);
        }
    }
    write(arch::system_register(2, 0, 1, 0, 4), 1);
    CHECK(sys(SR::OSLSR_EL1) == 0xa);
    CHECK_FALSE(debug_exceptions_enabled_at(cpu, 0, false));
    CHECK_FALSE(debug_exceptions_enabled_at(cpu, 1, false));
}

TEST_CASE_FIXTURE(Fixture, "a kernel steps a user program one instruction at a time")
{
    mdscr(kSs);
    CHECK_FALSE(step_requested()); // EL1 is not stepped without KDE
    for (unsigned i = 0; i < 3; ++i) {
        uint64_t const start = 0x1000 + 4 * i;
        sys(SR::ELR_EL1) = start;
        sys(SR::SPSR_EL1) = kSpsrSs | kSpsrModeEl0t;
        REQUIRE(semantics::ERET(cpu, kEret) == Flow::Branch);
        CHECK(cpu.pstate.ss);
        REQUIRE(step_requested());
        REQUIRE(run_nop());
        CHECK(exception_class() == 0x32);
        CHECK(iss() == (1 << 24 | 0x22));
        CHECK(sys(SR::ELR_EL1) == start + 4);
        CHECK((sys(SR::SPSR_EL1) & kSpsrSs) == 0);
        CHECK_FALSE(step_requested());
    }
}

TEST_CASE_FIXTURE(Fixture, "a return with SPSR.SS clear is pending at once, without ISV")
{
    mdscr(kSs);
    sys(SR::ELR_EL1) = 0x1000;
    sys(SR::SPSR_EL1) = kSpsrModeEl0t;
    semantics::ERET(cpu, kEret);
    REQUIRE(run_nop());
    CHECK(exception_class() == 0x32);
    CHECK(iss() == 0x22);
    CHECK(sys(SR::ELR_EL1) == 0x1000);
}

TEST_CASE_FIXTURE(Fixture, "a stepped SVC shows as done, a stepped abort as not done")
{
    mdscr(kSs);
    sys(SR::SPSR_EL1) = kSpsrSs | kSpsrModeEl0t;
    semantics::ERET(cpu, kEret);
    semantics::SVC(cpu, 0xd4000001);
    take_exception(cpu);
    CHECK((sys(SR::SPSR_EL1) & kSpsrSs) == 0);

    sys(SR::SPSR_EL1) = kSpsrSs | kSpsrModeEl0t;
    semantics::ERET(cpu, kEret);
    cpu.raise(ExceptionClass::DataAbortLower, 0);
    take_exception(cpu);
    CHECK((sys(SR::SPSR_EL1) & kSpsrSs) != 0);
}

TEST_CASE_FIXTURE(Fixture, "a stepped hypercall is followed by its step exception")
{
    mdscr(kSs | kKde);
    sys(SR::SPSR_EL1) = kSpsrSs | kSpsrModeEl1h;
    sys(SR::ELR_EL1) = 0x2000;
    cpu.pstate.daif = 0xf;
    semantics::ERET(cpu, kEret);
    REQUIRE(cpu.pstate.ss);
    REQUIRE(needs_single_stepping(cpu));
    CHECK(semantics::HVC(cpu, 0xd4000002) == Flow::Stop);
    REQUIRE(run_nop());
    CHECK(exception_class() == 0x33);
    CHECK(sys(SR::ELR_EL1) == 0x2004);
}

TEST_CASE_FIXTURE(Fixture, "stepping a load-exclusive sets EX, stepping CASP does not")
{
    struct {
        uint32_t word;
        bool exclusive;
    } const cases[] {
        { 0xc85f7c20, true }, // ldxr x0, [x1]
        { 0x085ffc20, true }, // ldaxrb w0, [x1]
        { 0xc87f0440, true }, // ldxp x0, x1, [x2]
        { 0x48607c82, false }, // caspa x0, x1, x2, x3, [x4]
        { 0xc8dffc20, false }, // ldar x0, [x1]
        { 0xc8007c41, false }, // stxr w0, x1, [x2]
        { kNop, false },
    };
    for (auto const& c : cases) {
        CAPTURE(c.word);
        Fixture f;
        f.mdscr(kSs);
        f.enter_el0();
        f.cpu.pstate.ss = true;
        REQUIRE(step_exception_after(f.cpu, c.word));
        CHECK(f.cpu.exception.iss == (1u << 24 | 0x22 | (c.exclusive ? 1u << 6 : 0)));
    }
}

TEST_CASE_FIXTURE(Fixture, "a breakpoint hits at its address and level alone")
{
    mdscr(kMde);
    breakpoint(0, 0x1000, 1 | kEl0);
    CHECK_FALSE(step_requested());
    enter_el0();
    refresh_step_request(cpu);
    REQUIRE(step_requested());
    cpu.pc = 0xffc;
    CHECK_FALSE(run_nop());
    CHECK(cpu.pc == 0x1000);
    REQUIRE(run_nop());
    CHECK(exception_class() == 0x30);
    CHECK(iss() == 0x22);
    CHECK(sys(SR::ELR_EL1) == 0x1000);
    // At EL1 the same address is free; and KDE alone does not make an EL0 breakpoint hit there.
    sys(SR::MDSCR_EL1) |= kKde;
    cpu.pstate.daif = 0;
    cpu.pc = 0x1000;
    CHECK_FALSE(breakpoint_or_illegal_state(cpu));
    breakpoint(1, 0x1000, 1 | kEl1);
    CHECK(breakpoint_or_illegal_state(cpu));
}

TEST_CASE_FIXTURE(Fixture, "breakpoints and watchpoints for Secure state or EL2 never hit")
{
    mdscr(kMde | kKde);
    cpu.pstate.daif = 0;
    cpu.pc = 0x1000;
    for (unsigned ssc = 0; ssc < 4; ++ssc) {
        breakpoint(0, 0x1000, 1 | kEl1 | ssc << 14);
        watchpoint(0, 0x2000, 1 | kEl1 | 3 << 3 | 0xff << 5 | ssc << 14);
        CHECK(breakpoint_or_illegal_state(cpu) == (ssc < 2));
        CHECK(watchpoint_hit(cpu, 0x2000, 1, false) == (ssc < 2));
    }
}

TEST_CASE_FIXTURE(Fixture, "a return from a level that is stepped itself does not arm another step")
{
    mdscr(kSs | kKde);
    cpu.pstate.daif = 0;
    cpu.pstate.ss = true;
    sys(SR::ELR_EL1) = 0x1000;
    sys(SR::SPSR_EL1) = kSpsrSs | kSpsrModeEl0t;
    semantics::ERET(cpu, kEret);
    CHECK_FALSE(cpu.pstate.ss);
    REQUIRE(run_nop());
    CHECK(sys(SR::ELR_EL1) == 0x1000);
    // And SPSR.SS means nothing while stepping is off.
    mdscr(0);
    sys(SR::SPSR_EL1) = kSpsrSs | kSpsrModeEl0t;
    semantics::ERET(cpu, kEret);
    CHECK_FALSE(cpu.pstate.ss);
}

TEST_CASE_FIXTURE(Fixture, "a breakpoint in the upper half of the address space matches with its sign bits")
{
    mdscr(kMde | kKde);
    cpu.pstate.daif = 0;
    breakpoint(2, 0xffff'8000'0000'1000, 1 | kEl1);
    cpu.pc = 0xffff'8000'0000'1000;
    CHECK(breakpoint_or_illegal_state(cpu));
    breakpoint(2, 0x0001'8000'0000'1000, 1 | kEl1); // RESS bits as a debugger may leave them
    CHECK(breakpoint_or_illegal_state(cpu));
}

TEST_CASE_FIXTURE(Fixture, "linked breakpoints need their context")
{
    mdscr(kMde);
    enter_el0();
    cpu.pc = 0x1000;
    auto const el1_breakpoint = [&](unsigned n, uint64_t value, uint64_t control) {
        cpu.pstate.el = 1;
        breakpoint(n, value, control);
        cpu.pstate.el = 0;
    };
    el1_breakpoint(0, 0x1000, 1 | kEl0 | 4 << 16 | 1 << 20); // linked to 4
    CHECK_FALSE(breakpoint_or_illegal_state(cpu));
    el1_breakpoint(4, 42, 1 | 3 << 20);
    CHECK_FALSE(breakpoint_or_illegal_state(cpu));
    sys(SR::CONTEXTIDR_EL1) = 42;
    CHECK(breakpoint_or_illegal_state(cpu));
    el1_breakpoint(4, 42, 0 | 3 << 20); // disabled
    CHECK_FALSE(breakpoint_or_illegal_state(cpu));
    el1_breakpoint(5, 42, 1 | kEl0 | 2 << 20); // unlinked context
    CHECK(breakpoint_or_illegal_state(cpu));
    sys(SR::CONTEXTIDR_EL1) = 43;
    CHECK_FALSE(breakpoint_or_illegal_state(cpu));
}

TEST_CASE_FIXTURE(Fixture, "BAS of breakpoints is fixed, of watchpoints it is not")
{
    breakpoint(0, 0x1003, 1 | 3 << 5);
    CHECK(sys(SR::DBGBCR0_EL1) == (1 | 0xf << 5));
    CHECK(sys(SR::DBGBVR0_EL1) == 0x1000);
    watchpoint(0, 0x1003, 1 | 3 << 5);
    CHECK(sys(SR::DBGWCR0_EL1) == (1 | 3 << 5));
}

TEST_CASE_FIXTURE(Fixture, "a watchpoint watches exactly its bytes")
{
    struct {
        uint64_t value;
        uint64_t bas;
        uint64_t mask;
        uint64_t first;
        uint64_t size;
    } const cases[] {
        { 0x1000, 0xff, 0, 0x1000, 8 }, { 0x1000, 0x0f, 0, 0x1000, 4 }, { 0x1000, 0xf0, 0, 0x1004, 4 },
        { 0x1004, 0x0f, 0, 0x1004, 4 }, { 0x1000, 0x20, 0, 0x1005, 1 }, { 0x1000, 0x00, 0, 0, 0 },
        { 0x1000, 0xff, 3, 0x1000, 8 }, { 0x1040, 0xff, 6, 0x1040, 64 }, { 0x1000, 0xff, 1, 0, 0 }, // reserved
    };
    mdscr(kMde);
    for (auto const& c : cases) {
        CAPTURE(c.value);
        CAPTURE(c.bas);
        CAPTURE(c.mask);
        cpu.pstate.el = 1;
        watchpoint(0, c.value, 1 | kEl0 | 3 << 3 | c.bas << 5 | c.mask << 24);
        cpu.pstate.el = 0;
        for (unsigned size : { 1u, 2u, 4u, 8u, 16u, 64u }) {
            for (uint64_t address = 0xfb0; address < 0x10a0; ++address) {
                bool const expected = address < c.first + c.size && c.first < address + size;
                bool const hit = watchpoint_hit(cpu, address, size, true);
                bool const watched = page_is_watched(cpu, address, size);
                REQUIRE(hit == expected);
                REQUIRE(watched == expected);
                if (hit)
                    REQUIRE(cpu.exception.far == std::max(address, c.first));
            }
        }
    }
}

TEST_CASE_FIXTURE(Fixture, "a watchpoint distinguishes loads, stores, levels and unprivileged accesses")
{
    mdscr(kMde | kKde);
    cpu.pstate.daif = 0;
    for (unsigned direction = 0; direction < 4; ++direction) {
        for (unsigned privilege = 0; privilege < 4; ++privilege) {
            watchpoint(1, 0x2000, 1 | privilege << 1 | direction << 3 | 0xff << 5);
            CHECK(any_watchpoint_enabled(cpu));
            bool const at_el1 = privilege & 1;
            bool const at_el0 = privilege & 2;
            bool const loads = direction & 1;
            bool const stores = direction & 2;
            CHECK(watchpoint_hit(cpu, 0x2000, 4, false) == (at_el1 && loads));
            CHECK(watchpoint_hit(cpu, 0x2000, 4, true) == (at_el1 && stores));
            CHECK(watchpoint_hit(cpu, 0x2000, 4, true, true) == (at_el0 && stores));
        }
    }
    watchpoint(1, 0x2000, 1 | kEl1 | 3 << 3 | 0xff << 5);
    cpu.pc = 0x500;
    REQUIRE(watchpoint_hit(cpu, 0x1ffc, 8, true));
    take_exception(cpu);
    CHECK(exception_class() == 0x35);
    CHECK(iss() == (0x22 | 1 << 6));
    CHECK(sys(SR::FAR_EL1) == 0x2000);
    CHECK(sys(SR::ELR_EL1) == 0x500);
    CHECK_FALSE(watchpoint_hit(cpu, 0x2000, 4, true)); // PSTATE.D is set now
}

TEST_CASE_FIXTURE(Fixture, "watchpoints see through the tag byte and report it")
{
    mdscr(kMde);
    watchpoint(0, 0x3000, 1 | kEl0 | 3 << 3 | 0xff << 5);
    enter_el0();
    REQUIRE(watchpoint_hit(cpu, 0x5a00'0000'0000'2ffe, 4, false));
    CHECK(cpu.exception.far == 0x5a00'0000'0000'3000);
    CHECK_FALSE(watchpoint_hit(cpu, 0xffff'ffff'ffff'fffe, 8, false)); // wraps around the address space
}

TEST_CASE_FIXTURE(Fixture, "linked watchpoints need their context")
{
    mdscr(kMde);
    watchpoint(0, 0x3000, 1 | kEl0 | 3 << 3 | 0xff << 5 | 5 << 16 | 1 << 20);
    breakpoint(5, 7, 1 | 3 << 20);
    enter_el0();
    CHECK_FALSE(watchpoint_hit(cpu, 0x3000, 4, false));
    sys(SR::CONTEXTIDR_EL1) = 7;
    CHECK(watchpoint_hit(cpu, 0x3000, 4, false));
}

TEST_CASE_FIXTURE(Fixture, "MDE, the OS lock and a change of debug registers are noticed")
{
    watchpoint(0, 0x3000, 1 | kEl0 | 3 << 3 | 0xff << 5);
    CHECK_FALSE(any_watchpoint_enabled(cpu));
    unsigned const before = services.debug_changes;
    mdscr(kMde);
    CHECK(services.debug_changes == before + 1);
    CHECK(any_watchpoint_enabled(cpu));
    write(arch::system_register(2, 0, 1, 0, 4), 1);
    CHECK_FALSE(any_watchpoint_enabled(cpu));
}

TEST_CASE_FIXTURE(Fixture, "external debug bits of MDSCR_EL1 change under the OS lock only")
{
    mdscr(~uint64_t { 0 });
    CHECK(sys(SR::MDSCR_EL1) == (1 << 0 | 1 << 12 | 1 << 13 | 1 << 15));
    write(arch::system_register(2, 0, 1, 0, 4), 1);
    mdscr(~uint64_t { 0 });
    CHECK((sys(SR::MDSCR_EL1) & (1 << 14)) != 0);
    unlock();
    mdscr(0);
    CHECK((sys(SR::MDSCR_EL1) & (1 << 14)) != 0);
}

TEST_CASE_FIXTURE(Fixture, "claim tags set and clear")
{
    uint16_t const set = arch::system_register(2, 0, 7, 8, 6);
    uint16_t const clear = arch::system_register(2, 0, 7, 9, 6);
    uint64_t value = 0;
    write(set, 0x1f5);
    REQUIRE(read_system_register(cpu, mrs(clear, 0), value) == Flow::Next);
    CHECK(value == 0xf5);
    write(clear, 0x0f);
    REQUIRE(read_system_register(cpu, mrs(clear, 0), value) == Flow::Next);
    CHECK(value == 0xf0);
    REQUIRE(read_system_register(cpu, mrs(set, 0), value) == Flow::Next);
    CHECK(value == 0xff);
}
