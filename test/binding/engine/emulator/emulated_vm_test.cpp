#include "engine/emulator/bare_metal.h"
#include "engine/emulator/mmu/cache_instructions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr std::array kStoreAndStop {
    0xf9000020u, // str x0, [x1]
    0xd4000022u, // hvc #0x1
    0x17fffffeu, // b .-8
};

memory::Slot const& slot_of(memory::MemoryMap const& map, std::string_view name)
{
    return *std::find_if(map.slots().begin(), map.slots().end(), [&](auto const& slot) { return slot.name == name; });
}

void log_dirty(memory::MemoryMap& map, std::string_view name)
{
    auto transaction = map.begin();
    transaction.set_flags(slot_of(map, name).id, { .read_only = false, .log_dirty = true });
    REQUIRE(map.commit(std::move(transaction), wires::Quiesced::for_tests()).ok());
}

// The pages of RAM that the log names, as offsets.
std::vector<uint64_t> offsets(std::vector<uint64_t> const& bitmap)
{
    std::vector<uint64_t> found;
    for (uint64_t page = 0; page < bitmap.size() * 64; ++page)
        if (bitmap[page / 64] >> (page % 64) & 1)
            found.push_back(page * 4096);
    return found;
}

constexpr uint64_t kVirtual = 0x10'0000; // of pages that are in no order in RAM
constexpr uint64_t kOffsets[] { 0x5000, 0x1000, 0x9000 };

// An MMU that translates three pages, in a machine that logs.
struct LoggedGuest : MmuGuest {
    LoggedGuest() : LoggedGuest(std::make_unique<GuestMemory>()) { }
    explicit LoggedGuest(std::unique_ptr<GuestMemory> m) : MmuGuest(*m), memory(std::move(m)), tables(*memory, 12, 39)
    {
        for (uint64_t page = 0; page < 3; ++page)
            tables.map(kVirtual + page * 0x1000, kRamBase + kOffsets[page], 3, kAf);
        enable(tcr_for(12, 39), tables.root);
        log_dirty(memory->map, "ram");
        REQUIRE(mmu.adopt_memory_map());
    }
    std::vector<uint64_t> take()
    {
        mmu.invalidate_first_level();
        return offsets(slot_of(memory->map, "ram").dirty_log->take());
    }

    std::unique_ptr<GuestMemory> memory;
    Tables tables;
};

}

TEST_CASE("dirty log: a page is logged by its first store, on the fast path after a load as well")
{
    LoggedGuest guest;
    uint64_t value = 0;
    REQUIRE(load(guest.cpu, kVirtual, value));
    REQUIRE(load(guest.cpu, kVirtual + 8, value));
    CHECK(guest.take().empty());
    REQUIRE(load(guest.cpu, kVirtual, value)); // now the page can be read without a look
    REQUIRE(store<uint8_t>(guest.cpu, kVirtual + 16, 1));
    REQUIRE(store<uint8_t>(guest.cpu, kVirtual + 17, 1));
    CHECK(guest.take() == std::vector<uint64_t> { kOffsets[0] });
    CHECK(guest.take().empty());
    REQUIRE(store<uint8_t>(guest.cpu, kVirtual + 18, 1));
    CHECK(guest.take() == std::vector<uint64_t> { kOffsets[0] });
}

TEST_CASE("dirty log: a store across pages, an atomic and DC ZVA are logged where they write")
{
    LoggedGuest guest;
    REQUIRE(store<uint64_t>(guest.cpu, kVirtual + 0xffc, 1));
    CHECK(guest.take() == std::vector<uint64_t> { kOffsets[1], kOffsets[0] });
    REQUIRE(atomic_pointer(guest.cpu, kVirtual + 0x2008, 8));
    CHECK(guest.take() == std::vector<uint64_t> { kOffsets[2] });
    constexpr uint16_t kZva = arch::system_register(1, 3, 7, 4, 1);
    REQUIRE(execute_data_cache_maintenance(guest.cpu, kZva, kVirtual + 0x1000) == Flow::Next);
    CHECK(guest.take() == std::vector<uint64_t> { kOffsets[1] });
}

TEST_CASE("dirty log: what the table walk writes is logged, and nothing else")
{
    LoggedGuest guest;
    constexpr uint64_t kHardwareFlags = uint64_t { 1 } << 39 | uint64_t { 1 } << 40; // TCR_EL1.HA, HD
    guest.enable(tcr_for(12, 39) | kHardwareFlags, guest.tables.root);
    guest.tables.map(kVirtual, kRamBase + kOffsets[0], 3, kReadOnly | kDbm); // not accessed, clean
    uint64_t const table = align_down(guest.tables.descriptor(kVirtual, 3), uint64_t { 4096 }) - kRamBase;
    uint64_t value = 0;
    REQUIRE(load(guest.cpu, kVirtual, value));
    CHECK(guest.take() == std::vector<uint64_t> { table });
    REQUIRE(store<uint64_t>(guest.cpu, kVirtual, 1));
    CHECK(guest.take() == std::vector<uint64_t> { kOffsets[0], table });
}

