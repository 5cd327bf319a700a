// What the emulator counts, with programs of which it is known what they do.
#include "engine/emulator/bare_metal.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

using Counts = std::map<std::string, uint64_t>;

EmulatorOptions options_of(bool jit, uint32_t hot_rounds = 512)
{
    EmulatorOptions options;
    options.jit = jit;
    options.threshold = 1;
    options.batch = 1;
    options.hot_rounds = hot_rounds;
    return options;
}

// x0 rounds of: an access that crosses pages, an access within a page, an instruction that no translator does by
// itself.
std::vector<uint32_t> const kLoop {
    0xd2801900, // mov x0, #200
    0xf9400022, // round: ldr x2, [x1]
    0xf9400063, // ldr x3, [x3]
    0xd5087801, // at s1e1r, x1
    0xaa0403e3, // mov x3, x4
    0xd1000400, // sub x0, x0, #1
    0xb5ffff60, // cbnz x0, round
    0xd4000022, // hvc #1
};

struct Counting {
    explicit Counting(bool jit) : Counting(options_of(jit)) { }
    explicit Counting(EmulatorOptions const& options) : machine(1, options), tables(machine.memory, 12, 39)
    {
        identity_map_ram(tables);
        turn_mmu_on(machine, tables);
    }
    Counts run(std::vector<uint32_t> const& words)
    {
        REQUIRE(run_words(machine, words) == 1);
        Counts counts;
        for (auto const& [name, value] : machine.vcpus[0]->details())
            counts[name] = value;
        return counts;
    }
    Counts run_loop()
    {
        machine.set_x(1, kData + 0xffc);
        machine.set_x(3, kData);
        machine.set_x(4, kData);
        return run(kLoop);
    }

    EmulatedMachine machine;
    Tables tables;
};
constexpr uint64_t kRounds = 200;

uint64_t sum_of_exits(Counts const& counts)
{
    uint64_t sum = 0;
    for (auto const& [name, value] : counts)
        sum += name.starts_with("exits") ? value : 0;
    return sum;
}

}

TEST_CASE("the interpreter counts what it decodes and which accesses are slow")
{
    Counting counting(false);
    Counts const counts = counting.run_loop();
    CHECK(counts.at("accessesCrossingPages") == kRounds);
    // Both halves of each crossing; the first of them has entered the page of the other load.
    CHECK(counts.at("accessesSlow") == 2 * kRounds);
    CHECK(counts.at("accessesToDevices") == 0);
    CHECK(counts.at("accessesFaulting") == 0);
    CHECK(counts.at("fetchTlbMisses") == 1);
    CHECK(counts.at("secondLevelTlbMisses") <= counts.at("tableWalks"));
    CHECK(counts.at("tableWalks") >= 1);
    CHECK(counts.at("blocksDecoded") >= 3);
    CHECK(counts.at("instructionsDecoded") >= kLoop.size());
    CHECK(counts.at("decodedBytes") > 0);
    CHECK(counts.at("decodedBytes") <= counts.at("decodedBytesMost"));
    CHECK(!counts.contains("blocksTranslated"));
}

TEST_CASE("an interrupt that is masked does not leave translated code, once it is unmasked it is taken")
{
    if (!why_no_jit().empty())
        return;
    std::vector<uint32_t> const words {
        0xd2807d00, // mov x0, #1000
        0xd1000400, // outer: sub x0, x0, #1
        0xd2800061, // mov x1, #3
        0xd1000421, // inner: sub x1, x1, #1
        0xb5ffffe1, // cbnz x1, inner
        0xb5ffff80, // cbnz x0, outer
        0xd2800022, // mov x2, #1
        0xd50342ff, // msr daifclr, #2
        0xd2800042, // mov x2, #2
        0xd4000042, // hvc #2
    };
    constexpr uint64_t kVectors = kCode + 0x800;
    Counting counting(true);
    std::vector<uint32_t> const handler { 0xd4000022 }; // hvc #1
    counting.machine.load(kVectors + 0x280, handler); // IRQ at EL1h
    counting.machine.set_system(kVbar, kVectors);
    counting.machine.irqs[0]->set_level(true);
    Counts const counts = counting.run(words);
    CHECK(counting.machine.x(2) == 1);
    CHECK(counts.at("exitsPending") <= 1); // of the block behind MSR, or found by the run loop
    CHECK(counts.at("entries") < 100);
}

