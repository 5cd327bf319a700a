// What people look at: the trace, the stages of one block, and what perf is told.
#include "engine/emulator/bare_metal.h"
#include "engine/emulator/cpu/event_trace.h"
#include "engine/emulator/jit/block_dump.h"
#include "engine/emulator/jit/perf_map.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

EmulatorOptions traced_options(bool perf_map = false)
{
    EmulatorOptions options;
    options.jit = why_no_jit().empty();
    options.threshold = 1;
    options.batch = 1;
    options.perf_map = perf_map;
    return options;
}

// Two blocks, a load, and a supervisor call whose handler ends the run.
std::vector<uint32_t> const kProgram {
    0xd2800060, // mov x0, #3
    0xd1000400, // round: sub x0, x0, #1
    0xf9400022, // ldr x2, [x1]
    0xb5ffffc0, // cbnz x0, round
    0xd4000001, // svc #0
};
constexpr uint64_t kRound = kCode + 4;
constexpr uint32_t kHvc1 = 0xd4000022;

struct Traced {
    explicit Traced(EmulatorOptions const& options = traced_options())
        : machine(1, options)
        , tables(machine.memory, 12, 39)
    {
        identity_map_ram(tables);
        turn_mmu_on(machine, tables);
        machine.set_system(kVbar, kVectors);
        machine.memory.write(kVectors + kEl1hSync, kHvc1);
        machine.load(kCode, kProgram);
        machine.set_x(1, kData);
    }
    std::vector<engine::TraceLine> run(std::vector<std::string> const& kinds)
    {
        REQUIRE(machine.vm->select_trace(kinds).ok());
        machine.set_pc(kCode);
        REQUIRE(machine.run_to_hvc() == 1);
        return machine.vm->read_trace(0);
    }

    EmulatedMachine machine;
    Tables tables;
};

bool has(std::vector<engine::TraceLine> const& lines, std::string const& text)
{
    return std::any_of(lines.begin(), lines.end(), [&](auto const& line) { return line.text == text; });
}

std::string hex(uint64_t value)
{
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return text.str();
}

}

TEST_CASE("a trace has the kinds that were asked for, and nothing without being asked")
{
    Traced traced;
    CHECK(traced.run({}).empty());

    Traced blocks;
    auto const of_blocks = blocks.run({ "blocks" });
    CHECK(has(of_blocks, "block " + hex(kCode) + " decoded: physical " + hex(kCode) + ", 5 instructions"));
    for (auto const& line : of_blocks)
        CHECK(line.text.starts_with("block"));

    Traced memory;
    auto const of_tlb = memory.run({ "tlb" });
    CHECK(has(of_tlb, "miss fetch " + hex(kCode) + " physical " + hex(kCode)));
    CHECK(has(of_tlb, "miss read " + hex(kData) + " physical " + hex(kData)));

    Traced exits;
    auto const of_exits = exits.run({ "exits" });
    CHECK(has(of_exits, "exception at " + hex(kCode + 16) + " class 0x15 to " + hex(kVectors + kEl1hSync)));

    Traced all;
    auto const of_all = all.run({ "blocks", "tlb", "exits" });
    CHECK(of_all.size() == of_blocks.size() + of_tlb.size() + of_exits.size());
    for (size_t i = 0; i < of_all.size(); ++i)
        CHECK(of_all[i].sequence == i);
    CHECK(all.machine.vm->read_trace(of_all.size() - 1).size() == 1);
    CHECK(all.machine.vm->read_trace(of_all.size()).empty());
}

TEST_CASE("translated blocks and ways out of them are in the trace")
{
    if (!why_no_jit().empty())
        return;
    Traced traced;
    auto const lines = traced.run({ "blocks", "exits" });
    auto const translated = std::count_if(lines.begin(), lines.end(),
        [](auto const& line) { return line.text.find(" translated: ") != std::string::npos; });
    CHECK(translated >= 2);
    CHECK(has(lines, "exit " + hex(kCode + 16) + " exception"));
}

TEST_CASE("a kind that there is not is refused by name")
{
    Traced traced;
    for (std::string const name : { "", "block", "dump", "dump=", "dump=xyz", "dump=0x1,2", "exits,tlb" }) {
        auto const selected = traced.machine.vm->select_trace(std::vector { name });
        REQUIRE(!selected.ok());
        CHECK(selected.error().code == Code::InvalidArgument);
        CHECK(selected.error().message.find('"' + name + '"') != std::string::npos);
    }
    std::vector<std::string> const many(EventTrace::kMostDumps + 1, "dump=0x1000");
    CHECK(!traced.machine.vm->select_trace(many).ok());
}

TEST_CASE("a trace is bounded in size and in rate, and tells what was lost by its sequence")
{
    ManualClock clock;
    EventTrace trace(clock);
    REQUIRE(trace.select(std::vector<std::string> { "exits" }).ok());
    constexpr uint64_t kEvents = 200'000;
    for (uint64_t event = 0; event < kEvents; ++event)
        trace.record(0, TraceKind::Exits, TraceEvent::ExitPending, event);
    auto const lines = trace.read(0);
    CHECK(lines.size() <= EventTrace::kCapacity);
    CHECK(lines.size() >= std::min<uint64_t>(EventTrace::kCapacity, EventTrace::kMostInASecond));
    for (size_t i = 1; i < lines.size(); ++i)
        CHECK(lines[i].sequence > lines[i - 1].sequence);
    CHECK(lines.back().text == "exit " + hex(lines.back().sequence) + " something is pending");
}

