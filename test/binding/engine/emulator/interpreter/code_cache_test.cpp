#include "engine/emulator/interpreter/code_cache.h"

#include "generated/a64_instruction.h"

#include <doctest/doctest.h>

#include <vector>

using namespace dormouse::emulator;

namespace {

constexpr uint32_t kNop = 0xd503201f;
constexpr uint32_t kReturn = 0xd65f03c0;
constexpr uint32_t kBranchNotEqual = 0x54000041; // b.ne .+8
constexpr uint32_t kCompareBranch = 0xb4000040; // cbz x0, .+8
constexpr uint32_t kTestBranch = 0x37000040; // tbnz w0, #0, .+8
constexpr uint32_t kFmov = 0x1e6e1000; // fmov d0, #1.0
constexpr uint32_t kIsb = 0xd5033fdf;
constexpr uint64_t kPhysical = 0x4000'0000;

struct Code {
    Code() : words(CodePage::kWords, kNop) { page = cache.page(kPhysical, bytes()); }
    uint8_t const* bytes() const { return reinterpret_cast<uint8_t const*>(words.data()); }

    std::vector<uint32_t> words;
    CodeCache cache;
    CodePage* page;
};

}

TEST_CASE("what the CPU profile lacks is unallocated")
{
    constexpr uint32_t kCas = 0xc8a0'7c01; // cas x0, x1, [x0]
    constexpr uint32_t kCrc32 = 0x1ac0'4000; // crc32b w0, w0, w0
    uint32_t const features
        = 1u << static_cast<unsigned>(isa::Feature::Base) | 1u << static_cast<unsigned>(isa::Feature::Crc32);
    std::vector<uint32_t> const words(CodePage::kWords, kNop);
    auto code = words;
    code[0] = kCrc32;
    code[1] = kCas; // ends the block when it is unallocated
    code[2] = kReturn;
    auto const handlers = [&](uint32_t with) {
        CodeCache cache { CodeCache::kDefaultLimit, with };
        Block* const block = cache.build(*cache.page(kPhysical, reinterpret_cast<uint8_t const*>(code.data())), 0);
        return std::pair { block->operations()[0].handler, block->operations()[1].handler };
    };
    auto const unallocated = isa::info(isa::Instruction::Unallocated).handler;
    CHECK((handlers(~0u).second == isa::info(isa::decode(kCas)).handler));
    CHECK((handlers(~0u).first == isa::info(isa::decode(kCrc32)).handler));
    CHECK((handlers(features).second == unallocated));
    CHECK((handlers(features).first == isa::info(isa::decode(kCrc32)).handler));
}

TEST_CASE("a block ends at branches and system instructions, at the page's end and at its greatest length")
{
    Code code;
    code.words[3] = kReturn;
    CHECK(code.cache.build(*code.page, 0)->length == 4);
    code.words[101] = kIsb;
    CHECK(code.cache.build(*code.page, 100)->length == 2);
    CHECK(code.cache.build(*code.page, 200)->length == CodeCache::kMaxBlockLength);
    CHECK(code.cache.build(*code.page, 1020)->length == 4);
    Block const* const block = code.page->block(0);
    CHECK(block->operations()[3].word == kReturn);
    CHECK(block->operations()[3].retires == 1);
    CHECK(block->operations()[4].retires == 0); // the end marker
}

TEST_CASE("conditional branches do not end a block")
{
    Code code;
    code.words[0] = kBranchNotEqual;
    code.words[1] = kCompareBranch;
    code.words[2] = kTestBranch;
    code.words[3] = kReturn;
    CHECK(code.cache.build(*code.page, 0)->length == 4);
}

TEST_CASE("the first FP instruction is marked")
{
    Code code;
    code.words[2] = kFmov;
    code.words[4] = kReturn;
    CHECK(code.cache.build(*code.page, 0)->first_fp == 2);
    CHECK(code.cache.build(*code.page, 3)->first_fp == Block::kNone);
}

TEST_CASE("invalidating a line unlinks the blocks with a word in it and no other")
{
    Code code;
    code.words[19] = kReturn; // line 1 is words 16..31
    code.words[15] = kReturn;
    code.words[33] = kReturn;
    for (unsigned const index : { 0u, 10u, 16u, 18u, 32u })
        code.cache.build(*code.page, index);
    code.words[15] = kNop;
    code.cache.build(*code.page, 12); // reaches into line 1
    code.cache.invalidate_line(kPhysical + 64);
    CHECK(code.page->block(0) != nullptr);
    CHECK(code.page->block(10) != nullptr);
    CHECK(code.page->block(12) == nullptr);
    CHECK(code.page->block(16) == nullptr);
    CHECK(code.page->block(18) == nullptr);
    CHECK(code.page->block(32) != nullptr);
    code.cache.invalidate_line(kPhysical + 0x1000); // a page without code
    code.cache.invalidate_all();
    CHECK(code.page->block(0) == nullptr);
}

TEST_CASE("memory is bounded")
{
    CodeCache cache(size_t { 1 } << 20);
    std::vector<uint32_t> const words(CodePage::kWords, kReturn);
    unsigned pages = 0;
    for (; !cache.is_full() && pages < 1000; ++pages) {
        CodePage* const page = cache.page(uint64_t { pages } << 12, reinterpret_cast<uint8_t const*>(words.data()));
        for (unsigned index = 0; index < CodePage::kWords; ++index)
            cache.build(*page, index);
    }
    CHECK(pages > 5);
    CHECK(pages < 100);
    cache.clear();
    CHECK(!cache.is_full());
}

TEST_CASE("a page with few blocks takes little memory")
{
    CodeCache cache(size_t { 1 } << 20);
    std::vector<uint32_t> const words(CodePage::kWords, kReturn);
    unsigned pages = 0;
    for (; !cache.is_full() && pages < 10'000; ++pages) {
        CodePage* const page = cache.page(uint64_t { pages } << 12, reinterpret_cast<uint8_t const*>(words.data()));
        for (unsigned const index : { 1u, 2u, 1023u }) {
            Block const* const built = cache.build(*page, index);
            CHECK(page->block(index) == built);
        }
        CHECK(page->block(0) == nullptr);
        CHECK(page->block(500) == nullptr);
    }
    CHECK(pages > 500);
    CHECK(pages < 10'000);
}

TEST_CASE("other memory at the same address drops the page's blocks")
{
    Code code;
    code.cache.build(*code.page, 0);
    std::vector<uint32_t> const other(CodePage::kWords, kReturn);
    CodePage* const page = code.cache.page(kPhysical, reinterpret_cast<uint8_t const*>(other.data()));
    CHECK(page == code.page);
    CHECK(page->block(0) == nullptr);
    CHECK(code.cache.build(*page, 0)->length == 1);
}