TEST_CASE("the JIT counts its blocks, each way out, and the functions that it calls")
{
    if (!why_no_jit().empty())
        return;
    Counting counting(true);
    Counts const counts = counting.run_loop();
    CHECK(counts.at("calls.SYS") == kRounds);
    CHECK(counts.at("calls.HVC") == 1);
    CHECK(counts.at("blocksTranslated") >= 3);
    CHECK(counts.at("blocksTranslated") <= counts.at("blocksDecoded"));
    CHECK(counts.at("instructionsTranslated") >= kLoop.size());
    CHECK(counts.contains("translationTimedNs"));
    CHECK(counts.at("translationTimedInstructions") > 0);
    CHECK(counts.at("translationTimedInstructions") <= counts.at("instructionsTranslated"));
    CHECK(counts.at("codeBytes") > 0);
    CHECK(counts.at("codeBytes") <= counts.at("codeBytesMost"));
    CHECK(counts.at("entries") > 0);
    CHECK(counts.at("entries") < kRounds); // the loop's blocks lead to each other
    CHECK(counts.at("entries") == sum_of_exits(counts));
    CHECK(counts.at("exitsStop") == 1);
}

TEST_CASE("a loop that no region covers is left for that once")
{
    if (!why_no_jit().empty())
        return;
    std::vector<uint32_t> const words {
        0xd2801900, // mov x0, #200
        0x94000004, // round: bl callee
        0xd1000400, // sub x0, x0, #1
        0xb5ffffc0, // cbnz x0, round
        0xd4000022, // hvc #1
        0xd65f03c0, // callee: ret
    };
    Counting counting(options_of(true, 1));
    Counts const counts = counting.run(words);
    CHECK(counts.at("regionsTranslated") == 0);
    CHECK(counts.at("entries") < kRounds / 4);
    CHECK(counts.at("entries") == sum_of_exits(counts));
}

TEST_CASE("two loops that share a block are one region")
{
    if (!why_no_jit().empty())
        return;
    std::vector<uint32_t> const words {
        0xd2801900, // mov x0, #200
        0x91000421, // odd: add x1, x1, #1
        0xd1000400, // round: sub x0, x0, #1
        0xb4000080, // cbz x0, done
        0x3707ffa0, // tbnz x0, #0, odd
        0x91000442, // add x2, x2, #1
        0xb5ffff80, // cbnz x0, round
        0xd4000022, // done: hvc #1
    };
    Counting counting(options_of(true, 16));
    counting.machine.set_x(1, 0);
    counting.machine.set_x(2, 0);
    Counts const counts = counting.run(words);
    CHECK(counts.at("regionsTranslated") > 0);
    CHECK(counting.machine.x(1) == kRounds / 2 + 1);
    CHECK(counting.machine.x(2) == kRounds / 2 - 1);
}

TEST_CASE("a block that calls its own start, with a loop there and without one")
{
    if (!why_no_jit().empty())
        return;
    for (uint32_t const between : { 0x3707ffc0u, 0xd503201fu }) { // tbnz x0, #0, round; nop
        std::vector<uint32_t> const words {
            0xd2801900, // mov x0, #200
            0x14000001, // b round
            0xd1000400, // round: sub x0, x0, #1
            0xb4000060, // cbz x0, done
            between,
            0x97fffffd, // bl round
            0xd4000022, // done: hvc #1
        };
        Counting counting(options_of(true, 4));
        counting.run(words);
        CHECK(counting.machine.x(0) == 0);
        CHECK(counting.machine.x(30) == kCode + 24);
    }
}

TEST_CASE("new code is counted as invalidated, unlinked and left")
{
    if (!why_no_jit().empty())
        return;
    // Runs the block at x1 and invalidates its line, x0 times.
    std::vector<uint32_t> const words {
        0xd2801900, // mov x0, #200
        0x10000161, // adr x1, block
        0x9400000a, // again: bl block
        0xd50b7521, // ic ivau, x1
        0xd5033b9f, // dsb ish
        0xd5033fdf, // isb
        0xd1000400, // sub x0, x0, #1
        0xb5ffff60, // cbnz x0, again
        0xd4000022, // hvc #1
        0xd503201f, 0xd503201f, 0xd503201f, // nop
        0xd65f03c0, // block: ret
    };
    Counting counting(true);
    Counts const counts = counting.run(words);
    CHECK(counts.at("blocksInvalidated") >= kRounds);
    CHECK(counts.at("translationsUnlinked") >= kRounds / 2);
    CHECK(counts.at("entries") == sum_of_exits(counts));
}

TEST_CASE("counters can be read while the vCPU runs")
{
    Counting counting(why_no_jit().empty());
    counting.machine.set_x(1, kData + 0xffc);
    counting.machine.set_x(4, kData);
    std::atomic<bool> done { false };
    std::atomic<uint64_t> readings { 0 };
    std::thread reader([&] {
        uint64_t before = 0;
        while (!done) {
            for (auto const& [name, value] : counting.machine.vcpus[0]->details()) {
                if (name != "accessesSlow")
                    continue;
                CHECK(value >= before);
                before = value;
            }
            ++readings;
        }
    });
    for (unsigned run = 0; run < 20 || readings < 20; ++run) {
        counting.machine.set_x(3, kData);
        counting.run(kLoop);
    }
    done = true;
    reader.join();
    CHECK(readings >= 20);
}
