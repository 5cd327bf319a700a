// Every row of simd.a64 and crypto.a64 against results that an independent implementation gave: simd_vectors.inc.
#include "engine/emulator/semantics/simd_machine.h"

using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

struct Case {
    uint32_t word;
    char const* assembly;
    uint64_t seed;
    uint64_t v0_high;
    uint64_t v0_low;
    uint64_t x0;
    uint32_t fpsr;
};

constexpr Case kCases[] = {
#include "engine/emulator/semantics/simd_vectors.inc"
};

// Finalizer of the SplitMix64 generator.
uint64_t mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// Random bits, or lanes of one size out of 0, -1, the lowest and the highest signed number: where saturation happens.
uint64_t initial_value(uint64_t seed, unsigned index)
{
    constexpr unsigned lane_bits[8] = { 0, 8, 16, 32, 64, 0, 0, 0 };
    uint64_t const random = mix(seed * 64 + index);
    unsigned const bits = lane_bits[random % 8];
    if (bits == 0)
        return mix(random);
    uint64_t const ones = ~uint64_t { 0 } >> (64 - bits);
    uint64_t const edges[4] = { 0, ones, ones ^ (ones >> 1), ones >> 1 };
    uint64_t value = 0;
    for (unsigned lane = 0; lane < 64 / bits; lane++)
        value |= edges[(random >> (8 + 2 * lane)) & 3] << (lane * bits);
    return value;
}

void set_initial_state(Cpu& cpu, uint64_t seed)
{
    for (unsigned i = 0; i < 8; i++)
        cpu.v[i] = Vector { { initial_value(seed, 2 * i), initial_value(seed, 2 * i + 1) } };
    cpu.x[0] = initial_value(seed, 16);
    cpu.x[1] = initial_value(seed, 17);
}

}

TEST_CASE("every SIMD and crypto row gives what the oracle gives")
{
    for (Case const& expected : kCases) {
        CAPTURE(expected.assembly);
        CAPTURE(expected.seed);
        SimdMachine machine;
        Cpu& cpu = machine.cpu;
        set_initial_state(cpu, expected.seed);
        CHECK(machine.execute(expected.assembly, expected.word) == Flow::Next);
        CHECK(cpu.v[0] == Vector { { expected.v0_low, expected.v0_high } });
        CHECK(cpu.x[0] == expected.x0);
        CHECK(cpu.fpsr == expected.fpsr);
    }
}
