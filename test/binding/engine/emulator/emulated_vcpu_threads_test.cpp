#include "engine/emulator/bare_metal.h"
#include "engine/emulator/emulated_vcpu.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

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
