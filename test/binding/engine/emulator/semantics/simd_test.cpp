// What is easily got wrong in Advanced SIMD: the bits that must become zero, the ones that must stay, saturation.
#include "engine/emulator/semantics/simd_machine.h"

#include <algorithm>
#include <iterator>

using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint32_t kQc = uint32_t { 1 } << 27;

}

TEST_CASE("a result of 64 bits clears the upper half of the register")
{
    SimdMachine machine;
    machine.cpu.v[0] = Vector { { 1, 0xdead } };
    machine.cpu.v[1] = Vector { { 2, 0xdead } };
    machine.cpu.v[2] = Vector { { 3, 0xdead } };
    machine.execute("add v0.8b, v1.8b, v2.8b", 0x0e228420);
    CHECK(machine.cpu.v[0] == Vector { { 5, 0 } });
}

TEST_CASE("a scalar result clears everything above it")
{
    SimdMachine machine;
    machine.cpu.v[0] = Vector { { 1, 0xdead } };
    machine.cpu.v[1] = Vector { { ~uint64_t { 0 }, 0xdead } };
    machine.cpu.v[2] = Vector { { 3, 0xdead } };
    machine.execute("add d0, d1, d2", 0x5ee28420);
    CHECK(machine.cpu.v[0] == Vector { { 2, 0 } });
}

TEST_CASE("narrowing clears the upper half, its second form keeps the lower one")
{
    SimdMachine machine;
    machine.cpu.v[0] = Vector { { 0x1111, 0x2222 } };
    machine.cpu.v[1] = lanes<uint16_t>({ 0x101, 0x202, 0x303, 0x404, 0x505, 0x606, 0x707, 0x808 });
    machine.execute("xtn v0.8b, v1.8h", 0x0e212820);
    CHECK(machine.cpu.v[0] == Vector { { 0x0807060504030201, 0 } });

    machine.cpu.v[1] = lanes<int32_t>({ 40000, -40000, 5, -5 });
    machine.execute("sqxtn2 v0.8h, v1.4s", 0x4e614820);
    CHECK(machine.cpu.v[0] == Vector { { 0x0807060504030201, 0xfffb000580007fff } });
    CHECK(machine.cpu.fpsr == kQc);
}

TEST_CASE("saturation sets QC, and nothing clears it")
{
    SimdMachine machine;
    machine.cpu.v[1] = lanes<int8_t>({ 127, -128, 100, -100 });
    machine.cpu.v[2] = lanes<int8_t>({ 1, -1, 27, -28 });
    machine.execute("sqadd v0.8b, v1.8b, v2.8b", 0x0e220c20);
    CHECK(machine.cpu.v[0] == lanes<int8_t>({ 127, -128, 127, -128 }));
    CHECK(machine.cpu.fpsr == kQc);

    machine.cpu.v[1] = Vector {};
    machine.execute("sqadd v0.8b, v1.8b, v2.8b", 0x0e220c20);
    CHECK(machine.cpu.v[0] == machine.cpu.v[2]);
    CHECK(machine.cpu.fpsr == kQc);
}

TEST_CASE("sums that just fit do not set QC")
{
    SimdMachine machine;
    machine.cpu.v[1] = lanes<int8_t>({ 100, -100 });
    machine.cpu.v[2] = lanes<int8_t>({ 27, -28 });
    machine.execute("sqadd v0.8b, v1.8b, v2.8b", 0x0e220c20);
    CHECK(machine.cpu.v[0] == lanes<int8_t>({ 127, -128 }));
    CHECK(machine.cpu.fpsr == 0);
}

TEST_CASE("a doubling product saturates before it is accumulated")
{
    // 2 * (-2^31)^2 is 2^63: one too many. The saturated 2^63 - 1 and the accumulator -5 then fit.
    SimdMachine machine;
    machine.cpu.v[0] = lanes<int64_t>({ -5, 7 });
    machine.cpu.v[1] = lanes<int32_t>({ INT32_MIN, 3 });
    machine.cpu.v[2] = lanes<int32_t>({ INT32_MIN, -4 });
    machine.execute("sqdmlal v0.2d, v1.2s, v2.2s", 0x0ea29020);
    CHECK(machine.cpu.v[0] == lanes<int64_t>({ INT64_MAX - 5, 7 - 24 }));
    CHECK(machine.cpu.fpsr == kQc);
}

