#include "arch/system_register_encoding.h"
#include "engine/emulator/emulated_machine.h"
#include "engine/emulator/emulated_vcpu.h"
#include "engine/emulator/guest_programs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint64_t kCode = kRamBase + 0x1'0000;
constexpr uint64_t kData = kRamBase + 0x2'0000;
constexpr uint64_t kVectors = kRamBase + 0x3'0000;
constexpr uint64_t kEl1hSync = 0x200;
constexpr uint64_t kEl1hIrq = 0x280;
constexpr uint16_t kSctlr = arch::system_register(3, 0, 1, 0, 0);
constexpr uint16_t kTtbr0 = arch::system_register(3, 0, 2, 0, 0);
constexpr uint16_t kTcr = arch::system_register(3, 0, 2, 0, 2);
constexpr uint16_t kMairRegister = arch::system_register(3, 0, 10, 2, 0);
constexpr uint16_t kVbar = arch::system_register(3, 0, 12, 0, 0);
constexpr uint64_t kSctlrMmuOn = 0x30d0'0998 | 1;

void identity_map_ram(Tables& tables)
{
    for (uint64_t offset = 0; offset < kRamSize; offset += 2_MiB)
        tables.map(kRamBase + offset, kRamBase + offset, 2, kAf);
}

void turn_mmu_on(EmulatedMachine& machine, Tables const& tables, unsigned vcpu = 0)
{
    machine.set_system(kMairRegister, kMair, vcpu);
    machine.set_system(kTcr, tcr_for(12, 39), vcpu);
    machine.set_system(kTtbr0, tables.root, vcpu);
    machine.set_system(kSctlr, kSctlrMmuOn, vcpu);
}

}

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
    CHECK(stop->virtual_address.value == 0x1234'5678);
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

TEST_CASE("WFI exits idle and an interrupt, masked as it is, ends the wait")
{
    EmulatedMachine machine;
    machine.load(kCode, kWfi);
    machine.set_pc(kCode);
    engine::Vcpu& vcpu = *machine.vcpus[0];
    REQUIRE(std::holds_alternative<engine::ExitIdle>(vcpu.run()));
    std::thread interrupter([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        machine.irqs[0]->set_level(true);
    });
    CHECK(vcpu.wait_for_interrupt() == engine::Vcpu::Wake::Interrupt);
    interrupter.join();
    CHECK(machine.run_to_hvc() == 1);

    machine.irqs[0]->set_level(false);
    vcpu.kick();
    CHECK(vcpu.wait_for_interrupt() == engine::Vcpu::Wake::Kick);
    machine.set_pc(kCode);
    CHECK(std::holds_alternative<engine::ExitIdle>(vcpu.run())); // that kick has ended one call and no more
}

TEST_CASE("WFE goes on by itself, and SEV reaches the other vCPUs")
{
    EmulatedMachine machine(2);
    machine.load(kCode, kWfe);
    machine.load(kCode + 0x1000, kSev);
    machine.set_pc(kCode, 0);
    CHECK(machine.run_to_hvc(0) == 1); // nobody sends an event here
    machine.set_pc(kCode + 0x1000, 1);
    CHECK(machine.run_to_hvc(1) == 1);
    machine.set_pc(kCode, 0);
    CHECK(machine.run_to_hvc(0) == 1);
}

TEST_CASE("ten thousand kicks that race with entry are all answered")
{
    EmulatedMachine machine;
    machine.load(kCode, kSpin);
    machine.set_pc(kCode);
    engine::Vcpu& vcpu = *machine.vcpus[0];
    constexpr unsigned kKicks = 10'000;
    std::atomic<unsigned> answered { 0 };
    std::thread runner([&] {
        while (answered < kKicks) {
            if (std::holds_alternative<engine::ExitInterrupted>(vcpu.run()))
                ++answered;
        }
    });
    // Each kick waits for its answer, so a lost one hangs the test here.
    for (unsigned kick = 0; kick < kKicks; ++kick) {
        vcpu.kick();
        while (answered <= kick)
            std::this_thread::yield();
    }
    runner.join();
    CHECK(answered == kKicks);
}

TEST_CASE("after TLBI IS and DSB no other vCPU uses the old page")
{
    constexpr uint64_t kAddress = 0x8000'0000;
    constexpr unsigned kRounds = 200;
    EmulatedMachine machine(2);
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    uint64_t const pages[] { kData, kData + 0x1000 };
    uint64_t const descriptor = tables.descriptor(kAddress, 3);
    tables.map(kAddress, pages[0], 3, kAf | kNotGlobal);
    machine.load(kCode, kRemap);
    machine.load(kCode + 0x1000, kCount);
    turn_mmu_on(machine, tables, 0);
    turn_mmu_on(machine, tables, 1);
    machine.set_x(4, kAddress, 1);
    machine.set_pc(kCode + 0x1000, 1);

    std::atomic<bool> stop { false };
    std::thread counter([&] {
        while (!stop)
            (void)machine.vcpus[1]->run();
    });
    auto const count = [&](unsigned page) {
        return __atomic_load_n(
            reinterpret_cast<uint64_t*>(machine.memory.ram->data() + (pages[page] - kRamBase)), __ATOMIC_RELAXED);
    };
    unsigned late = 0;
    for (unsigned round = 0; round < kRounds; ++round) {
        unsigned const fresh = (round + 1) & 1;
        uint64_t const before = count(!fresh);
        while (count(!fresh) == before)
            std::this_thread::yield(); // the other vCPU is at work on the old page
        machine.set_x(0, descriptor);
        machine.set_x(1, pages[fresh] | kAf | kNotGlobal | 3);
        machine.set_x(2, kAddress >> 12);
        machine.set_pc(kCode);
        REQUIRE(machine.run_to_hvc(0) == 1);
        uint64_t const after = count(!fresh);
        uint64_t const progress = count(fresh);
        while (count(fresh) == progress)
            std::this_thread::yield();
        late += count(!fresh) != after;
    }
    stop = true;
    machine.vcpus[1]->kick();
    counter.join();
    CHECK(late == 0);
}

TEST_CASE("two vCPUs that broadcast to each other without end make progress")
{
    EmulatedMachine machine(2);
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    tables.map(0x8000'0000, kData, 3, kAf | kNotGlobal);
    machine.load(kCode, kRemap);
    auto const work = [&](unsigned vcpu) {
        for (unsigned round = 0; round < 2000; ++round) {
            machine.set_x(0, kData + 8 * vcpu, vcpu);
            machine.set_x(2, 0x8000'0000 >> 12, vcpu);
            machine.set_pc(kCode, vcpu);
            if (machine.run_to_hvc(vcpu) != 1)
                return false;
        }
        return true;
    };
    turn_mmu_on(machine, tables, 0);
    turn_mmu_on(machine, tables, 1);
    bool second = false;
    std::thread other([&] { second = work(1); });
    CHECK(work(0));
    other.join();
    CHECK(second);
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
