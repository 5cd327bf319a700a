#include "engine/emulator/mmu/first_level_tlb.h"

#include <doctest/doctest.h>

using namespace dormouse::emulator;

namespace {

constexpr uint64_t kUpper = 0xffff'0000'0000'0000;
constexpr auto kEl0 = TlbContext::El0;
constexpr auto kEl1 = TlbContext::El1;

// As load() and store() look.
bool reads(FirstLevelTlb& tlb, TlbContext context, uint64_t address)
{
    return address - tlb.array(context)[tlb_index(address)].tag_read < kTlbPageSize;
}
bool writes(FirstLevelTlb& tlb, TlbContext context, uint64_t address)
{
    return address - tlb.array(context)[tlb_index(address)].tag_write < kTlbPageSize;
}

uint8_t host[kTlbPageSize];

}

TEST_CASE("an empty first level lets no address through, not even those near zero")
{
    FirstLevelTlb tlb;
    for (uint64_t page = 0; page < 3 * uint64_t { kTlbEntries }; ++page) {
        for (uint64_t const address : { page << kTlbPageBits, ~(page << kTlbPageBits) }) {
            REQUIRE(!reads(tlb, kEl0, address));
            REQUIRE(!writes(tlb, kEl0, address));
        }
    }
}

TEST_CASE("what is filled counts in its context, with its permissions, at its host address")
{
    FirstLevelTlb tlb;
    for (uint64_t const page : { uint64_t { 0 }, uint64_t { 0x1000 }, kUpper, ~uint64_t { 0xfff } }) {
        tlb.fill(kEl0, page, host, true, false, 12);
        CHECK(reads(tlb, kEl0, page));
        CHECK(!writes(tlb, kEl0, page));
        CHECK(!reads(tlb, kEl1, page));
        uint64_t const addend = tlb.array(kEl0)[tlb_index(page)].host_addend;
        CHECK(reinterpret_cast<uint8_t*>(page + 5 + addend) == host + 5);
        tlb.invalidate_page(page);
        CHECK(!reads(tlb, kEl0, page));
    }
}

TEST_CASE("a half goes without the other one, whether few or all entries are in use")
{
    for (uint64_t const pages : { uint64_t { 10 }, uint64_t { kTlbEntries / 2 } }) {
        FirstLevelTlb tlb;
        uint64_t const other = kUpper + (kTlbEntries - 1) * kTlbPageSize;
        tlb.fill(kEl0, other, host, true, true, 12);
        for (uint64_t page = 0; page < pages; ++page)
            tlb.fill(kEl0, page << kTlbPageBits, host, true, true, 12);
        tlb.invalidate_half(0);
        for (uint64_t page = 0; page < pages; ++page)
            REQUIRE(!writes(tlb, kEl0, page << kTlbPageBits));
        CHECK(writes(tlb, kEl0, other));
        tlb.invalidate_half(1);
        CHECK(!writes(tlb, kEl0, other));
    }
}

TEST_CASE("all pieces of a large page go together")
{
    FirstLevelTlb tlb;
    tlb.fill(kEl1, kUpper + 0x20'0000, host, true, true, 21);
    tlb.fill(kEl1, kUpper + 0x20'1000, host, true, true, 21);
    tlb.invalidate_page(kUpper + 0x3f'f000);
    CHECK(!reads(tlb, kEl1, kUpper + 0x20'0000));
    CHECK(!reads(tlb, kEl1, kUpper + 0x20'1000));
}

TEST_CASE("the page of the stack is forgotten with its entry, and with that alone")
{
    constexpr uint64_t kPage = 0x5000;
    constexpr uint64_t kTag = uint64_t { 0x5a } << 56;
    FirstLevelTlb tlb;
    TlbStackEntry& stack = reinterpret_cast<TlbArray*>(tlb.array(kEl0))->stack;
    auto const note = [&] { stack = { kTag | (kPage + kTlbPageSize - 1), 1, 0 }; };
    CHECK(stack.last_read == 0);
    CHECK(stack.last_write == 0);
    note();
    tlb.fill(kEl1, kPage, host, true, true, 12);
    tlb.fill(kEl0, kPage + kTlbPageSize, host, true, true, 12);
    tlb.invalidate_page(kPage + kTlbPageSize);
    tlb.invalidate_page(kUpper | kPage);
    CHECK(stack.last_read != 0);
    tlb.invalidate_page(kPage + 8);
    CHECK(stack.last_read == 0);
    note();
    tlb.fill(kEl0, kPage, host, true, false, 12);
    CHECK(stack.last_read == 0);
    note();
    tlb.invalidate_half(0);
    CHECK(stack.last_read == 0);
}

TEST_CASE("pages that places remember are forgotten with their page and with their half, and with those alone")
{
    constexpr uint64_t kTag = uint64_t { 0x5a } << 56;
    FirstLevelTlb tlb;
    TlbSteadyEntries& steady = reinterpret_cast<TlbArray*>(tlb.array(kEl1))->steady;
    TlbSteadyEntry& entry = steady.kinds[5][3];
    CHECK(entry.limit == 0);
    for (unsigned how = 0; how < 2; ++how) {
        entry = { kTag | 0x5000, kTlbPageSize, 1, 0 };
        steady.are_used = steady.used_kinds[5] = 1;
        tlb.fill(kEl1, 0x5000, host, true, true, 12);
        tlb.invalidate_page(0x9000);
        tlb.invalidate_page(kUpper | 0x5000);
        tlb.invalidate_half(1);
        CHECK(entry.limit != 0);
        CHECK(steady.are_used != 0);
        CHECK(steady.used_kinds[5] != 0);
        if (how == 0)
            tlb.invalidate_half(0);
        else
            tlb.invalidate_page(0x5008);
        CHECK(entry.limit == 0);
        // Nobody looks there again before something is remembered again.
        CHECK(steady.are_used == 0);
        CHECK(steady.used_kinds[5] == 0);
    }
}
