// Breakpoints, watchpoints and software step in code that is translated and linked already when they are asked for.
#include "engine/emulator/bare_metal.h"
#include "engine/emulator/jit/guest_words.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint64_t kLoop = kCode + 0x100;
constexpr uint64_t kRounds = 1000;
constexpr uint64_t kStep = 1;
constexpr uint64_t kKernel = 1 << 13; // KDE
constexpr uint64_t kMonitor = 1 << 15; // MDE
constexpr uint64_t kEl1h = 0x1c5; // A, I and F masked, D not
constexpr uint64_t kSpsrStep = 1 << 21;

struct Debugged {
    explicit Debugged(bool jit) : machine(1, options(jit)), tables(machine.memory, 12, 39)
    {
        using namespace words;
        identity_map_ram(tables);
        turn_mmu_on(machine, tables);
        machine.set_system(kVbar, kVectors);
        for (uint64_t offset = 0; offset < 0x800; offset += 0x80)
            machine.memory.write(kVectors + offset, hypercall(2));
        // x0 counts the rounds, x1 is stored at x2.
        machine.load(kLoop,
            std::vector { sub_immediate(0, 0, 1), store(1, 2), add(3, 3, 1), branch_if_not_zero(0, -3), hypercall(1) });
        // x10 to x16: what the debugger sets, and where it returns to.
        machine.load(kCode,
            std::vector { msr(kOsLock, 31), msr(kBreakpointValue, 11), msr(kBreakpointControl, 12),
                msr(kWatchpointValue, 13), msr(kWatchpointControl, 14), msr(kMdscr, 10), kIsb, msr(kElr, 15),
                msr(kSpsr, 16), kEret });
    }
    static EmulatorOptions options(bool jit)
    {
        EmulatorOptions options;
        options.jit = jit;
        options.threshold = 1;
        options.batch = 1;
        return options;
    }

    struct Wish {
        uint64_t mdscr { 0 };
        uint64_t breakpoint { 0 };
        uint64_t watched { 0 };
        uint64_t spsr { kEl1h };
    };
    // The HVC that ends the run: 1 the loop, 2 an exception.
    int run(Wish const& wish)
    {
        constexpr uint64_t kEl1 = 1 << 1;
        constexpr uint64_t kStores = 2 << 3;
        uint64_t const values[] { wish.mdscr, wish.breakpoint, wish.breakpoint ? 1 | kEl1 | 0xf << 5 : 0, wish.watched,
            wish.watched ? 1 | kEl1 | kStores | 0xff << 5 : 0, kLoop, wish.spsr };
        for (unsigned i = 0; i < std::size(values); ++i)
            machine.set_x(10 + i, values[i]);
        machine.set_x(0, kRounds);
        machine.set_x(1, 7);
        machine.set_x(2, kData);
        machine.set_x(3, 0);
        REQUIRE(machine.vcpus[0]->write_register(engine::kRegisterPstate, { 0x3c5, 0 }).ok());
        machine.set_pc(kCode);
        return machine.run_to_hvc();
    }
    uint64_t system(uint16_t encoding)
    {
        return machine.vcpus[0]->read_register(engine::system_register_id(encoding)).value().low;
    }
    uint64_t exception_class() { return system(words::kEsr) >> 26; }
    uint64_t return_address() { return machine.vcpus[0]->read_register(engine::kRegisterElrEl1).value().low; }

    EmulatedMachine machine;
    Tables tables;
};

void hits_in_hot_code(bool jit)
{
    Debugged guest(jit);
    auto const runs_free = [&] {
        CHECK(guest.run({}) == 1);
        CHECK(guest.machine.x(0) == 0);
        CHECK(guest.machine.x(3) == 7 * kRounds);
    };
    runs_free();
    runs_free();

    REQUIRE(guest.run({ kMonitor | kKernel, kLoop + 8, 0 }) == 2);
    CHECK(guest.exception_class() == 0x31);
    CHECK(guest.return_address() == kLoop + 8);
    CHECK(guest.machine.x(0) == kRounds - 1);
    CHECK(guest.machine.x(3) == 0);
    runs_free();

    REQUIRE(guest.run({ kMonitor | kKernel, 0, kData }) == 2);
    CHECK(guest.exception_class() == 0x35);
    CHECK(guest.return_address() == kLoop + 4);
    CHECK(guest.system(words::kFar) == kData);
    runs_free();

    REQUIRE(guest.run({ kStep | kKernel, 0, 0, kEl1h | kSpsrStep }) == 2);
    CHECK(guest.exception_class() == 0x33);
    CHECK(guest.return_address() == kLoop + 4);
    CHECK(guest.machine.x(0) == kRounds - 1);
    runs_free();

    guest.machine.memory.write(kLoop + 8, words::breakpoint(5));
    guest.machine.vm->guest_code_changed(wires::Quiesced::for_tests());
    REQUIRE(guest.run({}) == 2);
    CHECK(guest.exception_class() == 0x3c);
    CHECK(guest.return_address() == kLoop + 8);
}

}

TEST_CASE("breakpoints, watchpoints, steps and BRK are noticed in a loop that ran free before, and not after")
{
    hits_in_hot_code(false);
    if (why_no_jit().empty())
        hits_in_hot_code(true);
}
