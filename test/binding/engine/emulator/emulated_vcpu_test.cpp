#include "engine/emulator/bare_metal.h"
#include "engine/emulator/emulated_vcpu.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

TEST_CASE("bare metal: MMU on, a loop, an exception and a timer interrupt")
{
    EmulatedMachine machine;
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    machine.load(kCode, kSmoke);
    machine.load(kVectors + kEl1hSync, kSyncHandler);
    machine.load(kVectors + kEl1hIrq, kIrqHandler);
    machine.set_x(1, kMair);
    machine.set_x(2, tcr_for(12, 39));
    machine.set_x(3, tables.root);
    machine.set_x(4, kVectors);
    machine.set_x(5, kSctlrMmuOn);
    machine.set_pc(kCode);

    REQUIRE(machine.run_to_hvc() == 9); // in the handler of SVC
    CHECK(machine.x(7) == 1000 * 1001 / 2);
    CHECK(machine.x(10) == (0x15u << 26 | 1 << 25 | 0x12));
    CHECK(machine.x(11) == kCode + 13 * 4);

    REQUIRE(machine.run_to_hvc() == 7); // the timer is armed and interrupts are open
    CHECK(machine.timers.fire(machine.clock.now_ns()) == 0);
    machine.clock.ns += 100 * 16;
    CHECK(machine.timers.fire(machine.clock.now_ns()) == 1);
    REQUIRE(machine.run_to_hvc() == 8); // in the handler of the interrupt
    CHECK(machine.x(13) == kCode + 19 * 4);
    CHECK(machine.vcpus[0]->counters().exceptions_taken == 2);
}

TEST_CASE("instructions are counted, block by block and exactly")
{
    EmulatedMachine machine;
    machine.load(kCode, kIntegerLoop);
    machine.set_x(1, 1000);
    machine.set_pc(kCode);
    REQUIRE(machine.run_to_hvc() == 1);
    CHECK(machine.vcpus[0]->counters().instructions_retired == 6 * 1000 + 1);
    CHECK(machine.pc() == kCode + 7 * 4);
}

TEST_CASE("changed code is seen after IC IVAU")
{
    EmulatedMachine machine;
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    turn_mmu_on(machine, tables);
    machine.load(kCode, kPatch);
    machine.set_x(0, kCode + 13 * 4);
    machine.set_x(1, 0xd2800049); // mov x9, #2
    machine.set_pc(kCode);
    REQUIRE(machine.run_to_hvc() == 1);
    CHECK(machine.x(19) == 1);
    CHECK(machine.x(20) == 1); // CTR_EL0.DIC is 0: the old instruction is allowed to stay, and does
    CHECK(machine.x(21) == 2);
}

TEST_CASE("changed code is seen after guest_code_changed()")
{
    EmulatedMachine machine;
    machine.load(kCode, kSpin);
    machine.set_pc(kCode);
    machine.vcpus[0]->kick();
    CHECK(std::holds_alternative<engine::ExitInterrupted>(machine.vcpus[0]->run()));
    std::thread kicker([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        machine.vcpus[0]->kick();
    });
    CHECK(std::holds_alternative<engine::ExitInterrupted>(machine.vcpus[0]->run()));
    kicker.join();
    machine.load(kCode, kSev);
    machine.vm->guest_code_changed(wires::Quiesced::for_tests());
    CHECK(machine.run_to_hvc() == 1);
}