TEST_CASE("the stages of a block can be looked at one by one")
{
    Traced traced;
    CodeCache cache;
    CodePage* const page = cache.page(kCode, traced.machine.memory.ram->data() + (kCode - kRamBase));
    Block const& block = *cache.build(*page, 1);
    CHECK(jit::discovered_lines(block, kRound)
        == std::vector<std::string> { "0x40010004  d1000400  sub x0, x0, #0x1", "0x40010008  f9400022  ldr x2, [x1]",
            "0x4001000c  b5ffffc0  cbnz x0, 0x40010004", "0x40010010  d4000001  svc #0x0" });
    auto const decoded = jit::decoded_lines(block);
    REQUIRE(decoded.size() == 4);
    CHECK(decoded[0] == "SUB_immediate            reads x0, writes x0, NZCV live");
    CHECK(decoded[1].ends_with(" reads x1, writes x2, NZCV live"));
    CHECK(decoded[2].ends_with(" reads x0, writes -, NZCV live"));
    CHECK(decoded[3].ends_with(", ends the block"));
    std::vector<uint8_t> const code { 0x90, 0xc3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255 };
    CHECK(jit::code_lines(code)
        == std::vector<std::string> { "0000  90 c3 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e", "0010  ff" });
}

TEST_CASE("flags that nobody looks at are dead in the stages of a block")
{
    EmulatedMachine machine;
    machine.load(kCode, std::vector<uint32_t> { 0xeb01001f, 0xeb03005f, 0x54000040 }); // cmp, cmp, b.eq
    CodeCache cache;
    Block const& block = *cache.build(*cache.page(kCode, machine.memory.ram->data() + (kCode - kRamBase)), 0);
    auto const decoded = jit::decoded_lines(block);
    REQUIRE(decoded.size() >= 3);
    CHECK(decoded[0].ends_with("reads x0 x1, writes NZCV, NZCV dead"));
    CHECK(decoded[1].ends_with("reads x2 x3, writes NZCV, NZCV live"));
    CHECK(decoded[2].find("reads Z,") != std::string::npos);
}

TEST_CASE("a block is dumped when it is translated, with its registers and its host code")
{
    if (!why_no_jit().empty())
        return;
    Traced traced;
    auto const lines = traced.run({ "dump=" + hex(kRound) });
    REQUIRE(lines.size() == 1);
    std::string const& text = lines[0].text;
    CHECK(text.starts_with("block " + hex(kRound) + " [el1]: 4 instructions, "));
    for (char const* const part : { "\n discovered\n  0x40010004  d1000400  sub x0, x0, #0x1\n",
             "\n decoded\n  SUB_immediate", "\n registers\n  ", "\n host code\n  0000  " })
        CHECK_MESSAGE(text.find(part) != std::string::npos, part, " is not in ", text);
}

TEST_CASE("perf is told of every block, and no more of those that a full buffer has lost")
{
    if (!why_no_jit().empty())
        return;
    auto const lines_of_map = [] {
        std::ifstream file(jit::PerfMap::path());
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);)
            lines.push_back(line);
        return lines;
    };
    auto const blocks_in = [](std::vector<std::string> const& lines) {
        std::set<uint64_t> ends;
        size_t blocks = 0;
        for (std::string const& line : lines) {
            std::istringstream fields(line);
            uint64_t start = 0;
            uint64_t bytes = 0;
            std::string name;
            fields >> std::hex >> start >> bytes;
            std::getline(fields >> std::ws, name);
            CHECK(start != 0);
            CHECK(bytes != 0);
            CHECK_MESSAGE(
                (name == "guest:shared code" || (name.starts_with("guest:0x") && name.ends_with(" [el1]"))), name);
            CHECK((ends.empty() || start >= *ends.rbegin())); // as they come in the buffer, none over another
            ends.insert(start + bytes);
            blocks += name != "guest:shared code";
        }
        return blocks;
    };
    EmulatorOptions options = traced_options(true);
    options.code_bytes = 128_KiB; // room for a few blocks
    Traced traced(options);
    traced.run({});
    auto const first = lines_of_map();
    CHECK(blocks_in(first) >= 2);
    CHECK(std::any_of(
        first.begin(), first.end(), [](std::string const& line) { return line.ends_with(" guest:0x40010004 [el1]"); }));

    // Many blocks: the buffer fills up again and again.
    constexpr unsigned kBlocks = 4000;
    std::vector<uint32_t> words(kBlocks, 0x14000001); // b to the next word
    words.push_back(kHvc1);
    traced.machine.load(kRamBase + 1_MiB, words);
    traced.machine.set_pc(kRamBase + 1_MiB);
    REQUIRE(traced.machine.run_to_hvc() == 1);
    auto const last = lines_of_map();
    size_t const left = blocks_in(last);
    CHECK(left > 0);
    CHECK(left < kBlocks / 2);
    std::remove(jit::PerfMap::path().c_str());
}
