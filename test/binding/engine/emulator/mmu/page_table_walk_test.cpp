#include "engine/emulator/mmu/guest_fixture.h"
#include "engine/emulator/mmu/page_table_walk.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

struct Walker {
    explicit Walker(GuestMemory& memory) : view(memory.map.view()) { }

    void configure(uint64_t tcr, uint64_t ttbr0, uint64_t ttbr1 = 0, uint64_t sctlr = 1)
    {
        regime = make_regime({ sctlr, tcr, ttbr0, ttbr1, kMair });
    }
    FaultStatus operator()(uint64_t address, Intent intent = Intent::Read, TlbContext privilege = TlbContext::El1)
    {
        return walk(regime, *view, { address, intent, privilege, true }, translation);
    }

    std::shared_ptr<memory::FlatView const> view;
    Regime regime;
    Translation translation;
};

}

TEST_CASE("a page is found with each granule and input size, in both halves")
{
    for (unsigned const granule : { 12u, 14u, 16u }) {
        for (unsigned const input_bits : { 25u, 33u, 39u, 42u, 48u }) {
            CAPTURE(granule);
            CAPTURE(input_bits);
            GuestMemory memory;
            Tables tables(memory, granule, input_bits);
            uint64_t const offset = (uint64_t { 5 } << granule) & low_mask(input_bits);
            uint64_t const physical = kRamBase + (uint64_t { 3 } << granule);
            tables.map(offset, physical, 3, kAf | kNotGlobal | 3 << 8);
            Walker walker(memory);

            walker.configure(tcr_for(granule, input_bits), tables.root);
            REQUIRE(walker(offset + 0x123) == kNoFault);
            CHECK(walker.translation.physical_of(offset + 0x123) == physical + 0x123);
            CHECK(walker.translation.shift == granule);
            CHECK(walker.translation.level == 3);
            CHECK(!walker.translation.global);
            CHECK(walker.translation.shareability == 3);
            CHECK(walker.translation.attributes == 0xff);

            walker.configure(tcr_for(granule, input_bits), 0, tables.root);
            uint64_t const upper = offset | ~low_mask(input_bits);
            REQUIRE(walker(upper + 0x10) == kNoFault);
            CHECK(walker.translation.physical_of(upper + 0x10) == physical + 0x10);
        }
    }
}

TEST_CASE("blocks exist at the levels that the granule allows")
{
    struct Case {
        unsigned granule;
        unsigned level;
        bool allowed;
    };
    for (Case const& c : { Case { 12, 0, false }, Case { 12, 1, true }, Case { 12, 2, true }, Case { 14, 1, false },
             Case { 14, 2, true }, Case { 16, 1, false }, Case { 16, 2, true } }) {
        CAPTURE(c.granule);
        CAPTURE(c.level);
        GuestMemory memory;
        Tables tables(memory, c.granule, 48);
        uint64_t const size = uint64_t { 1 } << tables.shift(c.level);
        tables.map(0, size, c.level, kAf);
        Walker walker(memory);
        walker.configure(tcr_for(c.granule, 48), tables.root);
        CHECK(walker(0x1234) == (c.allowed ? kNoFault : kTranslationFault | c.level));
        if (c.allowed)
            CHECK(walker.translation.physical_of(0x1234) == size + 0x1234);
    }
}

TEST_CASE("each missing level is reported")
{
    for (unsigned const granule : { 12u, 14u, 16u }) {
        for (unsigned level = Tables(*std::make_unique<GuestMemory>(), granule, 48).start_level(); level <= 3;
             ++level) {
            CAPTURE(granule);
            CAPTURE(level);
            GuestMemory memory;
            Tables tables(memory, granule, 48);
            memory.write<uint64_t>(tables.descriptor(0, level), 0);
            Walker walker(memory);
            walker.configure(tcr_for(granule, 48), tables.root);
            CHECK(walker(0) == (kTranslationFault | level));
        }
    }
}

