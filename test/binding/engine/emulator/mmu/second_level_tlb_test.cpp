#include "engine/emulator/mmu/second_level_tlb.h"

#include <doctest/doctest.h>

using namespace dormouse::emulator;

namespace {

Translation page(uint64_t physical, bool global = false, unsigned shift = 12)
{
    Translation translation;
    translation.physical = physical;
    translation.global = global;
    translation.shift = static_cast<uint8_t>(shift);
    return translation;
}

constexpr uint64_t kUpper = 0xffff'0000'0000'0000;

}

TEST_CASE("entries are told apart by ASID, global ones belong to all")
{
    SecondLevelTlb tlb;
    tlb.insert(0x1000, 1, page(0xa000));
    tlb.insert(0x1000, 2, page(0xb000));
    tlb.insert(kUpper, 1, page(0xc000, true));
    REQUIRE(tlb.find(0x1000, 1));
    REQUIRE(tlb.find(0x1000, 2));
    CHECK(tlb.find(0x1000, 1)->physical == 0xa000);
    CHECK(tlb.find(0x1000, 2)->physical == 0xb000);
    CHECK(!tlb.find(0x1000, 3));
    REQUIRE(tlb.find(kUpper, 9));
    CHECK(tlb.find(kUpper, 9)->physical == 0xc000);
}

TEST_CASE("blocks are found at each of their addresses, beside pages")
{
    SecondLevelTlb tlb;
    tlb.insert(0x20'0000, 1, page(0x4000'0000, false, 21));
    tlb.insert(0x60'1000, 1, page(0x5000, false));
    CHECK(tlb.find(0x3f'f000, 1));
    CHECK(!tlb.find(0x40'0000, 1));
    CHECK(tlb.find(0x60'1fff, 1));
    tlb.invalidate_page(0x2a'b000, 1);
    CHECK(!tlb.find(0x20'0000, 1));
    CHECK(tlb.find(0x60'1000, 1));
}

TEST_CASE("invalidation takes what it names")
{
    SecondLevelTlb tlb;
    auto const fill = [&] {
        tlb.insert(0x1000, 1, page(0xa000));
        tlb.insert(0x1000, 2, page(0xb000));
        tlb.insert(kUpper, 1, page(0xc000, true));
    };
    fill();
    tlb.invalidate_asid(1);
    CHECK(!tlb.find(0x1000, 1));
    CHECK(tlb.find(0x1000, 2));
    CHECK(tlb.find(kUpper, 1));
    tlb.invalidate_page(kUpper, 5);
    CHECK(!tlb.find(kUpper, 1));
    fill();
    tlb.invalidate_page_of_all_asids(0x1000);
    CHECK(!tlb.find(0x1000, 1));
    CHECK(!tlb.find(0x1000, 2));
    fill();
    tlb.invalidate_all();
    CHECK(!tlb.find(0x1000, 1));
    CHECK(!tlb.find(kUpper, 1));
    fill();
    CHECK(tlb.find(0x1000, 1));
}

TEST_CASE("an entry that is inserted twice is replaced")
{
    SecondLevelTlb tlb;
    tlb.insert(0x1000, 1, page(0xa000));
    tlb.insert(0x1000, 1, page(0xb000));
    tlb.invalidate_page(0x1000, 1);
    CHECK(!tlb.find(0x1000, 1));
}

TEST_CASE("more pages than fit push old ones out and never answer wrongly")
{
    SecondLevelTlb tlb;
    constexpr uint64_t kPages = 50'000;
    for (uint64_t n = 0; n < kPages; ++n)
        tlb.insert(n << 12, 3, page(n << 13));
    unsigned found = 0;
    unsigned wrong = 0;
    for (uint64_t n = 0; n < kPages; ++n) {
        Translation const* const translation = tlb.find(n << 12, 3);
        found += translation != nullptr;
        wrong += translation && translation->physical != n << 13;
    }
    CHECK(wrong == 0);
    CHECK(found > 4000);
}
