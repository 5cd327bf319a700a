// Translated code against the interpreter: the same program in two machines has to leave the same state, whatever ends
// it.
#include "engine/emulator/bare_metal.h"
#include "engine/emulator/jit/random_programs.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint16_t kCpacr = arch::system_register(3, 0, 1, 0, 2);
constexpr uint32_t kHvcException = 0xd4000042; // hvc #2

EmulatorOptions jit_options(uint32_t threshold = 1)
{
    EmulatorOptions options;
    options.jit = true;
    options.threshold = threshold;
    options.batch = 1;
    return options;
}
EmulatorOptions interpreter_options()
{
    return {};
}

// One machine with its MMU on and vectors that report.
struct Machine {
    explicit Machine(EmulatorOptions const& options) : machine(1, options), tables(machine.memory, 12, 39)
    {
        identity_map_ram(tables);
        turn_mmu_on(machine, tables);
        machine.set_system(kVbar, kVectors);
        for (uint64_t offset = 0; offset < 0x800; offset += 0x80)
            machine.memory.write(kVectors + offset, kHvcException);
    }
    void load(std::vector<uint32_t> const& words)
    {
        machine.load(kCode, words);
        machine.vm->guest_code_changed(wires::Quiesced::for_tests());
    }
    void set(engine::RegisterId id, uint64_t low, uint64_t high = 0)
    {
        REQUIRE(machine.vcpus[0]->write_register(id, { low, high }).ok());
    }
    uint8_t* data() { return machine.memory.ram->data() + (kRandomData - kRamBase); }

    EmulatedMachine machine;
    Tables tables;
};

// Empty when both are in the same state.
std::string difference(Machine& a, Machine& b)
{
    auto& first = *a.machine.vcpus[0];
    auto& second = *b.machine.vcpus[0];
    std::string text;
    for (engine::RegisterId const id : first.register_list()) {
        auto const ours = first.read_register(id).value();
        auto const theirs = second.read_register(id).value();
        if (ours.low != theirs.low || ours.high != theirs.high)
            text += " register " + std::to_string(id.value) + ": " + std::to_string(ours.low) + " and "
                + std::to_string(theirs.low);
    }
    if (first.counters().instructions_retired != second.counters().instructions_retired)
        text += " retired " + std::to_string(first.counters().instructions_retired) + " and "
            + std::to_string(second.counters().instructions_retired);
    if (std::memcmp(a.data(), b.data(), kRandomDataBytes) != 0)
        text += " memory";
    return text;
}

void set_up(RandomPrograms& random, Machine& interpreted, Machine& translated)
{
    auto const both = [&](engine::RegisterId id, uint64_t low, uint64_t high = 0) {
        interpreted.set(id, low, high);
        translated.set(id, low, high);
    };
    uint64_t const middle = kRandomData + kRandomDataBytes / 2;
    for (unsigned n = 0; n < 31; ++n)
        both(engine::x_register(n), random.operand());
    for (unsigned n = 0; n < 32; ++n)
        both(engine::v_register(n), random.operand(), random.operand());
    both(engine::x_register(kFirstBase), middle + random.below(64));
    both(engine::x_register(kFirstBase + 1), middle + 4096 - random.below(64)); // near the end of a page
    both(engine::x_register(kCounter), 1 + random.below(4));
    both(engine::kRegisterPstate, uint64_t { random.below(16) } << 28 | 0x3c5);
    both(engine::kRegisterSpEl1, middle + 16 * random.below(16) + (random.below(20) == 0 ? 8 : 0));
    both(engine::system_register_id(kCpacr), random.below(8) == 0 ? 0 : 3 << 20);
    both(engine::kRegisterPc, kCode);
    for (uint64_t offset = 0; offset < kRandomDataBytes; offset += 8) {
        uint64_t const value = offset * 0x9e37'79b9'7f4a'7c15;
        std::memcpy(interpreted.data() + offset, &value, 8);
        std::memcpy(translated.data() + offset, &value, 8);
    }
}

// Runs the words in both machines from the state that `seed` gives. Empty when they agree.
std::string compare(
    Machine& interpreted, Machine& translated, std::vector<uint32_t> const& words, uint64_t seed, int& how)
{
    interpreted.load(words);
    translated.load(words);
    RandomPrograms random(seed);
    set_up(random, interpreted, translated);
    how = interpreted.machine.run_to_hvc();
    int const actual = translated.machine.run_to_hvc();
    std::string differs = difference(interpreted, translated);
    if (how != actual)
        differs += " ends with " + std::to_string(how) + " and " + std::to_string(actual);
    return differs;
}

// The shortest listing that still differs: instructions that do not matter become NOP.
std::string explain(EmulatorOptions const& options, std::vector<uint32_t> words, uint64_t seed)
{
    constexpr uint32_t kNop = 0xd503201f;
    int how;
    auto const still_differs = [&] {
        Machine interpreted(interpreter_options());
        Machine translated(options);
        return compare(interpreted, translated, words, seed, how);
    };
    std::string differs = still_differs();
    for (size_t i = 0; i + 3 < words.size(); ++i) {
        uint32_t const word = std::exchange(words[i], kNop);
        std::string const now = still_differs();
        if (now.empty())
            words[i] = word;
        else
            differs = now;
    }
    for (size_t i = 0; i < words.size(); ++i)
        differs += "\n" + isa::disassemble(words[i], kCode + 4 * i);
    return differs;
}

