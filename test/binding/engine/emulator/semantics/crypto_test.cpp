// The crypto instructions do what they are for: published test vectors, computed with sequences of them.
#include "engine/emulator/semantics/simd_machine.h"

#include <array>

using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

// FIPS 197, C.1: the round keys of the key 000102..0f.
std::array<char const*, 11> const kRoundKeys = {
    "000102030405060708090a0b0c0d0e0f",
    "d6aa74fdd2af72fadaa678f1d6ab76fe",
    "b692cf0b643dbdf1be9bc5006830b3fe",
    "b6ff744ed2c2c9bf6c590cbf0469bf41",
    "47f7f7bc95353e03f96c32bcfd058dfd",
    "3caaa3e8a99f9deb50f3af57adf622aa",
    "5e390f7df7a69296a7553dc10aa31f6b",
    "14f9701ae35fe28c440adf4d4ea9c026",
    "47438735a41c65b9e016baf4aebf7ad2",
    "549932d1f08557681093ed9cbe2c974e",
    "13111d7fe3944a17f307a78b4d2b30c5",
};

constexpr std::array<uint32_t, 64> kSha256Constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, //
    0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, //
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, //
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, //
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, //
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, //
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, //
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, //
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, //
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, //
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, //
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, //
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, //
    0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, //
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, //
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2, //
};

// The padded message "abc" as words, most significant byte first. [FIPS 180-4, 5.1.1]
std::array<Vector, 4> abc_message()
{
    return { lanes<uint32_t>({ 0x61626380 }), Vector {}, Vector {}, lanes<uint32_t>({ 0, 0, 0, 24 }) };
}

}

TEST_CASE("AES-128 encrypts the block of FIPS 197 C.1")
{
    SimdMachine machine;
    Cpu& cpu = machine.cpu;
    cpu.v[0] = bytes("00112233445566778899aabbccddeeff");
    for (unsigned round = 0; round < 9; round++) {
        cpu.v[1] = bytes(kRoundKeys[round]);
        machine.execute("aese v0.16b, v1.16b", 0x4e284820);
        machine.execute("aesmc v0.16b, v0.16b", 0x4e286800);
    }
    cpu.v[1] = bytes(kRoundKeys[9]);
    machine.execute("aese v0.16b, v1.16b", 0x4e284820);
    cpu.v[1] = bytes(kRoundKeys[10]);
    machine.execute("eor v0.16b, v0.16b, v1.16b", 0x6e211c00);
    CHECK(cpu.v[0] == bytes("69c4e0d86a7b0430d8cdb78070b4c55a"));
}

TEST_CASE("AES-128 decrypts the block of FIPS 197 C.1")
{
    SimdMachine machine;
    Cpu& cpu = machine.cpu;
    cpu.v[0] = bytes("69c4e0d86a7b0430d8cdb78070b4c55a");
    cpu.v[1] = bytes(kRoundKeys[10]);
    machine.execute("aesd v0.16b, v1.16b", 0x4e285820);
    for (unsigned round = 9; round > 0; round--) {
        // Straight inverse: add the key, then undo MixColumns; AESD then begins with a key of zero.
        cpu.v[1] = bytes(kRoundKeys[round]);
        machine.execute("eor v0.16b, v0.16b, v1.16b", 0x6e211c00);
        machine.execute("aesimc v0.16b, v0.16b", 0x4e287800);
        cpu.v[1] = Vector {};
        machine.execute("aesd v0.16b, v1.16b", 0x4e285820);
    }
    cpu.v[1] = bytes(kRoundKeys[0]);
    machine.execute("eor v0.16b, v0.16b, v1.16b", 0x6e211c00);
    CHECK(cpu.v[0] == bytes("00112233445566778899aabbccddeeff"));
}

