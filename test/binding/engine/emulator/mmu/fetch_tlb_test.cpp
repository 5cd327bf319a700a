#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/mmu/fetch_tlb.h"

#include <doctest/doctest.h>

#include <memory>

using namespace dormouse::emulator;

namespace {

constexpr uint64_t kLowerPage = 0x1234'5000;
constexpr uint64_t kUpperPage = 0xffff'8000'0008'0000;

struct Fixture {
    Fixture()
    {
        tlb->select_asid(5);
        tlb->insert(kLowerPage, false, &first, 12);
        tlb->insert(kUpperPage, true, &second, 12);
    }
    uint64_t jump_stamp(unsigned half) const { return tlb->addresses().jumps->stamps[half]; }

    CodePage first;
    CodePage second;
    std::unique_ptr<FetchTlb> tlb { std::make_unique<FetchTlb>() };
};

}

TEST_CASE("fetch TLB: an ASID that comes back finds its pages and jumps again, and no other ASID's")
{
    Fixture fixture;
    FetchTlb& tlb = *fixture.tlb;
    uint64_t const stamp = fixture.jump_stamp(0);
    tlb.select_asid(6);
    CHECK(tlb.find(kLowerPage, false) == nullptr);
    CHECK(fixture.jump_stamp(0) != stamp);
    CHECK(tlb.find(kUpperPage, true) == &fixture.second);
    tlb.select_asid(5);
    CHECK(tlb.find(kLowerPage, false) == &fixture.first);
    CHECK(fixture.jump_stamp(0) == stamp);
}

TEST_CASE("fetch TLB: what is invalidated while another ASID runs is gone when the first comes back")
{
    for (int const how : { 0, 1, 2 }) {
        Fixture fixture;
        FetchTlb& tlb = *fixture.tlb;
        uint64_t const stamp = fixture.jump_stamp(0);
        tlb.select_asid(6);
        if (how == 0)
            tlb.invalidate_asid(5);
        else if (how == 1)
            tlb.invalidate_page(kLowerPage);
        else
            tlb.invalidate_half(0);
        tlb.select_asid(5);
        CHECK(tlb.find(kLowerPage, false) == nullptr);
        CHECK(fixture.jump_stamp(0) != stamp);
        CHECK(tlb.find(kUpperPage, true) == &fixture.second);
    }
}

TEST_CASE("fetch TLB: more ASIDs than it remembers never see each other's pages")
{
    Fixture fixture;
    FetchTlb& tlb = *fixture.tlb;
    for (uint16_t asid = 6; asid < 600; ++asid) {
        tlb.select_asid(asid);
        REQUIRE(tlb.find(kLowerPage, false) == nullptr);
        tlb.insert(kLowerPage, false, asid % 2 ? &fixture.first : &fixture.second, 12);
    }
    tlb.select_asid(5);
    CHECK(tlb.find(kLowerPage, false) == nullptr);
}

TEST_CASE("fetch TLB: a page in which nothing was executed can be invalidated without harm to others")
{
    Fixture fixture;
    FetchTlb& tlb = *fixture.tlb;
    uint64_t const lower = fixture.jump_stamp(0);
    uint64_t const upper = fixture.jump_stamp(1);
    tlb.invalidate_page(kLowerPage + 0x1000);
    tlb.invalidate_page(kUpperPage + 0x1000);
    CHECK(tlb.find(kLowerPage, false) == &fixture.first);
    CHECK(tlb.find(kUpperPage, true) == &fixture.second);
    CHECK(fixture.jump_stamp(0) == lower);
    CHECK(fixture.jump_stamp(1) == upper);
    tlb.invalidate_page(kUpperPage);
    CHECK(tlb.find(kUpperPage, true) == nullptr);
    CHECK(fixture.jump_stamp(1) != upper);
    CHECK(fixture.jump_stamp(0) == lower);
}

TEST_CASE("fetch TLB: one invalidation removes all pieces of a large page, of every ASID")
{
    Fixture fixture;
    FetchTlb& tlb = *fixture.tlb;
    constexpr uint64_t kLarge = 0x4000'0000;
    tlb.insert(kLarge + 0x3000, false, &fixture.first, 21);
    tlb.select_asid(6);
    tlb.invalidate_page(kLarge + 0x10'0000);
    tlb.select_asid(5);
    CHECK(tlb.find(kLarge + 0x3000, false) == nullptr);
}

TEST_CASE("fetch TLB: each exception level has jumps of its own")
{
    Fixture fixture;
    FetchTlb& tlb = *fixture.tlb;
    uint64_t const at_el1 = fixture.jump_stamp(0);
    tlb.select_level(false);
    CHECK(fixture.jump_stamp(0) != at_el1);
    tlb.select_level(true);
    CHECK(fixture.jump_stamp(0) == at_el1);
}
