#include "arch/system_register_encoding.h"
#include "engine/emulator/mmu/cache_instructions.h"
#include "engine/emulator/mmu/guest_fixture.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint64_t kFirst = 0x10'0000; // two pages in a row that are not in a row in RAM
constexpr uint64_t kSecond = 0x10'1000;
constexpr uint64_t kDevice = 0x10'2000;
constexpr uint64_t kRom = 0x10'3000;
constexpr uint64_t kFirstPhysical = kRamBase + 0x3000;
constexpr uint64_t kSecondPhysical = kRamBase + 0x1000;
constexpr uint64_t kDevicePhysical = 0x900'0000;

struct Guest : MmuGuest {
    explicit Guest(uint64_t sctlr = 1) : Guest(std::make_unique<GuestMemory>(), sctlr) { }
    Guest(std::unique_ptr<GuestMemory> m, uint64_t sctlr) : MmuGuest(*m), memory(std::move(m)), tables(*memory, 12, 39)
    {
        tables.map(kFirst, kFirstPhysical, 3, kAf);
        tables.map(kSecond, kSecondPhysical, 3, kAf);
        tables.map(kDevice, kDevicePhysical, 3, kAf | kDeviceIndex);
        tables.map(kRom, kRomBase, 3, kAf);
        enable(tcr_for(12, 39), tables.root, 0, sctlr);
    }

    std::unique_ptr<GuestMemory> memory;
    Tables tables;
};

}