TEST_CASE("dirty log: collect_dirty_log() makes every vCPU log anew")
{
    EmulatedMachine machine { 2 };
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    turn_mmu_on(machine, tables);
    machine.load(kCode, kStoreAndStop);
    log_dirty(machine.memory.map, "ram");
    auto const quiesced = wires::Quiesced::for_tests();
    REQUIRE(machine.vm->memory_map_changed(quiesced).ok());
    auto const take = [&] {
        auto const& slot = slot_of(machine.memory.map, "ram");
        REQUIRE(machine.vm->collect_dirty_log(slot, quiesced).ok());
        return offsets(slot.dirty_log->take());
    };
    REQUIRE(machine.engine->capabilities().dirty_log);
    for (unsigned vcpu = 0; vcpu < 2; ++vcpu) {
        machine.set_x(1, kRamBase + 0x30'0000 + vcpu * 0x1000, vcpu);
        machine.set_pc(kCode, vcpu);
        REQUIRE(machine.run_to_hvc(vcpu) == 1);
    }
    std::vector<uint64_t> const both { 0x30'0000, 0x30'1000 };
    CHECK(take() == both);
    for (unsigned round = 0; round < 3; ++round) {
        for (unsigned vcpu = 0; vcpu < 2; ++vcpu)
            REQUIRE(machine.run_to_hvc(vcpu) == 1);
        CHECK(take() == both);
    }
    CHECK(take().empty());
}

TEST_CASE("a new map is in force at once for data, code and table walks, though a vCPU has used the old one")
{
    EmulatedMachine machine;
    Tables tables(machine.memory, 12, 39);
    identity_map_ram(tables);
    turn_mmu_on(machine, tables);
    machine.load(kCode, kStoreAndStop);
    uint64_t const data = kRamBase + 0x30'0000;
    machine.set_x(0, 1);
    machine.set_x(1, data);
    machine.set_pc(kCode);
    REQUIRE(machine.run_to_hvc() == 1);
    REQUIRE(machine.run_to_hvc() == 1);

    // A copy of all memory takes its place, in which the same code ends with another HVC.
    auto const copy = memory::Backing::create_anonymous(kRamSize).take();
    std::memcpy(copy->data(), machine.memory.ram->data(), kRamSize);
    uint32_t const hvc2 = 0xd4000042;
    std::memcpy(copy->data() + (kCode - kRamBase) + 4, &hvc2, 4);
    auto transaction = machine.memory.map.begin();
    transaction.remove(slot_of(machine.memory.map, "ram").id);
    transaction.add("copy", { kRamBase }, kRamSize, copy, 0, {});
    auto const quiesced = wires::Quiesced::for_tests();
    REQUIRE(machine.memory.map
                .commit(std::move(transaction), quiesced, [&] { return machine.vm->memory_map_changed(quiesced); })
                .ok());
    machine.set_x(0, 2);
    machine.set_pc(kCode);
    CHECK(machine.run_to_hvc() == 2);
    CHECK(machine.memory.read<uint64_t>(data) == 1);
    uint64_t now = 0;
    std::memcpy(&now, copy->data() + (data - kRamBase), 8);
    CHECK(now == 2);
}

// As a restored interrupt controller does: its line is as it was saved, a moment before anybody told it of the
// deadline.
TEST_CASE("a timer that is due raises its line when the clock goes on, whatever the line was loaded with")
{
    EmulatedMachine machine(2);
    for (auto const& vcpu : machine.vcpus) {
        REQUIRE(vcpu->write_register(engine::kRegisterVirtualTimerCompare, { 1, 0 }).ok());
        REQUIRE(vcpu->write_register(engine::kRegisterVirtualTimerControl, { 1, 0 }).ok());
    }
    machine.irqs[0]->set_level(false);
    machine.irqs[1]->set_level(false);
    REQUIRE(machine.vm->clock_changed(true, wires::Quiesced::for_tests()).ok());
    for (auto const& vcpu : machine.vcpus)
        CHECK(vcpu->wait_for_interrupt() == engine::Vcpu::Wake::Interrupt);
}

TEST_CASE("a guest reads the frequency that its counter has, before and after a reset")
{
    constexpr std::array kReadFrequency {
        0xd53be000u, // mrs x0, cntfrq_el0
        0xd4000022u, // hvc #0x1
    };
    EmulatedMachine machine;
    machine.load(kRamBase, kReadFrequency);
    auto const read = [&] {
        machine.set_pc(kRamBase);
        REQUIRE(machine.run_to_hvc() == 1);
        return machine.x(0);
    };
    CHECK(read() == 62'500'000);
    REQUIRE(machine.vm->set_counter_frequency(24'000'000, wires::Quiesced::for_tests()).ok());
    CHECK(read() == 24'000'000);
    machine.vcpus[0]->reset();
    CHECK(read() == 24'000'000);
}

TEST_CASE("a portable vCPU stays the part that a saved machine brought along, on and off")
{
    constexpr auto kMidr = engine::system_register_id(arch::system_register(3, 0, 0, 0, 0));
    constexpr auto kRevidr = engine::system_register_id(arch::system_register(3, 0, 0, 0, 6));
    GuestMemory memory;
    ManualClock clock;
    ManualTimers timers;
    auto const engine = create_emulator_engine("portable-v1").take();
    auto const vm = engine->create_vm(memory.map, clock, timers).take();
    auto const vcpu = vm->create_vcpu(0, 0).take();
    REQUIRE(vcpu->write_register(kMidr, { 0x410f'd083, 0 }).ok());
    REQUIRE(vcpu->write_register(kRevidr, { 0x80, 0 }).ok());
    vcpu->reset();
    CHECK(vcpu->read_register(kMidr).take().low == 0x410f'd083);
    CHECK(vcpu->read_register(kRevidr).take().low == 0x80);
}