TEST_CASE("descriptor type 1 at level 3 is a translation fault")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    memory.write<uint64_t>(tables.descriptor(0, 3), kRamBase | kAf | 1);
    Walker walker(memory);
    walker.configure(tcr_for(12, 39), tables.root);
    CHECK(walker(0) == (kTranslationFault | 3));
}

TEST_CASE("tables and outputs beyond the output size are address size faults")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    Walker walker(memory);
    uint64_t const tcr_32_bits = tcr_for(12, 39) & ~(uint64_t { 7 } << 32);

    tables.map(0, uint64_t { 1 } << 32, 3, kAf);
    walker.configure(tcr_32_bits, tables.root);
    CHECK(walker(0) == (kAddressSizeFault | 3));

    memory.write<uint64_t>(tables.descriptor(0, 2), uint64_t { 1 } << 32 | 3);
    CHECK(walker(0) == (kAddressSizeFault | 2));

    walker.configure(tcr_32_bits, uint64_t { 1 } << 32);
    CHECK(walker(0) == (kAddressSizeFault | 0));
}

TEST_CASE("a table where no memory is aborts the walk at its level")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    memory.write<uint64_t>(tables.descriptor(0, 1), 0x1000 | 3);
    Walker walker(memory);
    walker.configure(tcr_for(12, 39), tables.root);
    CHECK(walker(0) == (kExternalAbortOnWalk | 2));
    walker.configure(tcr_for(12, 39), 0x1000);
    CHECK(walker(0) == (kExternalAbortOnWalk | 1));
}

TEST_CASE("the access flag faults, or is set when TCR_EL1.HA says so")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    tables.map(0, kRamBase, 3, 0);
    uint64_t const where = tables.descriptor(0, 3);
    uint64_t const before = memory.read<uint64_t>(where);
    Walker walker(memory);

    walker.configure(tcr_for(12, 39), tables.root);
    CHECK(walker(0) == (kAccessFlagFault | 3));
    CHECK(memory.read<uint64_t>(where) == before);

    walker.configure(tcr_for(12, 39) | uint64_t { 1 } << 39, tables.root);
    Translation translation;
    CHECK(walk(walker.regime, *walker.view, { 0, Intent::Read, TlbContext::El1, false }, translation) == kNoFault);
    CHECK(memory.read<uint64_t>(where) == before); // AT updates nothing
    CHECK(walker(0) == kNoFault);
    CHECK(memory.read<uint64_t>(where) == (before | kAf));
}

TEST_CASE("a permitted write makes a writable-clean page dirty, a read or a forbidden write does not")
{
    GuestMemory memory;
    Tables tables(memory, 12, 39);
    tables.map(0, kRamBase, 3, kAf | kReadOnly | kDbm);
    uint64_t const where = tables.descriptor(0, 3);
    uint64_t const clean = memory.read<uint64_t>(where);
    Walker walker(memory);
    uint64_t const ha = uint64_t { 1 } << 39;
    uint64_t const hd = uint64_t { 1 } << 40;

    walker.configure(tcr_for(12, 39) | ha, tables.root); // HD clear: DBM means nothing
    REQUIRE(walker(0, Intent::Write) == kNoFault);
    CHECK(!is_permitted(walker.translation.permissions, TlbContext::El1, Intent::Write));

    walker.configure(tcr_for(12, 39) | ha | hd, tables.root);
    REQUIRE(walker(0, Intent::Read) == kNoFault);
    CHECK(walker.translation.clean);
    CHECK(memory.read<uint64_t>(where) == clean);
    REQUIRE(walker(0, Intent::Write, TlbContext::El0) == kNoFault); // no EL0 access to this page
    CHECK(memory.read<uint64_t>(where) == clean);
    REQUIRE(walker(0, Intent::Write) == kNoFault);
    CHECK(!walker.translation.clean);
    CHECK(memory.read<uint64_t>(where) == (clean & ~kReadOnly));
}

