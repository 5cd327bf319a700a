#include "engine/emulator/jit/waiting_blocks.h"

#include "engine/emulator/bare_metal.h"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <string>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint64_t kPage = 0xffff'8000'0012'3000;

// A page in which a block starts at each of the first words.
struct PageOfBlocks {
    PageOfBlocks()
    {
        page.lines[0] = &line;
        for (size_t word = 0; word < blocks.size(); ++word)
            line.blocks[word] = &blocks[word];
    }
    jit::WaitingBlocks::Entry entry(unsigned word) { return { &blocks[word], &page, kPage + 4 * word, 1 }; }

    std::array<Block, 4> blocks;
    CodePage::Line line;
    CodePage page;
};

std::map<std::string, uint64_t> details_of(EmulatedMachine& machine)
{
    std::map<std::string, uint64_t> details;
    for (auto const& [name, value] : machine.vcpus[0]->details())
        details[name] = value;
    return details;
}

// A machine whose blocks wait from their first execution on.
struct Waiting {
    explicit Waiting(uint32_t batch) : machine(1, options_of(batch)), tables(machine.memory, 12, 39)
    {
        identity_map_ram(tables);
        turn_mmu_on(machine, tables);
    }
    static EmulatorOptions options_of(uint32_t batch)
    {
        EmulatorOptions options;
        options.jit = true;
        options.threshold = 1;
        options.batch = batch;
        return options;
    }
    void run(std::vector<uint32_t> const& words) { REQUIRE(run_words(machine, words) == 1); }

    EmulatedMachine machine;
    Tables tables;
};

// x0 rounds of one block.
std::vector<uint32_t> loop_of(uint32_t instruction)
{
    return {
        instruction, // round: ...
        0xd1000400, // sub x0, x0, #1
        0xb5ffffc0, // cbnz x0, round
        0xd4000022, // hvc #1
    };
}
constexpr uint32_t kAddOne = 0x91000421; // add x1, x1, #1
constexpr uint32_t kAddTwo = 0x91000821; // add x1, x1, #2

}

TEST_CASE("blocks wait until there are enough of them, and are taken in the order in which they came")
{
    PageOfBlocks page;
    jit::WaitingBlocks waiting { 3 };
    CHECK_FALSE(waiting.add(page.entry(0)));
    CHECK_FALSE(waiting.add(page.entry(2)));
    CHECK(waiting.add(page.entry(1)));
    auto const& taken = waiting.take();
    REQUIRE(taken.size() == 3);
    CHECK(taken[0].word_index() == 0);
    CHECK(taken[1].word_index() == 2);
    CHECK(taken[2].word_index() == 1);
    CHECK(taken[2].address == kPage + 4);
    CHECK(waiting.take().empty());
}

TEST_CASE("blocks wait for so many executions and no more")
{
    PageOfBlocks page;
    jit::WaitingBlocks waiting { 3 };
    CHECK_FALSE(waiting.add(page.entry(0)));
    CHECK_FALSE(waiting.add(page.entry(0)));
    CHECK_FALSE(waiting.add(page.entry(1)));
    CHECK_FALSE(waiting.add(page.entry(1)));
    CHECK(waiting.add(page.entry(0)));
    CHECK(waiting.take().size() == 2);
    CHECK(page.blocks[0].executions == 0);
    CHECK_FALSE(waiting.add(page.entry(0)));
    waiting.clear();
    CHECK(page.blocks[0].executions == 0);
    CHECK(waiting.take().empty());
}

TEST_CASE("a batch of one waits for nothing, and so does one of none")
{
    PageOfBlocks page;
    for (uint32_t const batch : { 0, 1 }) {
        jit::WaitingBlocks waiting { batch };
        CHECK(waiting.add(page.entry(0)));
        CHECK(waiting.take().size() == 1);
    }
}

TEST_CASE("a block whose code may have changed is no longer there")
{
    PageOfBlocks page;
    jit::WaitingBlocks waiting { 2 };
    waiting.add(page.entry(0));
    waiting.add(page.entry(1));
    page.line.blocks[1] = nullptr;
    auto const& taken = waiting.take();
    CHECK(taken[0].is_there());
    CHECK_FALSE(taken[1].is_there());
}

TEST_CASE("a loop that has no other block to wait for is translated soon")
{
    if (!why_no_jit().empty())
        return;
    constexpr uint32_t kBatch = 16;
    Waiting waiting { kBatch };
    waiting.machine.set_x(0, 1000);
    waiting.machine.set_x(1, 0);
    waiting.run(loop_of(kAddOne));
    CHECK(waiting.machine.x(1) == 1000);
    auto const details = details_of(waiting.machine);
    CHECK(details.at("blocksTranslated") == 1);
    CHECK(details.at("blocksInterpreted") >= kBatch);
    CHECK(details.at("blocksInterpreted") <= kBatch + 2); // and the HVC
}

TEST_CASE("code that changes while its block waits is translated as it is then")
{
    if (!why_no_jit().empty())
        return;
    Waiting waiting { 16 };
    waiting.machine.set_x(0, 8);
    waiting.machine.set_x(1, 0);
    waiting.run(loop_of(kAddOne));
    CHECK(details_of(waiting.machine).at("blocksTranslated") == 0);
    waiting.machine.set_x(0, 100);
    waiting.run(loop_of(kAddTwo));
    CHECK(waiting.machine.x(1) == 8 + 200);
    CHECK(details_of(waiting.machine).at("blocksTranslated") == 1);
}

TEST_CASE("a buffer that is full between two blocks of a batch is emptied")
{
    if (!why_no_jit().empty())
        return;
    EmulatorOptions options = Waiting::options_of(64);
    options.code_bytes = 128_KiB;
    EmulatedMachine machine(1, options);
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    turn_mmu_on(machine, tables);
    // 300 blocks, each of which calls the next.
    constexpr unsigned kBlocks = 300;
    std::vector<uint32_t> words;
    for (unsigned block = 0; block < kBlocks; ++block) {
        for (unsigned access = 0; access < 8; ++access)
            words.push_back(0xf9400062); // ldr x2, [x3]
        words.push_back(kAddOne);
        words.push_back(0x94000001); // bl next
    }
    words.push_back(0xd1000400); // sub x0, x0, #1
    words.push_back(0xb5000000 | ((0x80000 - 10 * kBlocks - 1) & 0x7ffff) << 5); // cbnz x0, the first
    words.push_back(0xd4000022); // hvc #1
    machine.set_x(0, 20);
    machine.set_x(1, 0);
    machine.set_x(3, kData);
    REQUIRE(run_words(machine, words) == 1);
    CHECK(machine.x(1) == 20 * kBlocks);
    auto const details = details_of(machine);
    CHECK(details.at("codeClears") > 0);
    CHECK(details.at("blocksTranslated") > kBlocks);
    CHECK(details.at("codeBytes") <= details.at("codeBytesMost"));
}
