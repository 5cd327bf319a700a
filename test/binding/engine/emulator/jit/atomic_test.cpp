// Exclusives, atomics and unprivileged accesses of translated code against the interpreter, in a machine of one vCPU,
// where they need not be atomic, and in one of two.
#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/jit/twin_machines.h"
#include "generated/a64_instruction.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr unsigned kBase = 26;

std::vector<isa::Instruction> rows()
{
    std::vector<isa::Instruction> result;
    for (unsigned i = 1; i < static_cast<unsigned>(isa::Instruction::Count); ++i) {
        auto const row = static_cast<isa::Instruction>(i);
        std::string_view const name = isa::info(row).name;
        if (isa::info(row).instruction_class == isa::Class::Atomic || name.starts_with("LDTR")
            || name.starts_with("STTR"))
            result.push_back(row);
    }
    return result;
}

class Words {
public:
    explicit Words(uint64_t seed) : m_random(seed) { }
    uint64_t number() { return m_random(); }
    unsigned below(unsigned limit) { return static_cast<unsigned>(m_random() % limit); }

    // A word of this row with the base register; the other registers are any.
    uint32_t word(isa::Instruction row, unsigned base)
    {
        isa::Encoding const encoding = isa::encoding(row);
        for (;;) {
            auto const any = static_cast<uint32_t>((number() & ~uint64_t { encoding.mask }) | encoding.value);
            uint32_t const word = (any & ~0x3e0u) | base << 5;
            if (isa::decode(word) == row)
                return word;
        }
    }
    // So that comparisons are equal at times, too.
    uint64_t operand() { return below(3) == 0 ? number() : 0x0101'0101'0101'0101 * below(3); }

private:
    std::mt19937_64 m_random;
};

void check_rows(unsigned vcpus)
{
    TwinMachines twins(vcpus);
    auto const all = rows();
    REQUIRE(all.size() > 60);
    Words words(vcpus);
    constexpr unsigned kRounds = 12;
    for (isa::Instruction const row : all) {
        for (unsigned round = 0; round < kRounds; ++round) {
            unsigned const base = round % 4 == 3 ? 31 : kBase;
            uint32_t const first = words.word(all[words.below(static_cast<unsigned>(all.size()))], base);
            // A load exclusive before each store exclusive of its kind, in half of the rounds.
            uint32_t const tested = words.word(row, base);
            bool const arms = (tested & 0x3f40'0000) == 0x0800'0000 && round % 2 == 0;
            std::array<uint32_t, 4> const program {
                arms ? (tested & ~0x001f'0000u) | 0x005f'0000u : first,
                tested,
                0xd53b4205u, // mrs x5, nzcv
                TwinMachines::kEnd,
            };
            TwinMachines::Start start;
            for (uint64_t& value : start.x)
                value = words.operand();
            start.sp = kData + (words.below(6) == 0 ? words.below(16) : 16);
            start.x[kBase] = start.sp;
            start.pstate |= uint64_t { words.below(16) } << 28;
            start.fill = words.operand();
            std::string const differs = twins.run(program, start);
            INFO(isa::disassemble(program[0], kCode), "; ", isa::disassemble(tested, kCode + 4), " at ", start.sp);
            REQUIRE(differs == "");
        }
    }
    CHECK(twins.complete() > all.size() * kRounds / 3);
}

}

TEST_CASE("exclusives, atomics and unprivileged accesses do the same translated, in a machine of one vCPU")
{
    if (why_no_jit().empty())
        check_rows(1);
}

TEST_CASE("exclusives, atomics and unprivileged accesses do the same translated, in a machine of two vCPUs")
{
    if (why_no_jit().empty())
        check_rows(2);
}

TEST_CASE("a store exclusive does the same translated, whatever is between it and its load")
{
    if (!why_no_jit().empty())
        return;
    constexpr uint32_t kNop = 0xd503201f;
    std::vector<uint32_t> const between {
        kNop,
        0x9100'0442, // add x2, x2, #1
        0x9100'2342, // add x2, x26, #8
        0x9100'235a, // add x26, x26, #8
        0xb400'0062, // cbz x2, over the store
        0x5400'0060, // b.eq, likewise
        0xf900'0343, // str x3, [x26]: the memory has changed
        0xf940'0743, // ldr x3, [x26, #8]
        0xd503'3f5f, // clrex
        0xc85f'7f44, // ldxr x4, [x26]
        0xc85f'7ec4, // ldxr x4, [x22]
        0xd53b'4204, // mrs x4, nzcv
    };
    for (unsigned const vcpus : { 1u, 2u }) {
        TwinMachines twins(vcpus);
        unsigned complete = 0;
        for (auto const& pair : std::vector<std::pair<uint32_t, uint32_t>> {
                 { 0xc85f'7f42, 0xc801'7f42 }, // ldxr x2, [x26]; stxr w1, x2, [x26]
                 { 0x085f'ff42, 0x0801'ff43 }, // ldaxrb w2; stlxrb w1, w3
                 { 0x485f'7f42, 0x0801'7f42 }, // of two sizes
                 { 0xc87f'1342, 0xc821'1343 }, // ldxp x2, x4; stxp w1, x3, x4
                 { 0x887f'1342, 0xc801'7f43 }, // ldxp w2, w4; stxr w1, x3
                 { 0xc85f'7ec2, 0xc801'7f42 }, // at two addresses
                 { 0xc85f'7f5a, 0xc801'7f42 }, // ldxr x26, [x26]
             }) {
            uint32_t const load = pair.first;
            uint32_t const store = pair.second;
            for (uint32_t const first : between) {
                for (uint32_t const second : between) {
                    std::array<uint32_t, 6> const program { load, first, second, store, kNop, TwinMachines::kEnd };
                    TwinMachines::Start start;
                    start.fill = first == kNop ? 0 : kData; // a place that can be read when it becomes the base
                    start.x[22] = start.x[kBase] = start.sp = kData + 32;
                    start.x[3] = 0x77;
                    std::string const differs = twins.run(program, start);
                    INFO(isa::disassemble(load, kCode), "; ", isa::disassemble(first, kCode + 4), "; ",
                        isa::disassemble(second, kCode + 8), "; ", isa::disassemble(store, kCode + 12));
                    REQUIRE(differs == "");
                    ++complete;
                }
            }
        }
        CHECK(twins.complete() > complete / 2);
    }
}