TEST_CASE("an access flag in a read-only slot cannot be set: external abort on the walk")
{
    GuestMemory memory;
    uint64_t const descriptor = kRamBase | 1; // a level 1 block with the access flag clear
    std::memcpy(memory.rom->data(), &descriptor, 8);
    Walker walker(memory);
    walker.configure(tcr_for(12, 39) | uint64_t { 1 } << 39, kRomBase);
    CHECK(walker(0) == (kExternalAbortOnWalk | 1));
}

TEST_CASE("permissions follow AP, UXN, PXN, WXN and the table attributes")
{
    constexpr uint8_t kEl1Rw = kReadEl1 | kWriteEl1;
    constexpr uint8_t kUserRw = kReadEl0 | kWriteEl0 | kUserPage;
    constexpr uint64_t kApTableNoEl0 = uint64_t { 1 } << 61;
    constexpr uint64_t kApTableReadOnly = uint64_t { 1 } << 62;
    constexpr uint64_t kUxnTable = uint64_t { 1 } << 60;
    constexpr uint64_t kPxnTable = uint64_t { 1 } << 59;
    struct Case {
        uint64_t leaf;
        uint64_t table;
        bool wxn;
        int expected;
    };
    Case const cases[] {
        { 0, 0, false, kEl1Rw | kExecuteEl1 | kExecuteEl0 }, // EL0 may execute what it may not read
        { kUxn | kPxn, 0, false, kEl1Rw },
        { kUser, 0, false, kEl1Rw | kUserRw | kExecuteEl0 }, // writable at EL0: never executable at EL1
        { kUser | kReadOnly, 0, false, kReadEl1 | kReadEl0 | kUserPage | kExecuteEl0 | kExecuteEl1 },
        { kReadOnly | kUxn, 0, false, kReadEl1 | kExecuteEl1 },
        { 0, 0, true, kEl1Rw | kExecuteEl0 },
        { kUser, 0, true, kEl1Rw | kUserRw },
        { kReadOnly, 0, true, kReadEl1 | kExecuteEl1 | kExecuteEl0 },
        { kUser, kApTableNoEl0, false, kEl1Rw | kExecuteEl1 | kExecuteEl0 },
        { kUser, kApTableReadOnly, false, kReadEl1 | kReadEl0 | kUserPage | kExecuteEl0 | kExecuteEl1 },
        { kUser | kReadOnly, kUxnTable, false, kReadEl1 | kReadEl0 | kUserPage | kExecuteEl1 },
        { kUser | kReadOnly, kPxnTable, false, kReadEl1 | kReadEl0 | kUserPage | kExecuteEl0 },
    };
    for (Case const& c : cases) {
        CAPTURE(c.leaf);
        CAPTURE(c.table);
        CAPTURE(c.wxn);
        GuestMemory memory;
        Tables tables(memory, 12, 39);
        tables.map(0, kRamBase, 3, c.leaf | kAf, c.table);
        Walker walker(memory);
        walker.configure(tcr_for(12, 39), tables.root, 0, c.wxn ? 1 | 1 << 19 : 1);
        REQUIRE(walker(0) == kNoFault);
        CHECK(walker.translation.permissions == c.expected);

        // TCR_EL1.HPD0: the table's limits do not count.
        walker.configure(tcr_for(12, 39) | uint64_t { 1 } << 41, tables.root, 0, c.wxn ? 1 | 1 << 19 : 1);
        Walker plain(memory);
        Tables same(memory, 12, 39);
        same.map(0, kRamBase, 3, c.leaf | kAf);
        plain.configure(tcr_for(12, 39), same.root, 0, c.wxn ? 1 | 1 << 19 : 1);
        REQUIRE(walker(0) == kNoFault);
        REQUIRE(plain(0) == kNoFault);
        CHECK(walker.translation.permissions == plain.translation.permissions);
    }
}