TEST_CASE("an access that crosses pages takes its bytes from both")
{
    Guest guest;
    guest.memory->write<uint32_t>(kFirstPhysical + 0xffc, 0x4433'2211);
    guest.memory->write<uint32_t>(kSecondPhysical, 0x8877'6655);
    uint64_t value = 0;
    REQUIRE(load(guest.cpu, kSecond - 4, value));
    CHECK(value == 0x8877'6655'4433'2211);
    REQUIRE(store<uint64_t>(guest.cpu, kSecond - 1, 0x0102'0304'0506'0708));
    CHECK(guest.memory->read<uint8_t>(kFirstPhysical + 0xfff) == 0x08);
    CHECK(guest.memory->read<uint32_t>(kSecondPhysical) == 0x0405'0607);
}

TEST_CASE("a store that faults on its second page has stored nothing")
{
    Guest guest;
    guest.tables.map(kSecond, kSecondPhysical, 3, kAf | kReadOnly);
    CHECK(!store<uint64_t>(guest.cpu, kSecond - 4, ~uint64_t { 0 }));
    CHECK(guest.memory->read<uint32_t>(kFirstPhysical + 0xffc) == 0);
    CHECK(guest.cpu.exception.far == kSecond);
    CHECK(guest.cpu.exception.iss == (kIssWrite | kPermissionFault | 3));
}

TEST_CASE("device accesses reach the bus in the sizes it knows")
{
    Guest guest;
    uint32_t word = 0;
    REQUIRE(load(guest.cpu, kDevice + 4, word));
    CHECK(word == 0x5566'7788);
    REQUIRE(store<uint8_t>(guest.cpu, kDevice + 1, 0xab));
    REQUIRE(store<Vector>(guest.cpu, kDevice + 16, Vector { { 1, 2 } }));
    using A = RecordingBus::Access;
    CHECK(guest.device.accesses
        == std::vector<A> { A { kDevicePhysical + 4, 4, 0x5566'7788, false }, A { kDevicePhysical + 1, 1, 0xab, true },
            A { kDevicePhysical + 16, 8, 1, true }, A { kDevicePhysical + 24, 8, 2, true } });
}

TEST_CASE("Device memory faults on unaligned and on exclusive accesses")
{
    Guest guest;
    uint32_t word = 0;
    CHECK(!load(guest.cpu, kDevice + 2, word));
    CHECK(guest.cpu.exception.iss == kAlignmentFault);
    CHECK(atomic_pointer(guest.cpu, kDevice, 4) == nullptr);
    CHECK(guest.cpu.exception.iss == (kIssWrite | kUnsupportedExclusive));
    CHECK(guest.device.accesses.empty());
}

TEST_CASE("alignment is checked when SCTLR_EL1.A or the access asks for it")
{
    Guest relaxed;
    uint32_t word = 0;
    CHECK(load(relaxed.cpu, kFirst + 2, word));
    CHECK(!load(relaxed.cpu, kFirst + 2, word, Access::MustBeAligned));
    CHECK(relaxed.cpu.exception.iss == kAlignmentFault);
    CHECK(atomic_pointer(relaxed.cpu, kFirst + 2, 4) == nullptr);
    CHECK(relaxed.cpu.exception.iss == (kIssWrite | kAlignmentFault));

    Guest strict(1 | 1 << 1);
    CHECK(load(strict.cpu, kFirst, word));
    CHECK(!store(strict.cpu, kFirst + 2, word));
    CHECK(strict.cpu.exception.iss == (kIssWrite | kAlignmentFault));
}

TEST_CASE("an atomic's fault is a write's only when a read would have worked")
{
    Guest guest;
    guest.tables.map(kFirst, kFirstPhysical, 3, kAf | kReadOnly);
    CHECK(atomic_pointer(guest.cpu, kFirst, 8) == nullptr);
    CHECK(guest.cpu.exception.iss == (kIssWrite | kPermissionFault | 3));
    CHECK(atomic_pointer(guest.cpu, 0x20'0000, 8) == nullptr);
    CHECK(guest.cpu.exception.iss == (kTranslationFault | 2));
    CHECK(atomic_pointer(guest.cpu, kSecond + 8, 8) == guest.memory->ram->data() + (kSecondPhysical + 8 - kRamBase));
}

TEST_CASE("a read-only slot is read as memory and written through the bus")
{
    Guest guest;
    guest.memory->rom->data()[3] = 0x77;
    uint8_t byte = 0;
    REQUIRE(load(guest.cpu, kRom + 3, byte));
    CHECK(byte == 0x77);
    CHECK(guest.device.accesses.empty());
    REQUIRE(store<uint8_t>(guest.cpu, kRom + 3, 0x11));
    CHECK(guest.device.accesses == std::vector { RecordingBus::Access { kRomBase + 3, 1, 0x11, true } });
    CHECK(guest.memory->rom->data()[3] == 0x77);
}

TEST_CASE("an access that nobody answers stops the vCPU once")
{
    Guest guest;
    guest.device.answers = false;
    guest.cpu.pc = 0x4444;
    uint16_t value = 0;
    CHECK(!load(guest.cpu, kDevice + 2, value));
    CHECK(fault(guest.cpu) == Flow::Stop);
    auto const* const stop = std::get_if<engine::ExitMemoryFault>(&guest.cpu.stop);
    REQUIRE(stop);
    CHECK(stop->address.value == kDevicePhysical + 2);
    REQUIRE(stop->virtual_address);
    CHECK(stop->virtual_address->value == kDevice + 2);
    CHECK(stop->kind == engine::AccessKind::Read);
    CHECK(stop->size == 2);
    CHECK(guest.cpu.pc == 0x4444);
}

TEST_CASE("an access is tried again when the memory map has changed since")
{
    Guest guest;
    guest.device.answers = false;
    auto transaction = guest.memory->map.begin();
    transaction.add("late", arch::Gpa { 0x5000'0000 }, 64_KiB, guest.memory->rom, 0, {});
    REQUIRE(guest.memory->map.commit(std::move(transaction), wires::Quiesced::for_tests()).ok());
    guest.tables.map(kDevice, 0x5000'0000, 3, kAf);
    REQUIRE(store<uint32_t>(guest.cpu, kDevice, 0xcafe));
    CHECK(guest.memory->rom->data()[0] == 0xfe);
}

TEST_CASE("DC ZVA zeroes its block, and the other DC instructions check the address")
{
    Guest guest;
    constexpr uint16_t kZva = arch::system_register(1, 3, 7, 4, 1);
    constexpr uint16_t kCivac = arch::system_register(1, 3, 7, 14, 1);
    for (uint64_t offset = 0; offset < 192; offset += 8)
        guest.memory->write<uint64_t>(kFirstPhysical + offset, ~uint64_t { 0 });
    for (int pass = 0; pass < 2; ++pass) { // the slow path, then the first-level TLB
        guest.memory->write<uint64_t>(kFirstPhysical + 64, ~uint64_t { 0 });
        CHECK(execute_data_cache_maintenance(guest.cpu, kZva, kFirst + 100) == Flow::Next);
        CHECK(guest.memory->read<uint64_t>(kFirstPhysical + 56) == ~uint64_t { 0 });
        CHECK(guest.memory->read<uint64_t>(kFirstPhysical + 64) == 0);
        CHECK(guest.memory->read<uint64_t>(kFirstPhysical + 120) == 0);
        CHECK(guest.memory->read<uint64_t>(kFirstPhysical + 128) == ~uint64_t { 0 });
    }
    CHECK(execute_data_cache_maintenance(guest.cpu, kZva, kDevice) == Flow::Exception);
    CHECK(guest.cpu.exception.iss == (kIssWrite | kAlignmentFault));
    CHECK(execute_data_cache_maintenance(guest.cpu, kCivac, kFirst) == Flow::Next);
    CHECK(execute_data_cache_maintenance(guest.cpu, kCivac, 0x20'0000) == Flow::Exception);
    CHECK(guest.cpu.exception.iss == (kIssWrite | kIssCacheMaintenance | kTranslationFault | 2));
}

TEST_CASE("a watched page stays on the slow path and its watchpoint hits")
{
    Guest guest;
    guest.cpu.system(SystemRegister::MDSCR_EL1) = 1 << 15 | 1 << 13; // MDE, KDE
    guest.cpu.system(SystemRegister::DBGWVR0_EL1) = kFirst + 8;
    guest.cpu.system(SystemRegister::DBGWCR0_EL1) = 1 | 1 << 1 | 2 << 3 | 0xff << 5; // E, EL1, stores, 8 bytes
    guest.cpu.system(SystemRegister::OSLSR_EL1) = 0;
    guest.cpu.pstate.daif = 0;
    guest.mmu.invalidate_first_level();
    CHECK(store<uint64_t>(guest.cpu, kFirst, 1));
    uint64_t value = 0;
    CHECK(load(guest.cpu, kFirst + 8, value));
    CHECK(!store<uint64_t>(guest.cpu, kFirst + 8, 1));
    CHECK(guest.cpu.exception.exception_class == ExceptionClass::WatchpointLower);
    CHECK(guest.memory->read<uint64_t>(kFirstPhysical + 8) == 0);
    CHECK(store<uint64_t>(guest.cpu, kSecond, 1));
}

TEST_CASE("a watchpoint on loads sees an atomic, and not a store exclusive")
{
    Guest guest;
    guest.cpu.system(SystemRegister::MDSCR_EL1) = 1 << 15 | 1 << 13; // MDE, KDE
    guest.cpu.system(SystemRegister::DBGWVR0_EL1) = kFirst;
    guest.cpu.system(SystemRegister::DBGWCR0_EL1) = 1 | 1 << 1 | 1 << 3 | 0xff << 5; // E, EL1, loads, 8 bytes
    guest.cpu.system(SystemRegister::OSLSR_EL1) = 0;
    guest.cpu.pstate.daif = 0;
    guest.mmu.invalidate_first_level();
    CHECK(atomic_pointer(guest.cpu, kFirst, 8, Access::StoreExclusive) != nullptr);
    CHECK(atomic_pointer(guest.cpu, kFirst, 8) == nullptr);
    CHECK(guest.cpu.exception.exception_class == ExceptionClass::WatchpointLower);
    CHECK((guest.cpu.exception.iss & kIssWrite) == 0); // a load would have hit as well
}

TEST_CASE("the fault of a store exclusive is a write's")
{
    Guest guest;
    CHECK(atomic_pointer(guest.cpu, 0x20'0000, 8, Access::StoreExclusive) == nullptr);
    CHECK(guest.cpu.exception.iss == (kIssWrite | kTranslationFault | 2));
}
