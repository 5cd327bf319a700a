#include "flat_memory.h"

#include <doctest/doctest.h>

namespace dormouse::emulator::semantics::test {

constexpr uint64_t kPage = FlatMemory::kPage;

TEST_CASE("loads extend to the size they say")
{
    FlatMemory machine;
    machine.put<uint64_t>(0, 0x8877'6655'c4b3'a291);
    auto const loaded = [&](uint32_t word) {
        machine.cpu.x[0] = ~0ull;
        machine.cpu.x[1] = kPage;
        REQUIRE(machine.run(word) == Flow::Next);
        return machine.cpu.x[0];
    };
    CHECK(loaded(0x3940'0020) == 0x91); // ldrb
    CHECK(loaded(0x39c0'0020) == 0xffff'ff91); // ldrsb w0
    CHECK(loaded(0x3980'0020) == 0xffff'ffff'ffff'ff91); // ldrsb x0
    CHECK(loaded(0x79c0'0020) == 0xffff'a291); // ldrsh w0
    CHECK(loaded(0xb980'0020) == 0xffff'ffff'c4b3'a291); // ldrsw
    CHECK(loaded(0xb940'0020) == 0xc4b3'a291); // ldr w0
    CHECK(loaded(0xf940'0020) == 0x8877'6655'c4b3'a291); // ldr x0
    CHECK(loaded(0x3940'0c20) == 0xc4); // ldrb w0, [x1, #3]
}

TEST_CASE("writeback: pre, post, and the choice when the base is loaded")
{
    FlatMemory machine;
    machine.put<uint64_t>(8, 42);
    machine.cpu.x[1] = kPage;
    CHECK(machine.run(0xf840'8c20) == Flow::Next); // ldr x0, [x1, #8]!
    CHECK(machine.cpu.x[0] == 42);
    CHECK(machine.cpu.x[1] == kPage + 8);
    CHECK(machine.run(0xf85f'8420) == Flow::Next); // ldr x0, [x1], #-8
    CHECK(machine.cpu.x[0] == 42);
    CHECK(machine.cpu.x[1] == kPage);
    CHECK(machine.run(0xf840'8c21) == Flow::Next); // ldr x1, [x1, #8]!: the new base wins
    CHECK(machine.cpu.x[1] == kPage + 8);
    CHECK(machine.run(0xf800'8421) == Flow::Next); // str x1, [x1], #8 stores the old base
    CHECK(machine.get<uint64_t>(8) == kPage + 8);
    CHECK(machine.cpu.x[1] == kPage + 16);
}

TEST_CASE("an access that faults changes no register")
{
    for (uint32_t const word : {
             0xf840'8c20u, // ldr x0, [x1, #8]!
             0xf840'8420u, // ldr x0, [x1], #8
             0xf800'8c20u, // str x0, [x1, #8]!
             0xa8c1'0820u, // ldp x0, x2, [x1], #16
             0xa881'0820u, // stp x0, x2, [x1], #16
             0xc8df'fc20u, // ldar x0, [x1]
             0xc85f'7c20u, // ldxr x0, [x1]
             0xc802'7c20u, // stxr w2, x0, [x1]
             0xf822'0020u, // ldadd x2, x0, [x1]
             0x4820'7c22u, // casp x0, x1, x2, x3, [x1]
         }) {
        FlatMemory machine;
        for (unsigned n = 0; n < 31; ++n)
            machine.cpu.x[n] = n;
        machine.cpu.x[1] = FlatMemory::kFaulting;
        CHECK(machine.run(word) == Flow::Exception);
        CHECK(machine.cpu.exception.exception_class == ExceptionClass::DataAbortLower);
        CHECK(machine.cpu.exception.has_far);
        CHECK(machine.cpu.pc == 0x1000);
        for (unsigned n = 0; n < 31; ++n)
            CHECK(machine.cpu.x[n] == (n == 1 ? FlatMemory::kFaulting : n));
    }
}

TEST_CASE("a pair whose second half faults loads nothing")
{
    FlatMemory machine;
    machine.cpu.x[0] = 7;
    machine.cpu.x[1] = FlatMemory::kFaulting - 8;
    machine.cpu.x[2] = 8;
    CHECK(machine.run(0xa940'0820) == Flow::Exception); // ldp x0, x2, [x1]
    CHECK(machine.cpu.x[0] == 7);
    CHECK(machine.cpu.x[2] == 8);
}

TEST_CASE("register offsets extend and scale")
{
    FlatMemory machine;
    machine.put<uint32_t>(0x100, 0x1234);
    machine.cpu.x[1] = kPage + 0x104;
    machine.cpu.x[2] = 0x5555'5555'ffff'ffff;
    CHECK(machine.run(0xb862'd820) == Flow::Next); // ldr w0, [x1, w2, sxtw #2]
    CHECK(machine.cpu.x[0] == 0x1234);
    machine.cpu.x[1] = kPage;
    machine.cpu.x[2] = 0x5555'5555'0000'0040;
    machine.cpu.x[0] = 0;
    CHECK(machine.run(0xb862'5820) == Flow::Next); // ldr w0, [x1, w2, uxtw #2]
    CHECK(machine.cpu.x[0] == 0x1234);
}

TEST_CASE("register 31 is discarded, and the access still happens")
{
    FlatMemory machine;
    machine.cpu.x[1] = kPage;
    CHECK(machine.run(0xf940'003f) == Flow::Next); // ldr xzr, [x1]
    CHECK(machine.cpu.x[31] == 0);
    machine.cpu.x[1] = FlatMemory::kFaulting;
    CHECK(machine.run(0xf940'003f) == Flow::Exception);
    CHECK(machine.run(0xf980'0020) == Flow::Next); // prfm never faults
}

TEST_CASE("a misaligned SP as base is checked when SCTLR_EL1 says so")
{
    FlatMemory machine;
    machine.cpu.sp = kPage + 8;
    CHECK(machine.run(0xf940'03e0) == Flow::Next); // ldr x0, [sp]
    machine.cpu.system(SystemRegister::SCTLR_EL1) = 1 << 4; // SA0: EL0 alone
    CHECK(machine.run(0xf940'03e0) == Flow::Next);
    machine.cpu.pstate.el = 0;
    CHECK(machine.run(0xf940'03e0) == Flow::Exception);
    CHECK(machine.cpu.exception.exception_class == ExceptionClass::SpAlignment);
    CHECK_FALSE(machine.cpu.exception.has_far);
    machine.cpu.pstate.el = 1;
    machine.cpu.system(SystemRegister::SCTLR_EL1) = 1 << 3; // SA
    CHECK(machine.run(0xa9bf'03e0) == Flow::Exception); // stp x0, x0, [sp, #-16]!
    CHECK(machine.cpu.sp == kPage + 8);
    machine.cpu.sp = kPage + 16;
    CHECK(machine.run(0xa9bf'03e0) == Flow::Next);
    CHECK(machine.cpu.sp == kPage);
}

}
