// Translated code against the interpreter in what random programs leave out: exceptions and the way back, interrupts,
// pages that alias each other or are not there, changing tables, address spaces, code and modes, loops within loops,
// software steps, and a second vCPU that changes pages and code.
#include "engine/emulator/jit/sequence_world.h"

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

std::string compare(World& interpreted, World& translated, Sequence const& sequence, uint64_t seed)
{
    interpreted.load(sequence, seed);
    translated.load(sequence, seed);
    int const expected = interpreted.run();
    int const actual = translated.run();
    std::string differs = interpreted.difference(translated);
    if (interpreted.retired() != translated.retired())
        differs += " retired";
    if (interpreted.exceptions() != translated.exceptions())
        differs += " exceptions";
    if (expected != 1 || actual != 1)
        differs += " ends with " + std::to_string(expected) + " and " + std::to_string(actual);
    return differs;
}

// The shortest listing that still differs: instructions that do not matter become NOP.
std::string explain(EmulatorOptions const& options, unsigned vcpus, Sequence sequence, uint64_t seed)
{
    constexpr uint32_t kNop = 0xd503201f;
    auto const still_differs = [&] {
        World interpreted({}, vcpus);
        World translated(options, vcpus);
        Watchdog const watchdog(interpreted, translated, std::chrono::seconds { 10 });
        std::string const differs = compare(interpreted, translated, sequence, seed);
        // Without this instruction neither comes to an end.
        return watchdog.has_barked() && differs.find("with -1 and -1") != differs.npos ? std::string {} : differs;
    };
    std::string differs = still_differs();
    for (size_t i = 0; i + 3 < sequence.words.size(); ++i) {
        uint32_t const word = std::exchange(sequence.words[i], kNop);
        std::string const now = still_differs();
        if (now.empty())
            sequence.words[i] = word;
        else
            differs = now;
    }
    return differs + listing(sequence);
}

uint64_t regions_of(World& world)
{
    for (auto const& [name, value] : world.vcpu().details()) {
        if (std::string_view { name } == "regionsTranslated")
            return value;
    }
    return 0;
}

void compare_random_sequences(EmulatorOptions options, unsigned vcpus, uint64_t seed, uint64_t count)
{
    options.jit = true;
    World interpreted({}, vcpus);
    World translated(options, vcpus);
    // A region asks for interrupts where it jumps back, blocks and the interpreter wherever they end.
    RandomSequences random(seed, interpreted.descriptors, vcpus > 1, options.hot_rounds == 0);
    Watchdog watchdog(interpreted, translated, std::chrono::seconds { wish("DORMOUSE_RANDOM_PATIENCE", 120) });
    uint64_t with_exceptions = 0;
    for (uint64_t i = 0; i < count; ++i) {
        auto const sequence = random.sequence(4 + random.values().below(50));
        uint64_t const state = random.values().number();
        uint64_t const exceptions = interpreted.exceptions();
        if (!compare(interpreted, translated, sequence, state).empty())
            FAIL("sequence ", i, " of seed ", seed, ":", explain(options, vcpus, sequence, state));
        watchdog.progress();
        with_exceptions += interpreted.exceptions() > exceptions + 1; // the last SVC is one
    }
    CHECK(with_exceptions >= count / 2);
    CHECK((regions_of(translated) > 0) == (options.hot_rounds > 0));
}

}

// DORMOUSE_RANDOM_SEQUENCES: how many in all; DORMOUSE_RANDOM_SEED: others; DORMOUSE_RANDOM_PATIENCE: seconds for one.
TEST_CASE("random sequences with faults, interrupts, changing tables and changing code are what the interpreter makes "
          "of them")
{
    if (!why_no_jit().empty())
        return;
    uint64_t const count = wish("DORMOUSE_RANDOM_SEQUENCES", 3000) / 8;
    uint64_t const seed = wish("DORMOUSE_RANDOM_SEED", 20);
    EmulatorOptions options;
    options.hot_rounds = 0;
    options.threshold = 1;
    options.batch = 1;
    compare_random_sequences(options, 1, seed, count);
    options.hot_rounds = 1;
    compare_random_sequences(options, 1, seed + 6, count);
    options.stores_flags = true;
    compare_random_sequences(options, 1, seed + 7, count);
    options.stores_flags = false;
    options.calls_exceptions = true;
    compare_random_sequences(options, 1, seed + 8, count);
    options.calls_exceptions = false;
    options.hot_rounds = 0;
    compare_random_sequences(options, 2, seed + 1, count);
    options.threshold = 2;
    compare_random_sequences(options, 1, seed + 2, count);
    options.threshold = 3;
    options.batch = 3; // some wait for others
    compare_random_sequences(options, 2, seed + 3, count);
    options.threshold = 1;
    options.batch = 1;
    options.base_features_only = true;
    compare_random_sequences(options, 1, seed + 4, count);
    options.base_features_only = false;
    options.code_bytes = 128_KiB; // full all the time, and between two blocks of a batch
    options.batch = 3;
    compare_random_sequences(options, 1, seed + 5, count);
}
