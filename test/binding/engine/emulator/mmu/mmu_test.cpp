#include "arch/system_register_encoding.h"
#include "engine/emulator/mmu/guest_fixture.h"
#include "engine/emulator/mmu/mmu.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint64_t kPageA = kRamBase + 0x10000;
constexpr uint64_t kPageB = kRamBase + 0x11000;
constexpr uint64_t kAddress = 0x12'3000;

constexpr uint16_t tlbi(unsigned crm, unsigned op2)
{
    return arch::system_register(1, 0, 8, crm, op2);
}

// A page at kAddress that is known to the TLB, and whose descriptor then moves to another physical page.
struct MovedPage {
    explicit MovedPage(uint64_t attributes = kNotGlobal, uint64_t address = kAddress)
        : tables(memory, 12, 39)
        , guest(memory)
        , where(address)
    {
        tables.map(address & low_mask(39), kPageA, 3, kAf | attributes);
        memory.write<uint64_t>(kPageA, 0xaaaa);
        memory.write<uint64_t>(kPageB, 0xbbbb);
        guest.enable(tcr_for(12, 39) | uint64_t { 1 } << 36, tables.root | uint64_t { 7 } << 48, tables.root);
        CHECK(read() == 0xaaaa);
        tables.map(address & low_mask(39), kPageB, 3, kAf | attributes);
        CHECK(read() == 0xaaaa); // stale until a TLBI, as on hardware
    }

    uint64_t read()
    {
        uint64_t value = 0;
        CHECK(load(guest.cpu, where, value));
        return value;
    }
    void set_asid(uint64_t asid)
    {
        guest.cpu.system(SystemRegister::TTBR0_EL1) = tables.root | asid << 48;
        guest.mmu.regime_changed(guest.cpu);
    }

    GuestMemory memory;
    Tables tables;
    MmuGuest guest;
    uint64_t where;
};

}

TEST_CASE("the regime faults of level 0: range, EPD, E0PD")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    tables.map(0, kRamBase, 3, kAf | kUser);
    MmuGuest guest(memory);
    guest.enable(tcr_for(12, 39), tables.root, tables.root);
    CHECK(guest.status_of(0, Intent::Read) == kNoFault);
    CHECK(guest.status_of(uint64_t { 1 } << 39, Intent::Read) == kTranslationFault);
    CHECK(guest.status_of(~low_mask(39), Intent::Read) == kNoFault);
    CHECK(guest.status_of(~low_mask(40), Intent::Read) == kTranslationFault);
    CHECK(guest.status_of(uint64_t { 0x5a } << 56, Intent::Read) == kTranslationFault);

    guest.enable(tcr_for(12, 39) | uint64_t { 1 } << 37, tables.root); // TBI0
    CHECK(guest.status_of(uint64_t { 0x5a } << 56, Intent::Read) == kNoFault);

    guest.enable(tcr_for(12, 39) | 1 << 7, tables.root, tables.root); // EPD0
    CHECK(guest.status_of(0, Intent::Read) == kTranslationFault);
    CHECK(guest.status_of(~low_mask(39), Intent::Read) == kNoFault);

    guest.enable(tcr_for(12, 39) | uint64_t { 1 } << 56, tables.root, tables.root); // E0PD1
    CHECK(guest.status_of(~low_mask(39), Intent::Read, TlbContext::El0) == kTranslationFault);
    CHECK(guest.status_of(~low_mask(39), Intent::Read, TlbContext::El1) == kNoFault);
    CHECK(guest.status_of(0, Intent::Read, TlbContext::El0) == kNoFault);
}

