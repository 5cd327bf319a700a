// Each floating-point, vector and cryptographic instruction, and CRC32, under the JIT and under the interpreter: the
// same random operands, rounding modes and sticky bits have to leave the same registers, NZCV and FPSR.
#include "engine/emulator/bare_metal.h"
#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/jit/wish.h"
#include "generated/a64_instruction.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint16_t kCpacr = arch::system_register(3, 0, 1, 0, 2);
constexpr unsigned kCounter = 28;
constexpr unsigned kBase = 27; // points to memory
constexpr unsigned kMemoryBytes = 4096;
constexpr uint64_t kInexact = 1 << 4; // FPSR.IXC
constexpr uint64_t kFlushToZero = 1 << 24; // FPCR.FZ

// Zeros, ends of the ranges of normal and subnormal numbers, of integers, NaNs, and what rounds to one of these.
constexpr std::array<uint64_t, 40> kDoubles { 0, 1, 2, 0x000f'ffff'ffff'ffff, 0x0010'0000'0000'0000,
    0x0010'0000'0000'0001, 0x0020'0000'0000'0000, 0x3fef'ffff'ffff'ffff, 0x3ff0'0000'0000'0000, 0x3ff0'0000'0000'0001,
    0x3fe0'0000'0000'0000, 0x3fd5'5555'5555'5555, 0x3ff8'0000'0000'0000, 0x4000'0000'0000'0000, 0x4004'0000'0000'0000,
    0x41df'ffff'ffc0'0000, 0x41df'ffff'ffe0'0000, 0x41e0'0000'0000'0000, 0x41ef'ffff'ffe0'0000, 0x41ef'ffff'fff0'0000,
    0x41f0'0000'0000'0000, 0x43df'ffff'ffff'ffff, 0x43e0'0000'0000'0000, 0x43ef'ffff'ffff'ffff, 0x43f0'0000'0000'0000,
    0x7fe0'0000'0000'0000, 0x7fef'ffff'ffff'ffff, 0x7ff0'0000'0000'0000, 0x7ff0'0000'0000'0001, 0x7ff4'0000'0000'0000,
    0x7ff8'0000'0000'0000, 0x7ff8'0000'0000'1234, 0x47ef'ffff'e000'0000, 0x47ef'ffff'f000'0000, 0x3810'0000'0000'0000,
    0x380f'ffff'ffff'ffff, 0x36a0'0000'0000'0000, 0x3690'0000'0000'0001, 0x1ff0'0000'0000'0000, 0x6000'0000'0000'0000 };
constexpr std::array<uint32_t, 32> kSingles { 0, 1, 2, 0x007f'ffff, 0x0080'0000, 0x0080'0001, 0x0100'0000, 0x3f7f'ffff,
    0x3f80'0000, 0x3f80'0001, 0x3f00'0000, 0x3eaa'aaab, 0x3fc0'0000, 0x4000'0000, 0x4020'0000, 0x4eff'ffff, 0x4f00'0000,
    0x4f7f'ffff, 0x4f80'0000, 0x5eff'ffff, 0x5f00'0000, 0x5f80'0000, 0x7f00'0000, 0x7f7f'ffff, 0x7f80'0000, 0x7f80'0001,
    0x7fa0'0000, 0x7fc0'0000, 0x7fc0'1234, 0x1ff0'0000, 0x6000'0000, 0x4b00'0001 };

// Loads and stores of structures. The others are in the random programs of jit_test.cpp.
bool accesses_structures(isa::Instruction row)
{
    return (isa::encoding(row).value & 0xbe00'0000) == 0x0c00'0000;
}

class Pair {
public:
    explicit Pair(uint64_t seed, EmulatorOptions const& jit_options = translating())
        : m_random(seed)
        , m_interpreted(1, EmulatorOptions {})
        , m_translated(1, jit_options)
    {
    }

    static EmulatorOptions translating()
    {
        EmulatorOptions options;
        options.jit = true;
        options.threshold = 1;
        options.batch = 1;
        return options;
    }

    unsigned below(unsigned limit) { return static_cast<unsigned>(m_random() % limit); }

    // A word of the row, with a chance for equal registers; 0 when there is none that leaves the counter alone.
    uint32_t instance(isa::Instruction row)
    {
        isa::Encoding const encoding = isa::encoding(row);
        for (unsigned attempt = 0; attempt < 1000; ++attempt) {
            auto word = static_cast<uint32_t>((m_random() & ~uint64_t { encoding.mask }) | encoding.value);
            if (below(4) == 0)
                word = ((word & ~31u) | (word >> 5 & 31) | encoding.value) & (~encoding.mask | encoding.value);
            if (accesses_structures(row))
                word = (word & ~0x3e0u) | kBase << 5;
            if (isa::decode(word) == row && !(isa::operand_masks(row, word).x_written >> kCounter & 1))
                return word;
        }
        return 0;
    }

    // Runs the words `rounds` times in a loop in both machines. Empty when they agree.
    std::string compare(std::vector<uint32_t> words, unsigned rounds)
    {
        m_executed += words.size() * rounds;
        load(words);
        set_up(rounds);
        return run(words);
    }

    // The same words again and again without translating them anew, under FPCR.FZ and without.
    std::string compare_in_turns(std::vector<uint32_t> words, unsigned times)
    {
        load(words);
        for (unsigned time = 0; time < times; ++time) {
            m_executed += words.size();
            set_up(1);
            auto const fpcr = m_interpreted.vcpus[0]->read_register(engine::kRegisterFpcr).value().low;
            set(engine::kRegisterFpcr, time % 2 == 0 ? fpcr & ~kFlushToZero : fpcr | kFlushToZero);
            if (std::string const difference = run(words); !difference.empty())
                return difference;
        }
        return {};
    }

    uint64_t executed() const { return m_executed; }

private:
    void load(std::vector<uint32_t>& words)
    {
        words.push_back(0xd1000400 | kCounter << 5 | kCounter); // sub x28, x28, #1
        auto const back = static_cast<uint32_t>(-static_cast<int32_t>(words.size())) & 0x7ffff;
        words.push_back(0xb5000000 | back << 5 | kCounter); // cbnz x28, start
        words.push_back(0xd4000022); // hvc #1
        for (EmulatedMachine* const machine : { &m_interpreted, &m_translated }) {
            machine->load(kCode, words);
            machine->vm->guest_code_changed(wires::Quiesced::for_tests());
        }
    }

    std::string run(std::vector<uint32_t> const& words)
    {
        int const expected = m_interpreted.run_to_hvc();
        int const actual = m_translated.run_to_hvc();
        std::string text;
        if (expected != 1 || actual != 1)
            text += " ends with " + std::to_string(expected) + " and " + std::to_string(actual);
        for (engine::RegisterId const id : m_interpreted.vcpus[0]->register_list()) {
            auto const theirs = m_interpreted.vcpus[0]->read_register(id).value();
            auto const ours = m_translated.vcpus[0]->read_register(id).value();
            if (ours.low != theirs.low || ours.high != theirs.high)
                text += " " + name(id) + " " + hex(theirs.high) + ":" + hex(theirs.low) + " but " + hex(ours.high) + ":"
                    + hex(ours.low);
        }
        if (std::memcmp(memory(m_interpreted), memory(m_translated), kMemoryBytes) != 0)
            text += " memory";
        if (text.empty())
            return text;
        for (uint32_t const word : words)
            text += "\n" + isa::disassemble(word, kCode);
        return text + "\n" + m_set_up;
    }

    static std::string hex(uint64_t value)
    {
        char text[20];
        std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
        return text;
    }
    static std::string name(engine::RegisterId id)
    {
        for (unsigned n = 0; n < 32; ++n) {
            if (id.value == engine::v_register(n).value)
                return "v" + std::to_string(n);
            if (n < 31 && id.value == engine::x_register(n).value)
                return "x" + std::to_string(n);
        }
        if (id.value == engine::kRegisterFpsr.value)
            return "fpsr";
        return id.value == engine::kRegisterPstate.value ? "pstate" : "register " + hex(id.value);
    }

    void set(engine::RegisterId id, uint64_t low, uint64_t high = 0)
    {
        REQUIRE(m_interpreted.vcpus[0]->write_register(id, { low, high }).ok());
        REQUIRE(m_translated.vcpus[0]->write_register(id, { low, high }).ok());
    }

    static uint8_t* memory(EmulatedMachine& machine) { return machine.memory.ram->data() + (kData - kRamBase); }

    uint64_t half_register()
    {
        uint64_t const signs = m_random() & 0x8000'0000'8000'0000;
        switch (below(8)) {
        case 0: return m_random();
        case 1: return m_random() & 0x7f7f'7f7f'7f7f'7f7f & (m_random() | 0x0101'0101'0101'0101);
        case 2: return m_random() >> below(64);
        case 3:
        case 4: return kDoubles[below(kDoubles.size())] ^ (signs & 0x8000'0000'0000'0000);
        case 5: return (m_random() >> 12) | uint64_t { 1019 + below(9) } << 52 | (signs & 0x8000'0000'0000'0000);
        default: break;
        }
        return (uint64_t { kSingles[below(kSingles.size())] } << 32 | kSingles[below(kSingles.size())]) ^ signs;
    }

    void set_up(unsigned rounds)
    {
        m_set_up.clear();
        for (unsigned n = 0; n < 31; ++n)
            set(engine::x_register(n), below(3) == 0 ? m_random() : m_random() >> below(64));
        bool const all_usual = below(3) == 0; // nothing special, so that the usual ways are taken as well
        for (unsigned n = 0; n < 32; ++n) {
            uint64_t low = half_register();
            uint64_t high = half_register();
            if (all_usual) {
                uint64_t const mask = 0x8007'ffff'8007'ffff;
                low = (low & mask) | 0x3ff0'0000'3f80'0000;
                high = (high & mask) | 0x4010'0000'4010'0000;
            }
            set(engine::v_register(n), low, high);
            m_set_up += "v" + std::to_string(n) + "=" + hex(high) + ":" + hex(low) + "\n";
        }
        uint64_t fpcr = below(2) == 0 ? 0 : uint64_t { below(4) } << 22;
        if (below(3) == 0)
            fpcr |= uint64_t { below(8) } << 24; // FZ, DN, AHP
        uint64_t fpsr = below(2) == 0 ? 0 : (m_random() & 0x0800'009f);
        if (below(4) != 0)
            fpsr |= kInexact; // blocks under FZ are interpreted without it
        m_set_up += "fpcr=" + hex(fpcr) + " fpsr=" + hex(fpsr);
        set(engine::kRegisterFpcr, fpcr);
        set(engine::kRegisterFpsr, fpsr);
        set(engine::x_register(kCounter), rounds);
        set(engine::x_register(kBase), kData + 1024);
        for (unsigned i = 0; i < kMemoryBytes; ++i)
            memory(m_interpreted)[i] = memory(m_translated)[i] = static_cast<uint8_t>(m_random());
        set(engine::kRegisterPstate, uint64_t { below(16) } << 28 | 0x3c5);
        set(engine::system_register_id(kCpacr), 3 << 20);
        set(engine::kRegisterPc, kCode);
    }

    std::mt19937_64 m_random;
    std::string m_set_up;
    uint64_t m_executed { 0 };
    EmulatedMachine m_interpreted;
    EmulatedMachine m_translated;
};

std::vector<isa::Instruction> rows_of_vectors()
{
    std::vector<isa::Instruction> rows;
    for (unsigned i = 1; i < static_cast<unsigned>(isa::Instruction::Count); ++i) {
        auto const row = static_cast<isa::Instruction>(i);
        isa::Class const instruction_class = isa::info(row).instruction_class;
        if (instruction_class == isa::Class::FloatingPoint || instruction_class == isa::Class::Simd
            || instruction_class == isa::Class::Crypto || accesses_structures(row)
            || isa::info(row).feature == isa::Feature::Crc32)
            rows.push_back(row);
    }
    return rows;
}

void compare_each_row(Pair& pair, unsigned programs)
{
    for (isa::Instruction const row : rows_of_vectors()) {
        for (unsigned program = 0; program < programs; ++program) {
            // One at a time first: what a second would do to the operands is of no interest then.
            bool const changes_base = accesses_structures(row);
            unsigned const length = program < programs / 2 || changes_base ? 1 : 1 + pair.below(12);
            std::vector<uint32_t> words;
            for (unsigned i = 0; i < length; ++i) {
                if (uint32_t const word = pair.instance(row))
                    words.push_back(word);
            }
            if (std::string const difference = pair.compare(words, changes_base ? 1 : 1 + pair.below(2));
                !difference.empty()) {
                FAIL_CHECK(std::string { isa::info(row).name }, ":", difference);
                break;
            }
        }
    }
}

}

// DORMOUSE_VECTOR_PROGRAMS: how many for each row, 5,000 are about ten million instructions; DORMOUSE_VECTOR_SEED:
// others.
TEST_CASE("vector instructions leave the same registers and flags under the JIT as under the interpreter")
{
    if (!why_no_jit().empty())
        return;
    Pair pair(wish("DORMOUSE_VECTOR_SEED", 11));
    compare_each_row(pair, static_cast<unsigned>(wish("DORMOUSE_VECTOR_PROGRAMS", 100)));
    MESSAGE(pair.executed(), " instructions compared");
}

TEST_CASE("code that was translated without FPCR.FZ is right with it, and the other way round")
{
    if (!why_no_jit().empty())
        return;
    Pair pair(14);
    auto const rows = rows_of_vectors();
    for (isa::Instruction const row : rows) {
        if (isa::info(row).instruction_class != isa::Class::FloatingPoint)
            continue;
        std::vector<uint32_t> words;
        for (unsigned i = 0; i < 3; ++i) {
            if (uint32_t const word = pair.instance(row))
                words.push_back(word);
        }
        if (std::string const difference = pair.compare_in_turns(words, 20); !difference.empty())
            FAIL_CHECK(std::string { isa::info(row).name }, ":", difference);
    }
}

TEST_CASE("vector instructions do so on a host that has none of the features that make them fast")
{
    if (!why_no_jit().empty())
        return;
    EmulatorOptions options = Pair::translating();
    options.base_features_only = true;
    Pair pair(13, options);
    compare_each_row(pair, 6);
}

TEST_CASE("mixtures of vector instructions do so too, in loops, with more registers than the host has")
{
    if (!why_no_jit().empty())
        return;
    Pair pair(12);
    auto rows = rows_of_vectors();
    std::erase_if(
        rows, [](isa::Instruction row) { return isa::info(row).instruction_class == isa::Class::SimdLoadStore; });
    for (unsigned program = 0; program < 1500; ++program) {
        std::vector<uint32_t> words;
        unsigned const length = 1 + pair.below(40);
        while (words.size() < length) {
            if (uint32_t const word = pair.instance(rows[pair.below(static_cast<unsigned>(rows.size()))]))
                words.push_back(word);
        }
        if (std::string const difference = pair.compare(words, 1 + pair.below(3)); !difference.empty())
            FAIL("program ", program, ":", difference);
    }
}
