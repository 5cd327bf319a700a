// Exception entry by SVC and exception return in translated code, against the interpreter's.
#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/jit/guest_words.h"
#include "engine/emulator/jit/twin_machines.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint16_t kPmcntenset = arch::system_register(3, 3, 9, 12, 1);
constexpr uint16_t kPmcntenclr = arch::system_register(3, 3, 9, 12, 2);

constexpr uint64_t kLowerSync = kVectors + 0x400;
constexpr uint32_t kMsrPan = 0xd500'409f; // msr pan, #0; bit 8: #1

// To the level and with the PSTATE in x1, at x2; before, what may be in the way: MDSCR_EL1 = x3, the OS lock = x4,
// PMCNTENSET_EL0 = x5.
std::vector<uint32_t> return_program()
{
    using namespace words;
    return { msr(kPmcntenclr, 6), msr(kPmcntenset, 5), msr(kOsLock, 4), msr(kMdscr, 3), msr(kSpsr, 1), msr(kElr, 2),
        kEret };
}

// SVC counts in x9 and comes back; anything else ends the run.
std::vector<uint32_t> counting_handler()
{
    using namespace words;
    return { mrs(11, kEsr), shift_right(11, 11, 26), sub_immediate(11, 11, 0x15), branch_if_zero(11, 2), hypercall(1),
        add_immediate(9, 9, 1), kMsrPan | 1 << 8, kMsrPan, kEret };
}

uint64_t calls_of(EmulatedMachine& machine, std::string const& instruction)
{
    for (auto const& [name, value] : machine.vcpus[0]->details()) {
        if (name == "calls." + instruction)
            return value;
    }
    return 0;
}

void run_system_calls(TwinMachines& twins)
{
    using namespace words;
    constexpr unsigned kCalls = 1000;
    twins.load(kLowerSync, counting_handler());
    std::vector<uint32_t> const program { supervisor_call(7), sub_immediate(10, 10, 1), branch_if_not_zero(10, -2),
        hypercall(1) };
    TwinMachines::Start start;
    start.pc = kUserBlock;
    start.pstate = 0x6000'0000;
    start.x[10] = kCalls;
    auto const exceptions = [&] { return twins.translated().vcpus[0]->counters().exceptions_taken; };
    uint64_t const before = exceptions();
    CHECK(twins.run(program, start) == "");
    CHECK(twins.translated().x(9) == kCalls);
    CHECK(twins.translated().x(10) == 0);
    CHECK(exceptions() - before == kCalls + 1);
}

}

TEST_CASE("any return, and any system call after it, is the interpreter's")
{
    if (!why_no_jit().empty())
        return;
    constexpr unsigned kPrograms = 4000;
    constexpr uint64_t kSpan = 1 << 23;
    constexpr uint64_t kDssbs = uint64_t { 1 } << 44;
    TwinMachines twins(1);
    std::mt19937_64 random(11);
    auto const below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    unsigned to_el0 = 0;
    for (unsigned program = 0; program < kPrograms; ++program) {
        std::vector<uint32_t> const user { 0xd503'201fu, words::supervisor_call(below(0x10000)), TwinMachines::kEnd };
        twins.load(kUserBlock, user);
        TwinMachines::Start start;
        for (uint64_t& value : start.x)
            value = random();
        constexpr uint64_t kModes[] { 0, 0, 0, 5, 5, 4 };
        uint64_t const mode = below(16) == 0 ? below(32) : kModes[below(6)];
        uint64_t const illegal = below(16) == 0 ? uint64_t { 1 } << 20 : 0;
        start.x[1] = (random() & ~uint64_t { 0x10'001f }) | mode | illegal;
        start.x[2] = below(16) == 0 ? random() : kUserBlock + 4 * below(2) + (below(16) == 0 ? 2 : 0);
        start.x[3] = below(6) == 0 ? (below(2) ? 1 : 0x8001) : 0;
        start.x[4] = below(2);
        start.x[5] = below(6) == 0 ? 1 : 0;
        start.x[6] = ~uint64_t { 0 };
        start.sp = kData + 16 * below(8);
        start.pstate = uint64_t { below(16) } << 28 | 0x3c0 | (below(8) ? 5 : 4) | uint64_t { below(2) } << 22;
        start.sctlr = kSctlrMmuOn & ~kSpan;
        start.sctlr |= random() & (kSpan | kDssbs);
        std::string const differs = twins.run(return_program(), start);
        CAPTURE(program);
        CAPTURE(start.x[1]);
        CAPTURE(start.x[2]);
        REQUIRE(differs == "");
        to_el0 += (mode == 0);
    }
    CHECK(to_el0 > kPrograms / 3);
    CHECK(calls_of(twins.translated(), "ERET") > 0);
    CHECK(calls_of(twins.translated(), "SVC") > 0);
    // Debugging, the PMU and what is illegal alone.
    CHECK(calls_of(twins.translated(), "ERET") < kPrograms * 3 / 4);
    CHECK(calls_of(twins.translated(), "SVC") < kPrograms * 3 / 4);
}

TEST_CASE("system calls in a row stay in translated code and are counted")
{
    if (!why_no_jit().empty())
        return;
    TwinMachines twins(1);
    run_system_calls(twins);
    run_system_calls(twins);
}

TEST_CASE("system calls by the semantic functions are the same")
{
    if (!why_no_jit().empty())
        return;
    EmulatorOptions options;
    options.calls_exceptions = true;
    TwinMachines twins(1, options);
    run_system_calls(twins);
    CHECK(calls_of(twins.translated(), "SVC") == 1000);
    CHECK(calls_of(twins.translated(), "ERET") == 1000);
    TwinMachines inlined(1);
    run_system_calls(inlined);
    CHECK(calls_of(inlined.translated(), "SVC") == 0);
    CHECK(calls_of(inlined.translated(), "ERET") == 0);
    CHECK(calls_of(inlined.translated(), "MSR_immediate") == 0);
}

TEST_CASE("an interrupt that a return unmasks is taken before the next instruction")
{
    if (!why_no_jit().empty())
        return;
    TwinMachines twins(1);
    std::vector<uint32_t> const next { words::add_immediate(7, 7, 1), TwinMachines::kEnd };
    twins.load(kUserBlock, next);
    twins.set_irq(true);
    for (unsigned round = 0; round < 40; ++round) {
        TwinMachines::Start start;
        start.x[1] = round % 2 ? 0x9000'0145 : 0x9000'0000; // all but I masked, or nothing
        start.x[2] = kUserBlock;
        CHECK(twins.run(return_program(), start) == "");
        CHECK(twins.translated().x(7) == 0);
        auto& vcpu = *twins.translated().vcpus[0];
        CHECK(vcpu.read_register(engine::kRegisterElrEl1).value().low == kUserBlock);
        CHECK(vcpu.read_register(engine::kRegisterSpsrEl1).value().low == start.x[1]);
    }
}