TEST_CASE("MMU off: a flat map of Device memory for data, an address size fault beyond the physical addresses")
{
    GuestMemory memory;
    MmuGuest guest(memory);
    memory.write<uint64_t>(kRamBase, 0x1234'5678'9abc'def0);
    uint64_t value = 0;
    REQUIRE(load(guest.cpu, kRamBase, value));
    CHECK(value == 0x1234'5678'9abc'def0);
    CHECK(!load(guest.cpu, kRamBase + 1, value));
    CHECK(guest.fault_status() == kAlignmentFault);
    CHECK(guest.cpu.exception.far == kRamBase + 1);
    CHECK(!load(guest.cpu, uint64_t { 1 } << 48, value));
    CHECK(guest.fault_status() == kAddressSizeFault);
}

TEST_CASE("PAN keeps EL1 from user pages, but not its unprivileged accesses")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    tables.map(kAddress, kPageA, 3, kAf | kUser);
    MmuGuest guest(memory);
    guest.enable(tcr_for(12, 39), tables.root);
    uint64_t value = 0;
    guest.set_privilege(1, false);
    CHECK(load(guest.cpu, kAddress, value));
    guest.set_privilege(1, true);
    CHECK(!load(guest.cpu, kAddress, value));
    CHECK(guest.fault_status() == (kPermissionFault | 3));
    CHECK(load(guest.cpu, kAddress, value, Access::Unprivileged));
    CHECK(store(guest.cpu, kAddress, value, Access::Unprivileged));
    guest.set_privilege(0, false);
    CHECK(load(guest.cpu, kAddress, value));
}

TEST_CASE("a fault tells write, status and the address with its tag")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    tables.map(kAddress, kPageA, 3, kAf | kReadOnly);
    MmuGuest guest(memory);
    guest.enable(tcr_for(12, 39) | uint64_t { 1 } << 37, tables.root);
    guest.cpu.pc = 0x8000;
    uint64_t const tagged = kAddress | uint64_t { 0xa5 } << 56;
    uint64_t value = 0;
    REQUIRE(load(guest.cpu, tagged, value));
    CHECK(!store(guest.cpu, tagged + 8, value));
    CHECK(guest.cpu.exception.exception_class == ExceptionClass::DataAbortLower);
    CHECK(guest.cpu.exception.iss == (kIssWrite | kPermissionFault | 3));
    CHECK(guest.cpu.exception.far == tagged + 8);
    CHECK(guest.cpu.exception.return_address == 0x8000);
    CHECK(fault(guest.cpu) == Flow::Exception);
}

TEST_CASE("translations are stale until the TLBI that names them")
{
    struct Case {
        uint16_t encoding;
        uint64_t value;
        bool hits;
    };
    constexpr uint64_t kPage = kAddress >> 12;
    constexpr uint64_t kAsid7 = uint64_t { 7 } << 48;
    constexpr uint64_t kRange4K = uint64_t { 1 } << 46;
    for (Case const& c : {
             Case { tlbi(7, 0), 0, true }, // VMALLE1
             Case { tlbi(3, 0), 0, true }, // VMALLE1IS
             Case { tlbi(1, 0), 0, true }, // VMALLE1OS
             Case { tlbi(3, 1), kPage | kAsid7, true }, // VAE1IS
             Case { tlbi(3, 1), kPage | uint64_t { 8 } << 48, false }, Case { tlbi(3, 1), (kPage + 1) | kAsid7, false },
             Case { tlbi(3, 5), kPage | kAsid7, true }, // VALE1IS
             Case { tlbi(3, 3), kPage, true }, // VAAE1IS
             Case { tlbi(7, 7), kPage, true }, // VAALE1
             Case { tlbi(3, 2), kAsid7, true }, // ASIDE1IS
             Case { tlbi(3, 2), uint64_t { 8 } << 48, false },
             Case { tlbi(6, 1), (kPage - 1) | kAsid7 | kRange4K, true }, // RVAE1, two pages
             Case { tlbi(6, 1), (kPage + 1) | kAsid7 | kRange4K, false },
             Case { tlbi(2, 5), (kPage - 60) | kAsid7 | kRange4K | uint64_t { 1 } << 44, true }, // RVALE1IS, 64 pages
             Case { tlbi(5, 7), kPage | kRange4K, true }, // RVAALE1OS
         }) {
        CAPTURE(c.encoding);
        CAPTURE(c.value);
        MovedPage moved;
        REQUIRE(execute_tlbi(moved.guest.cpu, c.encoding, c.value));
        // The first level may have lost the entry all the same; what counts is that a hit never shows the old page.
        if (c.hits)
            CHECK(moved.read() == 0xbbbb);
        else
            CHECK(moved.read() == 0xaaaa);
    }
}