TEST_CASE("the element of a by-element product reaches the last lane of the register")
{
    SimdMachine machine;
    machine.cpu.v[1] = lanes<uint16_t>({ 1, 2, 3, 4, 5, 6, 7, 8 });
    machine.cpu.v[2] = lanes<uint16_t>({ 0, 0, 0, 0, 0, 0, 0, 0x4001 });
    machine.execute("mul v0.8h, v1.8h, v2.h[7]", 0x4f728820);
    CHECK(machine.cpu.v[0] == lanes<uint16_t>({ 0x4001, 0x8002, 0xc003, 0x0004, 0x4005, 0x8006, 0xc007, 0x0008 }));

    machine.cpu.v[1] = lanes<int32_t>({ INT32_MIN, 1 << 30, -1, 0 });
    machine.cpu.v[2] = lanes<int32_t>({ 0, 0, 0, INT32_MIN });
    machine.execute("sqdmulh v0.4s, v1.4s, v2.s[3]", 0x4fa2c820);
    CHECK(machine.cpu.v[0] == lanes<int32_t>({ INT32_MAX, -(1 << 30), 1, 0 }));
    CHECK(machine.cpu.fpsr == kQc);
}

TEST_CASE("shifts by register go both ways and look at one byte only")
{
    SimdMachine machine;
    machine.cpu.v[1] = lanes<int64_t>({ -16, 3 });
    machine.cpu.v[2] = lanes<uint64_t>({ 0xabcdef00000000fe, 0x0123456789abcd3e }); // -2, +62
    machine.execute("sshl v0.2d, v1.2d, v2.2d", 0x4ee24420);
    CHECK(machine.cpu.v[0] == lanes<uint64_t>({ static_cast<uint64_t>(-4), 0xc000000000000000 }));

    machine.cpu.v[2] = lanes<uint64_t>({ 0x80, 64 }); // -128, +64: the sign, and nothing
    machine.execute("sshl v0.2d, v1.2d, v2.2d", 0x4ee24420);
    CHECK(machine.cpu.v[0] == lanes<int64_t>({ -1, 0 }));
}

TEST_CASE("SRI by the whole width changes nothing")
{
    SimdMachine machine;
    machine.cpu.v[0] = Vector { { 0x0123456789abcdef, 0xfedcba9876543210 } };
    machine.cpu.v[1] = Vector { { ~uint64_t { 0 }, ~uint64_t { 0 } } };
    machine.execute("sri v0.8h, v1.8h, #0x10", 0x6f104420);
    CHECK(machine.cpu.v[0] == Vector { { 0x0123456789abcdef, 0xfedcba9876543210 } });
}

TEST_CASE("table lookup: past the end TBL gives zero and TBX keeps; the list wraps from v31 to v0")
{
    SimdMachine machine;
    machine.cpu.v[0] = bytes("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    machine.cpu.v[1] = bytes("101112131415161718191a1b1c1d1e1f");
    machine.cpu.v[2] = bytes("202122232425262728292a2b2c2d2e2f");
    machine.cpu.v[3] = bytes("000f101f20ff0801");
    machine.cpu.v[31] = bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    SimdMachine keeping;
    std::copy(std::begin(machine.cpu.v), std::end(machine.cpu.v), std::begin(keeping.cpu.v));
    machine.execute("tbl v0.16b, { v31.16b, v0.16b }, v3.16b", 0x4e0323e0);
    CHECK(machine.cpu.v[0] == bytes("f0ffa0af0000f8f1f0f0f0f0f0f0f0f0"));

    keeping.execute("tbx v0.8b, { v1.16b, v2.16b }, v3.8b", 0x0e033020);
    CHECK(keeping.cpu.v[0] == bytes("101f202fa4a51811"));
}

TEST_CASE("moves to general registers extend as the destination says, and register 31 stays zero")
{
    SimdMachine machine;
    machine.cpu.v[1] = bytes("80817f00");
    machine.execute("smov x3, v1.b[1]", 0x4e032c23);
    CHECK(machine.cpu.x[3] == 0xffffffffffffff81);
    machine.execute("smov w3, v1.b[1]", 0x0e032c23);
    CHECK(machine.cpu.x[3] == 0x00000000ffffff81);
    machine.execute("smov wzr, v1.b[0]", 0x0e012c3f);
    machine.execute("umov wzr, v1.s[0]", 0x0e043c3f);
    CHECK(machine.cpu.x[31] == 0);
}