// v0: a, b, c, d; v1: e; v3: next e; v4..v7: the next sixteen words of the schedule, rotating.
TEST_CASE("SHA-1 of abc")
{
    SimdMachine machine;
    Cpu& cpu = machine.cpu;
    std::array<Vector, 4> schedule = abc_message();
    constexpr uint32_t constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
    Vector const start = lanes<uint32_t>({ 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 });
    cpu.v[0] = start;
    cpu.v[1] = lanes<uint32_t>({ 0xc3d2e1f0 });
    for (unsigned group = 0; group < 20; group++) {
        uint32_t const constant = constants[group / 5];
        for (unsigned i = 0; i < 4; i++)
            cpu.v[2].set_lane<uint32_t>(i, schedule[0].lane<uint32_t>(i) + constant);
        machine.execute("sha1h s3, s0", 0x5e280803);
        if (group < 5)
            machine.execute("sha1c q0, s1, v2.4s", 0x5e020020);
        else if (group >= 10 && group < 15)
            machine.execute("sha1m q0, s1, v2.4s", 0x5e022020);
        else
            machine.execute("sha1p q0, s1, v2.4s", 0x5e021020);
        cpu.v[1] = cpu.v[3];
        for (unsigned i = 0; i < 4; i++)
            cpu.v[4 + i] = schedule[i];
        machine.execute("sha1su0 v4.4s, v5.4s, v6.4s", 0x5e0630a4);
        machine.execute("sha1su1 v4.4s, v7.4s", 0x5e2818e4);
        schedule = { schedule[1], schedule[2], schedule[3], cpu.v[4] };
    }
    machine.cpu.v[1].set_lane<uint32_t>(0, cpu.v[1].lane<uint32_t>(0) + 0xc3d2e1f0);
    cpu.v[2] = start;
    machine.execute("add v0.4s, v0.4s, v2.4s", 0x4ea28400);
    CHECK(cpu.v[0] == lanes<uint32_t>({ 0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c }));
    CHECK(cpu.v[1].lane<uint32_t>(0) == 0x9cd0d89d);
}

TEST_CASE("SHA-256 of abc")
{
    SimdMachine machine;
    Cpu& cpu = machine.cpu;
    std::array<Vector, 4> schedule = abc_message();
    Vector const abcd = lanes<uint32_t>({ 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a });
    Vector const efgh = lanes<uint32_t>({ 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 });
    cpu.v[0] = abcd;
    cpu.v[1] = efgh;
    for (unsigned group = 0; group < 16; group++) {
        for (unsigned i = 0; i < 4; i++)
            cpu.v[2].set_lane<uint32_t>(i, schedule[0].lane<uint32_t>(i) + kSha256Constants[4 * group + i]);
        cpu.v[3] = cpu.v[0];
        machine.execute("sha256h q0, q1, v2.4s", 0x5e024020);
        machine.execute("sha256h2 q1, q3, v2.4s", 0x5e025061);
        for (unsigned i = 0; i < 4; i++)
            cpu.v[4 + i] = schedule[i];
        machine.execute("sha256su0 v4.4s, v5.4s", 0x5e2828a4);
        machine.execute("sha256su1 v4.4s, v6.4s, v7.4s", 0x5e0760c4);
        schedule = { schedule[1], schedule[2], schedule[3], cpu.v[4] };
    }
    cpu.v[2] = abcd;
    machine.execute("add v0.4s, v0.4s, v2.4s", 0x4ea28400);
    cpu.v[2] = efgh;
    machine.execute("add v1.4s, v1.4s, v2.4s", 0x4ea28421);
    CHECK(cpu.v[0] == lanes<uint32_t>({ 0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223 }));
    CHECK(cpu.v[1] == lanes<uint32_t>({ 0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad }));
}

TEST_CASE("PMULL multiplies without carries, PMULL2 takes the upper halves")
{
    // (x^63 + 1) * (x^63 + x) = x^126 + x^64 + x^63 + x
    SimdMachine machine;
    machine.cpu.v[1] = Vector { { 0x8000000000000001, 3 } };
    machine.cpu.v[2] = Vector { { 0x8000000000000002, 3 } };
    machine.execute("pmull v0.1q, v1.1d, v2.1d", 0x0ee2e020);
    CHECK(machine.cpu.v[0] == Vector { { 0x8000000000000002, 0x4000000000000001 } });
    machine.execute("pmull2 v0.1q, v1.2d, v2.2d", 0x4ee2e020);
    CHECK(machine.cpu.v[0] == Vector { { 5, 0 } });
}