TEST_CASE("accesses and fetches without memory behind them stop the vCPU where it is")
{
    EmulatedMachine machine;
    machine.bus.answers = false;
    machine.load(kCode, kLoadBranch);
    machine.set_x(0, 0x1234'5678);
    machine.set_pc(kCode);
    auto exit = machine.vcpus[0]->run();
    auto const* stop = std::get_if<engine::ExitMemoryFault>(&exit);
    REQUIRE(stop);
    CHECK(stop->kind == engine::AccessKind::Read);
    CHECK(stop->address.value == 0x1234'5678);
    CHECK(machine.pc() == kCode);

    machine.load(kCode + 0x1000, kBranch);
    machine.set_pc(kCode + 0x1000);
    exit = machine.vcpus[0]->run();
    stop = std::get_if<engine::ExitMemoryFault>(&exit);
    REQUIRE(stop);
    CHECK(stop->kind == engine::AccessKind::Fetch);
    REQUIRE(stop->virtual_address);
    CHECK(stop->virtual_address->value == 0x1234'5678);
    CHECK(machine.pc() == 0x1234'5678);
}

TEST_CASE("fetch faults: alignment, translation, permission")
{
    EmulatedMachine machine;
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    tables.map(0x8000'0000, kRamBase, 3, kAf | kPxn);
    machine.load(kCode, kBranch);
    machine.load(kVectors + kEl1hSync, kSyncHandler);
    machine.set_system(kVbar, kVectors);
    turn_mmu_on(machine, tables);
    struct Case {
        uint64_t target;
        uint64_t esr;
    };
    for (Case const& c : { Case { kCode + 2, 0x22u << 26 | 1 << 25 },
             Case { 0x7000'0000, 0x21u << 26 | 1 << 25 | kTranslationFault | 2 },
             Case { 0x8000'0040, 0x21u << 26 | 1 << 25 | kPermissionFault | 3 } }) {
        machine.set_x(0, c.target);
        machine.set_pc(kCode);
        REQUIRE(machine.run_to_hvc() == 9);
        CHECK(machine.x(10) == c.esr);
        CHECK(machine.x(11) == c.target);
        CHECK(machine.x(14) == c.target);
    }
}

TEST_CASE("CPACR_EL1.FPEN traps the first FP instruction of a block and nothing before it")
{
    EmulatedMachine machine;
    machine.load(kCode, kFloat);
    machine.load(kVectors + kEl1hSync, kSyncHandler);
    machine.set_system(kVbar, kVectors);
    machine.set_pc(kCode);
    REQUIRE(machine.run_to_hvc() == 9);
    CHECK(machine.x(9) == 5);
    CHECK(machine.x(10) == (0x07u << 26 | 1 << 25 | 1 << 24 | 0xe << 20));
    CHECK(machine.x(11) == kCode + 4);
    machine.set_system(arch::system_register(3, 0, 1, 0, 2), 3 << 20);
    REQUIRE(machine.run_to_hvc() == 1); // ERET to the same instruction, which now runs
}

TEST_CASE("software step executes one instruction at EL0, a breakpoint stops before one")
{
    constexpr uint64_t kLowerSync = 0x400;
    constexpr uint64_t kUserCode = kCode + 0x1000;
    struct Case {
        uint64_t mdscr;
        uint64_t spsr;
        uint64_t breakpoint_control;
        uint64_t exception_class;
        uint64_t stopped_at; // instructions after kUserCode
    };
    for (Case const& c : {
             Case { 1, 1 << 21, 0, 0x32, 1 }, // MDSCR.SS with SPSR.SS: step one
             Case { 1, 0, 0, 0x32, 0 }, // active-pending: the step exception comes first
             Case { 1 << 15, 0, 1 | 2 << 1 | 0xf << 5, 0x30, 2 }, // MDE and a breakpoint for EL0
             Case { 0, 1 << 21, 1 | 2 << 1 | 0xf << 5, 0x15, 4 }, // neither is enabled: the SVC
         }) {
        CAPTURE(c.exception_class);
        EmulatedMachine machine;
        machine.load(kCode, kEnterUserDebugged);
        machine.load(kUserCode, kUserProgram);
        machine.load(kVectors + kLowerSync, kSyncHandler);
        machine.set_system(kVbar, kVectors);
        machine.set_x(1, c.mdscr);
        machine.set_x(2, c.spsr);
        machine.set_x(3, kUserCode);
        machine.set_x(4, kUserCode + 8);
        machine.set_x(5, c.breakpoint_control);
        machine.set_pc(kCode);
        REQUIRE(machine.run_to_hvc() == 9);
        CHECK((machine.x(10) >> 26) == c.exception_class);
        CHECK(machine.x(11) == kUserCode + 4 * c.stopped_at);
        CHECK(machine.x(9) == std::min(c.stopped_at, uint64_t { 3 }));
    }
}

TEST_CASE("an illegal exception return makes the next instruction an illegal state exception")
{
    EmulatedMachine machine;
    machine.load(kCode, kEnterUserDebugged);
    machine.load(kCode + 0x1000, kUserProgram);
    machine.load(kVectors + kEl1hSync, kSyncHandler);
    machine.set_system(kVbar, kVectors);
    machine.set_x(2, 0x9); // EL2h, which does not exist
    machine.set_x(3, kCode + 0x1000);
    machine.set_pc(kCode);
    REQUIRE(machine.run_to_hvc() == 9);
    CHECK((machine.x(10) >> 26) == 0x0e);
    CHECK(machine.x(11) == kCode + 0x1000);
    CHECK(machine.x(9) == 0);
}

TEST_CASE("registers are listed, saved and restored by a blind loop")
{
    EmulatedMachine machine(2);
    machine.load(kCode, kIntegerLoop);
    machine.set_x(1, 10);
    machine.set_pc(kCode);
    REQUIRE(machine.run_to_hvc() == 1);
    unsigned different = 0;
    for (engine::RegisterId const id : machine.vcpus[0]->register_list()) {
        auto const value = machine.vcpus[0]->read_register(id);
        REQUIRE(value.ok());
        different += !(machine.vcpus[1]->read_register(id).value() == value.value());
        if (id == engine::system_register_id(arch::system_register(3, 0, 0, 0, 5)))
            continue; // MPIDR_EL1 tells the two apart
        CHECK(machine.vcpus[1]->write_register(id, value.value()).ok());
    }
    CHECK(different > 3);
    CHECK(machine.x(0, 1) == machine.x(0, 0));
    CHECK(machine.pc(1) == machine.pc(0));
}

TEST_CASE("speed, for people to read")
{
    EmulatedMachine machine;
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    turn_mmu_on(machine, tables);
    machine.load(kCode, kIntegerLoop);
    machine.load(kCode + 0x1000, kMixedLoop);
    auto const measure = [&](char const* name, uint64_t entry, uint64_t rounds) {
        machine.set_x(0, kData);
        machine.set_x(1, rounds);
        machine.set_pc(entry);
        uint64_t const before = machine.vcpus[0]->counters().instructions_retired;
        std::clock_t const start = std::clock(); // CPU time: the host may be busy
        CHECK(machine.run_to_hvc() == 1);
        double const taken = static_cast<double>(std::clock() - start) * 1e6 / CLOCKS_PER_SEC;
        uint64_t const retired = machine.vcpus[0]->counters().instructions_retired - before;
        std::printf("emulator, %s loop: %.0f guest MIPS\n", name, static_cast<double>(retired) / taken);
    };
    measure("integer", kCode, 5'000'000);
    measure("mixed", kCode + 0x1000, 2'000'000);
}