TEST_CASE("global entries survive ASIDE1 and go with VAE1 of any ASID")
{
    {
        MovedPage moved(0);
        REQUIRE(execute_tlbi(moved.guest.cpu, tlbi(7, 2), uint64_t { 7 } << 48));
        CHECK(moved.read() == 0xaaaa);
    }
    MovedPage moved(0);
    REQUIRE(execute_tlbi(moved.guest.cpu, tlbi(7, 1), kAddress >> 12 | uint64_t { 99 } << 48));
    CHECK(moved.read() == 0xbbbb);
}

TEST_CASE("the upper half's addresses are sign-extended from the operand")
{
    MovedPage moved(0, kAddress | ~low_mask(39));
    uint64_t const operand = bits<55, 12>(moved.where);
    REQUIRE(execute_tlbi(moved.guest.cpu, tlbi(3, 7), operand));
    CHECK(moved.read() == 0xbbbb);
}

TEST_CASE("a change of ASID hides the entries of the other and keeps them")
{
    MovedPage moved;
    moved.set_asid(8);
    CHECK(moved.read() == 0xbbbb); // walked anew
    moved.set_asid(7);
    CHECK(moved.read() == 0xaaaa); // still known
}

TEST_CASE("undefined TLBI encodings are refused")
{
    GuestMemory memory;
    MmuGuest guest(memory);
    CHECK(!execute_tlbi(guest.cpu, tlbi(7, 4), 0));
    CHECK(!execute_tlbi(guest.cpu, tlbi(0, 1), 0));
    CHECK(!execute_tlbi(guest.cpu, tlbi(2, 0), 0));
    CHECK(!execute_tlbi(guest.cpu, arch::system_register(1, 4, 8, 7, 0), 0)); // EL2's
}

TEST_CASE("a TLBI inside a block removes all pieces of the block")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    MmuGuest guest(memory);
    tables.map(0x4000'0000, kRamBase, 2, kAf);
    guest.enable(tcr_for(12, 39), tables.root);
    memory.write<uint64_t>(kRamBase + 0x5000, 1);
    memory.write<uint64_t>(kRamBase + 2_MiB + 0x5000, 2);
    uint64_t value = 0;
    REQUIRE(load(guest.cpu, 0x4000'5000, value));
    CHECK(value == 1);
    tables.map(0x4000'0000, kRamBase + 2_MiB, 2, kAf);
    REQUIRE(execute_tlbi(guest.cpu, tlbi(7, 1), 0x401f'f000 >> 12));
    REQUIRE(load(guest.cpu, 0x4000'5000, value));
    CHECK(value == 2);
}

TEST_CASE("AT reports address, attributes and faults in PAR_EL1")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    tables.map(kAddress, kPageA, 3, kAf | kReadOnly | kUser | 3 << 8);
    tables.map(kAddress + 0x1000, 0x900'0000, 3, kAf | kDeviceIndex);
    MmuGuest guest(memory);
    guest.enable(tcr_for(12, 39), tables.root);
    auto const par = [&](unsigned crm, unsigned op2, uint64_t address) {
        CHECK(execute_address_translation(guest.cpu, arch::system_register(1, 0, 7, crm, op2), address) == Flow::Next);
        return guest.cpu.system(SystemRegister::PAR_EL1);
    };
    constexpr uint64_t kRes1 = 1 << 11;
    auto const fault_par = [](uint64_t status) { return kRes1 | status << 1 | 1; };
    CHECK(par(8, 0, kAddress + 0x123) == (uint64_t { 0xff } << 56 | kPageA | kRes1 | 3 << 7));
    CHECK(par(8, 1, kAddress) == fault_par(kPermissionFault | 3));
    CHECK(par(8, 2, kAddress) == (uint64_t { 0xff } << 56 | kPageA | kRes1 | 3 << 7));
    CHECK(par(8, 3, kAddress) == fault_par(kPermissionFault | 3));
    CHECK(par(8, 0, kAddress + 0x1000) == (0x900'0000 | kRes1 | 2 << 7));
    CHECK(par(8, 2, kAddress + 0x1000) == fault_par(kPermissionFault | 3));
    CHECK(par(8, 0, 0x77'7000'0000) == fault_par(kTranslationFault | 1));
    guest.set_privilege(1, true);
    CHECK(par(8, 0, kAddress) == (uint64_t { 0xff } << 56 | kPageA | kRes1 | 3 << 7)); // PAN does not count
    CHECK(par(9, 0, kAddress) == fault_par(kPermissionFault | 3)); // S1E1RP
}
