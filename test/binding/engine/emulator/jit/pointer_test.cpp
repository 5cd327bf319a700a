// Lists that a guest follows through pages that lie anywhere in its memory, and move.
#include "engine/emulator/bare_metal.h"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <vector>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint64_t kList = 0x40'0000'0000; // virtual
constexpr uint64_t kPages = kRamBase + 6_MiB; // physical
constexpr uint64_t kMoves = kRamBase + 2_MiB; // of (address of a descriptor, its new value)
constexpr unsigned kListPages = 6;
constexpr unsigned kPhysicalPages = 64;
constexpr unsigned kNodeBytes = 64;
constexpr unsigned kNodes = kListPages * 4096 / kNodeBytes;
constexpr unsigned kSteps = 100; // between two moves
constexpr unsigned kMoveCount = 200;

// x0 node, x1 sum, x2 moves to come, x6 the next of them
std::vector<uint32_t> const kWalk {
    0xd2800c83, // mov x3, #100
    0xf9400405, // step: ldr x5, [x0, #8]
    0x8b050021, // add x1, x1, x5
    0xf9400000, // ldr x0, [x0]
    0xd1000463, // sub x3, x3, #1
    0xb5ffff83, // cbnz x3, step
    0xa8c120c7, // ldp x7, x8, [x6], #16
    0xf90000e8, // str x8, [x7]
    0xd5033b9f, // dsb ish
    0xd508871f, // tlbi vmalle1
    0xd5033b9f, // dsb ish
    0xd5033fdf, // isb
    0xd1000442, // sub x2, x2, #1
    0xb5fffe62, // cbnz x2, walk
    0xd4000022, // hvc #1
};

// Each physical page has nodes of its own, whose pointers lead to any node of the list.
class Lists {
public:
    explicit Lists(uint64_t seed) : m_random(seed), m_tables(m_machine.memory, 12, 39)
    {
        identity_map_ram(m_tables);
        turn_mmu_on(m_machine, m_tables);
        for (unsigned page = 0; page < kPhysicalPages; ++page) {
            for (unsigned offset = 0; offset < 4096; offset += kNodeBytes) {
                m_machine.memory.write(kPages + page * 4096 + offset, node(below(kNodes)));
                m_machine.memory.write(kPages + page * 4096 + offset + 8, m_random());
            }
        }
    }

    // Pages of the list begin `distance` apart, or anywhere if that is 0; a move is to the same order of pages or to
    // any.
    void walk(unsigned distance)
    {
        std::array<unsigned, kListPages> where {};
        for (unsigned page = 0; page < kListPages; ++page) {
            where[page] = distance ? page * distance : below(kPhysicalPages);
            m_tables.map(kList + page * 4096, kPages + where[page] * 4096, 3, kAf);
        }
        uint64_t at = node(0);
        uint64_t sum = 0;
        for (unsigned move = 0; move < kMoveCount; ++move) {
            for (unsigned step = 0; step < kSteps; ++step) {
                uint64_t const offset = at - kList;
                uint64_t const physical = kPages + where[offset / 4096] * 4096 + offset % 4096;
                sum += m_machine.memory.read<uint64_t>(physical + 8);
                at = m_machine.memory.read<uint64_t>(physical);
            }
            unsigned const page = below(kListPages);
            where[page] = distance && below(4) ? page * distance : below(kPhysicalPages);
            m_machine.memory.write(kMoves + move * 16, m_tables.descriptor(kList + page * 4096, 3));
            m_machine.memory.write(kMoves + move * 16 + 8, (kPages + where[page] * 4096) | kAf | 3);
        }
        m_machine.set_x(0, node(0));
        m_machine.set_x(1, 0);
        m_machine.set_x(2, kMoveCount);
        m_machine.set_x(6, kMoves);
        REQUIRE(run_words(m_machine, kWalk) == 1);
        CHECK(m_machine.x(0) == at);
        CHECK(m_machine.x(1) == sum);
    }

private:
    static uint64_t node(unsigned number) { return kList + uint64_t { number } * kNodeBytes; }
    unsigned below(unsigned limit) { return static_cast<unsigned>(m_random() % limit); }

    std::mt19937_64 m_random;
    EmulatedMachine m_machine;
    Tables m_tables;
};

}

TEST_CASE("a list is followed through pages that lie in a row, or anywhere, and move")
{
    Lists lists(7);
    for (unsigned const distance : { 1u, 0u, 2u, 1u, 0u })
        lists.walk(distance);
}
