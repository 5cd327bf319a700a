#include "flat_memory.h"

#include <doctest/doctest.h>

namespace dormouse::emulator::semantics::test {

namespace {

    constexpr uint32_t kN = 8u << 28;
    constexpr uint32_t kZ = 4u << 28;
    constexpr uint32_t kC = 2u << 28;
    constexpr uint32_t kV = 1u << 28;

    // x0 after `word` with x1, x2, x3.
    uint64_t result(uint32_t word, uint64_t x1, uint64_t x2 = 0, uint64_t x3 = 0)
    {
        FlatMemory machine;
        machine.cpu.x[0] = 0xdead;
        machine.cpu.x[1] = x1;
        machine.cpu.x[2] = x2;
        machine.cpu.x[3] = x3;
        CHECK(machine.run(word) == Flow::Next);
        return machine.cpu.x[0];
    }

    uint32_t flags(uint32_t word, uint64_t x1, uint64_t x2 = 0, uint32_t before = 0)
    {
        FlatMemory machine;
        machine.cpu.nzcv = before;
        machine.cpu.x[1] = x1;
        machine.cpu.x[2] = x2;
        CHECK(machine.run(word) == Flow::Next);
        return machine.cpu.nzcv;
    }

}

TEST_CASE("add and subtract set the flags of their size")
{
    CHECK(flags(0xab02'0020, ~0ull, 1) == (kZ | kC)); // adds x0, x1, x2
    CHECK(flags(0xab02'0020, 0x7fff'ffff'ffff'ffff, 1) == (kN | kV));
    CHECK(flags(0x2b02'0020, 0x7fff'ffff, 1) == (kN | kV)); // adds w0, w1, w2
    CHECK(flags(0x2b02'0020, 0xffff'ffff, 1) == (kZ | kC));
    CHECK(flags(0xeb02'0020, 1, 1) == (kZ | kC)); // subs x0, x1, x2
    CHECK(flags(0xeb02'0020, 0, 1) == kN);
    CHECK(flags(0xeb02'0020, 0x8000'0000'0000'0000, 1) == (kC | kV));
    CHECK(flags(0xfa02'0020, 0, 0) == kN); // sbcs x0, x1, x2 with a borrow
    CHECK(flags(0xba02'0020, ~0ull, ~0ull, kC) == (kN | kC)); // adcs
    CHECK(flags(0xba02'0020, ~0ull, 0, kC) == (kZ | kC));
}

TEST_CASE("32-bit results clear the upper half")
{
    CHECK(result(0x0b02'0020, 0xffff'ffff'ffff'ffff, 2) == 1); // add w0, w1, w2
    CHECK(result(0x5ac0'1020, 0xffff'ffff'0000'0001) == 31); // clz w0, w1
    CHECK(result(0x2a02'03e0, 0, 0xffff'ffff'1234'5678) == 0x1234'5678); // mov w0, w2
}

TEST_CASE("division never traps")
{
    CHECK(result(0x9ac2'0820, 5, 0) == 0); // udiv x0, x1, x2
    CHECK(result(0x9ac2'0c20, 5, 0) == 0); // sdiv
    CHECK(result(0x9ac2'0c20, 0x8000'0000'0000'0000, ~0ull) == 0x8000'0000'0000'0000);
    CHECK(result(0x1ac2'0c20, 0x8000'0000, 0xffff'ffff) == 0x8000'0000); // sdiv w0, w1, w2
    CHECK(result(0x9ac2'0c20, static_cast<uint64_t>(-7), 2) == static_cast<uint64_t>(-3));
}

TEST_CASE("bitfields, extract, reverse")
{
    CHECK(result(0xd348'3c20, 0x1234'5678) == 0x56); // ubfx x0, x1, #8, #8
    CHECK(result(0x9348'3c20, 0x0000'ff00) == ~0ull); // sbfx x0, x1, #8, #8
    CHECK(result(0xd37c'ec20, 1) == 16); // lsl x0, x1, #4
    CHECK(result(0x1304'7c20, 0x8000'0000) == 0xf800'0000); // asr w0, w1, #4
    CHECK(result(0xb378'1c20, 0xab) == 0xabad); // bfi x0, x1, #8, #8 into 0xdead
    CHECK(result(0x93c2'1020, 0xf, 0x10) == 0xf000'0000'0000'0001); // extr x0, x1, x2, #4
    CHECK(result(0xdac0'0020, 1) == 0x8000'0000'0000'0000); // rbit
    CHECK(result(0xdac0'0c20, 0x0102'0304'0506'0708) == 0x0807'0605'0403'0201); // rev
    CHECK(result(0xdac0'0820, 0x0102'0304'0506'0708) == 0x0403'0201'0807'0605); // rev32
    CHECK(result(0xdac0'0420, 0x0102'0304'0506'0708) == 0x0201'0403'0605'0807); // rev16
    CHECK(result(0xdac0'1420, 0) == 63); // cls
    CHECK(result(0xdac0'1020, 0) == 64); // clz
}

TEST_CASE("multiply")
{
    CHECK(result(0x9bc2'7c20, ~0ull, ~0ull) == ~0ull - 1); // umulh
    CHECK(result(0x9b42'7c20, ~0ull, ~0ull) == 0); // smulh
    CHECK(result(0x9b22'0c20, 0xffff'ffff, 2, 10) == 8); // smaddl x0, w1, w2, x3
    CHECK(result(0x9b02'8c20, 3, 4, 20) == 8); // msub
}

// The check value of "123456789" for both polynomials, with the usual inversions around.
TEST_CASE("CRC-32 and CRC-32C")
{
    auto const checksum = [](uint32_t word) {
        FlatMemory machine;
        machine.cpu.x[0] = 0xffff'ffff;
        for (char const* digit = "123456789"; *digit != 0; ++digit) {
            machine.cpu.x[1] = static_cast<uint8_t>(*digit);
            machine.run(word);
        }
        return static_cast<uint32_t>(~machine.cpu.x[0]);
    };
    CHECK(checksum(0x1ac1'4000) == 0xcbf4'3926); // crc32b w0, w0, w1
    CHECK(checksum(0x1ac1'5000) == 0xe306'9283); // crc32cb w0, w0, w1
}

TEST_CASE("flag manipulation")
{
    CHECK(flags(0xd500'401f, 0, 0, kC | kZ) == kZ); // cfinv
    CHECK(flags(0x3a00'082d, 0x80) == (kN | kV)); // setf8 w1
    CHECK(flags(0x3a00'082d, 0x180, 0, kC) == (kN | kC));
    CHECK(flags(0x3a00'482d, 0x1'0000) == (kZ | kV)); // setf16 w1
    CHECK(flags(0xba00'8429, 0x12) == (kN | kV)); // rmif x1, #1, #9: bit 4 to N, bit 1 to V
}

TEST_CASE("conditions")
{
    // csinc x0, xzr, xzr, cond: 1 when the condition does not hold.
    auto const holds = [](unsigned condition, uint32_t nzcv) {
        FlatMemory machine;
        machine.cpu.nzcv = nzcv;
        machine.run(0x9a9f'07e0 | condition << 12);
        return machine.cpu.x[0] == 0;
    };
    for (uint32_t f = 0; f < 16; ++f) {
        bool const n = f & 8, z = f & 4, c = f & 2, v = f & 1;
        bool const expected[16] = { z, !z, c, !c, n, !n, v, !v, c && !z, !(c && !z), n == v, n != v, n == v && !z,
            !(n == v && !z), true, true };
        for (unsigned condition = 0; condition < 16; ++condition)
            CHECK(holds(condition, f << 28) == expected[condition]);
    }
}

TEST_CASE("branches")
{
    FlatMemory machine;
    CHECK(machine.run(0x97ff'ffff) == Flow::Branch); // bl .-4
    CHECK(machine.cpu.pc == 0xffc);
    CHECK(machine.cpu.x[30] == 0x1004);
    machine.cpu.x[30] = 0x5000;
    CHECK(machine.run(0xd63f'03c0) == Flow::Branch); // blr x30 goes to its old value
    CHECK(machine.cpu.pc == 0x5000);
    CHECK(machine.cpu.x[30] == 0x1000);
    machine.cpu.x[1] = 1ull << 40;
    CHECK(machine.run(0xb640'0041) == Flow::Next); // tbz x1, #40
    CHECK(machine.run(0xb740'0041) == Flow::Branch); // tbnz x1, #40
    CHECK(machine.run(0xb500'0041) == Flow::Branch); // cbnz x1
    CHECK(machine.run(0x3500'0041) == Flow::Next); // cbnz w1
}

TEST_CASE("the tag of a branch target vanishes where TBI is on")
{
    FlatMemory machine;
    machine.cpu.x[1] = 0xab00'0000'0000'2000;
    machine.run(0xd61f'0020); // br x1
    CHECK(machine.cpu.pc == 0xab00'0000'0000'2000);
    machine.cpu.system(SystemRegister::TCR_EL1) = 1ull << 37;
    machine.run(0xd61f'0020);
    CHECK(machine.cpu.pc == 0x2000);
    machine.cpu.x[1] = 0xabff'8000'0000'2000; // the upper half has its own control
    machine.run(0xd61f'0020);
    CHECK(machine.cpu.pc == 0xabff'8000'0000'2000);
}

}
