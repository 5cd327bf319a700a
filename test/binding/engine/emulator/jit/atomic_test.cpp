// Exclusives, atomics and unprivileged accesses of translated code against the interpreter, in a machine of one vCPU,
// where they need not be atomic, and in one of two.
#include "engine/emulator/bare_metal.h"
#include "engine/emulator/isa/instruction.h"
#include "generated/a64_instruction.h"

#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <string>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr unsigned kBase = 26;
constexpr uint64_t kAreaBytes = 64; // of memory around the base that both sides compare
constexpr uint32_t kHvc = 0xd4000022; // hvc #1
constexpr uint32_t kHvcException = 0xd4000042; // hvc #2

EmulatorOptions options_for(bool jit)
{
    EmulatorOptions options;
    options.jit = jit;
    options.threshold = 1;
    return options;
}

struct Machine {
    Machine(unsigned vcpus, bool jit) : machine(vcpus, options_for(jit)), tables(machine.memory, 12, 39)
    {
        identity_map_ram(tables);
        turn_mmu_on(machine, tables);
        machine.set_system(kVbar, kVectors);
        for (uint64_t offset = 0; offset < 0x800; offset += 0x80)
            machine.memory.write(kVectors + offset, kHvcException);
    }
    uint8_t* area() { return machine.memory.ram->data() + (kData - kRamBase); }

    EmulatedMachine machine;
    Tables tables;
};

std::string difference(Machine& a, Machine& b)
{
    std::string text;
    auto& first = *a.machine.vcpus[0];
    auto& second = *b.machine.vcpus[0];
    for (engine::RegisterId const id : first.register_list()) {
        auto const ours = first.read_register(id).value();
        auto const theirs = second.read_register(id).value();
        if (ours.low != theirs.low || ours.high != theirs.high)
            text += " register " + std::to_string(id.value) + ": " + std::to_string(ours.low) + " and "
                + std::to_string(theirs.low);
    }
    if (std::memcmp(a.area(), b.area(), kAreaBytes) != 0)
        text += " memory";
    return text;
}

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

// Both halves of a pair with the same base: what arms the monitor and what uses it.
void check_rows(unsigned vcpus)
{
    Machine interpreted(vcpus, false);
    Machine translated(vcpus, true);
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
            std::vector<uint32_t> const program {
                arms ? (tested & ~0x001f'0000u) | 0x005f'0000u : first,
                tested,
                0xd53b4205u, // mrs x5, nzcv
                kHvc,
            };
            uint64_t const address = kData + (words.below(6) == 0 ? words.below(16) : 16);
            uint64_t values[31];
            for (uint64_t& value : values)
                value = words.operand();
            uint64_t const flags = uint64_t { words.below(16) } << 28 | 0x3c5;
            uint64_t const fill = words.operand();
            int ends[2];
            Machine* const machines[2] = { &interpreted, &translated };
            for (unsigned i = 0; i < 2; ++i) {
                EmulatedMachine& machine = machines[i]->machine;
                machine.load(kCode, program);
                machine.vm->guest_code_changed(wires::Quiesced::for_tests());
                for (unsigned n = 0; n < 31; ++n)
                    machine.set_x(n, values[n]);
                machine.set_x(kBase, address);
                for (uint64_t offset = 0; offset < kAreaBytes; offset += 8)
                    std::memcpy(machines[i]->area() + offset, &fill, 8);
                REQUIRE(machine.vcpus[0]->write_register(engine::kRegisterPstate, { flags, 0 }).ok());
                REQUIRE(machine.vcpus[0]->write_register(engine::kRegisterSp, { address, 0 }).ok());
                machine.set_pc(kCode);
                ends[i] = machine.run_to_hvc();
            }
            std::string const differs = difference(interpreted, translated);
            INFO(isa::disassemble(program[0], kCode), "; ", isa::disassemble(tested, kCode + 4), " at ", address);
            CHECK(ends[0] == ends[1]);
            REQUIRE(differs.empty());
        }
    }
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
