#include "engine/kvm/memory_slots.h"

#include "base/sys/mapping.h"
#include "engine/kvm/fake_host.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>

using namespace dormouse;
using namespace dormouse::kvm;

namespace {

struct Slots {
    std::shared_ptr<FakeHost> host { std::make_shared<FakeHost>() };
    Descriptor vm { host, FakeHost::kVm };
    MemorySlots slots { vm };
    std::shared_ptr<memory::Backing> backing { memory::Backing::create_anonymous(64 * sys::host_page_size()).take() };

    memory::Slot slot(uint64_t page, uint64_t pages, uint64_t offset = 0, bool read_only = false) const
    {
        uint64_t const size = sys::host_page_size();
        memory::Slot slot;
        slot.name = "p" + std::to_string(page);
        slot.base = { page * size };
        slot.size = pages * size;
        slot.backing = backing;
        slot.backing_offset = offset * size;
        slot.flags.read_only = read_only;
        return slot;
    }
    // Base, size, host address and flags of everything the kernel has.
    std::vector<std::array<uint64_t, 4>> kernel() const
    {
        std::vector<std::array<uint64_t, 4>> regions;
        for (auto const& [id, region] : host->slots)
            regions.push_back({ region.guest_phys_addr, region.memory_size, region.userspace_addr, region.flags });
        std::sort(regions.begin(), regions.end());
        return regions;
    }
};

}

TEST_CASE("only what differs is touched, and deletes come before creates")
{
    Slots s;
    REQUIRE(s.slots.apply({ s.slot(0, 4), s.slot(8, 4, 8) }).ok());
    CHECK(s.host->log == std::vector<std::string> { "create 0", "create 1" });
    s.host->log.clear();
    // The second grows downwards to the first, which stays.
    REQUIRE(s.slots.apply({ s.slot(0, 4), s.slot(4, 8, 4) }).ok());
    CHECK(s.host->log == std::vector<std::string> { "delete 1", "create 1" });
    s.host->log.clear();
    REQUIRE(s.slots.apply({ s.slot(4, 8, 4), s.slot(0, 4) }).ok());
    CHECK(s.host->log.empty());
    REQUIRE(s.slots.apply({ s.slot(4, 8, 4, true), s.slot(0, 4) }).ok());
    CHECK(s.host->log == std::vector<std::string> { "delete 1", "create 1" });
    CHECK(s.host->slots.at(1).flags == abi::kMemReadonly);
}

TEST_CASE("whichever change the kernel refuses, all is as it was")
{
    for (unsigned failing = 1; failing <= 5; ++failing) {
        CAPTURE(failing);
        Slots s;
        REQUIRE(s.slots.apply({ s.slot(0, 4), s.slot(8, 4, 8), s.slot(16, 4, 16) }).ok());
        auto const before = s.kernel();
        std::vector<memory::Slot> const wanted { s.slot(0, 8), s.slot(8, 2, 8), s.slot(20, 2, 20) };
        s.host->fail_slot_change = failing;
        auto const refused = s.slots.apply(wanted);
        REQUIRE_FALSE(refused.ok());
        CHECK(refused.error().code == Code::HostFailure);
        CHECK(refused.error().message.find("slot \"p") != std::string::npos);
        CHECK(refused.error().message.find("ENOMEM") != std::string::npos);
        CHECK(s.kernel() == before);
        // And our own books are right: the same change works now.
        s.host->fail_slot_change = 0;
        REQUIRE(s.slots.apply(wanted).ok());
        CHECK(s.kernel().size() == 3);
    }
}

TEST_CASE("a rebuild leaves the same slots")
{
    Slots s;
    REQUIRE(s.slots.apply({ s.slot(0, 4), s.slot(8, 4, 8) }).ok());
    auto const before = s.kernel();
    s.host->log.clear();
    REQUIRE(s.slots.rebuild().ok());
    CHECK(s.host->log == std::vector<std::string> { "delete 0", "delete 1", "create 0", "create 1" });
    CHECK(s.kernel() == before);
}

TEST_CASE("after many random changes the kernel has what was asked for last")
{
    Slots s;
    std::mt19937 random { 7 };
    for (int round = 0; round < 300; ++round) {
        std::vector<memory::Slot> wanted;
        uint64_t page = random() % 4;
        while (page < 48) {
            uint64_t const pages = 1 + random() % 8;
            wanted.push_back(s.slot(page, pages, page, random() % 4 == 0));
            page += pages + random() % 4;
        }
        s.host->fail_slot_change = random() % 3 == 0 ? 1 + random() % 6 : 0;
        auto const before = s.kernel();
        bool const done = s.slots.apply(wanted).ok();
        s.host->fail_slot_change = 0;
        if (!done) {
            CHECK(s.kernel() == before);
            continue;
        }
        REQUIRE(s.kernel().size() == wanted.size());
        for (auto const& slot : wanted)
            CHECK(std::count_if(s.host->slots.begin(), s.host->slots.end(), [&](auto const& entry) {
                return entry.second.guest_phys_addr == slot.base.value && entry.second.memory_size == slot.size;
            }) == 1);
    }
}

TEST_CASE("a dirty log is switched on in place, collected, and not lost with its slot")
{
    Slots s;
    uint64_t const page = sys::host_page_size();
    auto logged = s.slot(0, 16);
    REQUIRE(s.slots.apply({ logged }).ok());
    s.host->log.clear();
    logged.flags.log_dirty = true;
    logged.dirty_log = std::make_shared<memory::DirtyLog>(logged.size);
    REQUIRE(s.slots.apply({ logged }).ok());
    CHECK(s.host->log == std::vector<std::string> { "flags 0" });

    s.host->dirty_pages[0] = { 3, 15 };
    REQUIRE(s.slots.collect_dirty_log(logged).ok());
    for (uint64_t number = 0; number < 16; ++number)
        CHECK(logged.dirty_log->is_dirty(number * page) == (number == 3 || number == 15));
    CHECK(s.host->dirty_pages[0].empty());

    // Moved: another slot of the kernel, the same log.
    s.host->dirty_pages[0] = { 5 };
    auto moved = logged;
    moved.base = { 64 * page };
    REQUIRE(s.slots.apply({ moved }).ok());
    CHECK(moved.dirty_log->is_dirty(5 * page));
    s.host->dirty_pages[0] = { 6 };
    REQUIRE(s.slots.rebuild().ok());
    CHECK(moved.dirty_log->is_dirty(6 * page));

    // Switched off, and on again by a change that the kernel refuses in the middle.
    s.host->dirty_pages[0] = { 7 };
    auto plain = moved;
    plain.flags.log_dirty = false;
    plain.dirty_log = nullptr;
    s.host->fail_slot_change = 2;
    REQUIRE_FALSE(s.slots.apply({ plain, s.slot(0, 4) }).ok());
    s.host->fail_slot_change = 0;
    CHECK(moved.dirty_log->is_dirty(7 * page));
    CHECK(s.host->slots.at(0).flags == abi::kMemLogDirtyPages);
    REQUIRE(s.slots.apply({ plain, s.slot(0, 4) }).ok());
    CHECK(s.host->slots.at(0).flags == 0);
    CHECK(s.slots.collect_dirty_log(plain).ok());
    CHECK_FALSE(s.slots.collect_dirty_log(s.slot(200, 1)).ok());
}