void compare_random_programs(EmulatorOptions const& options, uint64_t seed, unsigned programs)
{
    RandomPrograms random(seed);
    Machine interpreted(interpreter_options());
    Machine translated(options);
    unsigned complete = 0;
    for (unsigned program = 0; program < programs; ++program) {
        auto const words = random.program(4 + random.below(40));
        uint64_t const state = random.number();
        int how;
        if (!compare(interpreted, translated, words, state, how).empty())
            FAIL("program ", program, " of seed ", seed, ":", explain(options, words, state));
        complete += how == 1;
    }
    CHECK(complete > programs / 8); // not only faults
}

}

TEST_CASE("random programs end the same way under the JIT as under the interpreter")
{
    if (!why_no_jit().empty())
        return;
    compare_random_programs(jit_options(), 7, 3000);
}

TEST_CASE("a code buffer that is full all the time changes nothing")
{
    if (!why_no_jit().empty())
        return;
    EmulatorOptions options = jit_options();
    options.code_bytes = 128_KiB; // room for a few blocks
    compare_random_programs(options, 8, 500);
}

TEST_CASE("blocks that become hot in the middle of a program change nothing")
{
    if (!why_no_jit().empty())
        return;
    compare_random_programs(jit_options(2), 9, 500);
    compare_random_programs(jit_options(3), 10, 500);
}

TEST_CASE("code that a loop changes again and again is executed as it is, though jumps lead straight to it")
{
    if (!why_no_jit().empty())
        return;
    // x0 counts, x1 is the address of the changing instruction, x2 and x3 are its two forms, x4 sums.
    std::vector<uint32_t> const words {
        0xd2800c80u, // mov x0, #100
        0x14000010u, // b changing
        // back:
        0x8b090084u, // add x4, x4, x9
        0xd1000400u, // sub x0, x0, #1
        0xb4000100u, // cbz x0, done
        0xb9000022u, // str w2, [x1]
        0xd50b7b21u, // dc cvau, x1
        0xd5033b9fu, // dsb ish
        0xd50b7521u, // ic ivau, x1
        0xd5033b9fu, // dsb ish
        0xd5033fdfu, // isb
        0x14000003u, // b swap
        0xd4000022u, // done: hvc #1
        0xd503201fu, // nop
        0xaa0203e5u, // swap: mov x5, x2
        0xaa0303e2u, // mov x2, x3
        0xaa0503e3u, // mov x3, x5
        0xd2800029u, // changing: mov x9, #1
        0x17fffff0u, // b back
    };
    uint64_t const changing = kCode + 4 * (words.size() - 2);
    auto const sum = [&](EmulatorOptions const& options) {
        Machine machine(options);
        machine.load(words);
        machine.set(engine::x_register(1), changing);
        machine.set(engine::x_register(2), 0xd2800049); // mov x9, #2
        machine.set(engine::x_register(3), 0xd2800029);
        machine.set(engine::kRegisterPc, kCode);
        CHECK(machine.machine.run_to_hvc() == 1);
        return machine.machine.x(4);
    };
    CHECK(sum(interpreter_options()) == 150);
    CHECK(sum(jit_options()) == 150);
}

TEST_CASE("a loop gets on while an interrupt is pending that is masked")
{
    if (!why_no_jit().empty())
        return;
    // A loop with pins of its own and vectors; x4 to x7 are not pinned elsewhere.
    std::vector<uint32_t> const words {
        0x8b0500c6u, // add x6, x6, x5
        0x8b0600e7u, // add x7, x7, x6
        0x4ee08400u, // add v0.2d, v0.2d, v0.2d
        0xd1000484u, // sub x4, x4, #1
        0xb5ffff84u, // cbnz x4, start
        0xd4000022u, // hvc #1
    };
    Machine machine(jit_options());
    machine.load(words);
    machine.set(engine::x_register(4), 1000);
    machine.set(engine::x_register(5), 3);
    machine.set(engine::x_register(6), 0);
    machine.set(engine::x_register(7), 0);
    machine.set(engine::kRegisterPstate, 0x3c5); // EL1h, everything masked
    machine.set(engine::system_register_id(kCpacr), 3 << 20);
    machine.set(engine::kRegisterPc, kCode);
    machine.machine.irqs[0]->set_level(true);
    CHECK(machine.machine.run_to_hvc() == 1);
    CHECK(machine.machine.x(6) == 3000);
    CHECK(machine.machine.x(7) == 3 * 1000 * 1001 / 2);
}

TEST_CASE("an engine with the JIT says why it cannot be had, or gives it")
{
    EmulatorOptions options;
    options.jit = true;
    auto const engine = create_emulator_engine("native", options);
    CHECK(engine.ok() == why_no_jit().empty());
    if (!engine.ok())
        CHECK(engine.error().message == "jit is on: " + why_no_jit());
}
