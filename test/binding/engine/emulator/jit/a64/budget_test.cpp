// How much host code a guest instruction costs, in words on the path that is taken when nothing goes wrong. The figures
// do not depend on the machine that runs the test, so that a change for the worse is a failure and not a suspicion.
#include "engine/emulator/jit/a64/block_translator.h"

#include "base/bits.h"
#include "engine/emulator/isa/instruction.h"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <memory>
#include <vector>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::jit;
using namespace dormouse::emulator::jit::a64;

namespace {

constexpr uint32_t kCallWords = 6; // ADR, B and the record

sys::ArmFeatures all_features()
{
    sys::ArmFeatures features;
    features.lse = features.crc32 = features.rdm = features.dot_product = features.rcpc = true;
    features.flag_manipulation = features.flag_conversion = true;
    features.aes = features.pmull = features.sha1 = features.sha256 = true;
    return features;
}

// Guest code in a page of its own, and what the translator makes of it.
class Translated {
public:
    explicit Translated(std::vector<uint32_t> const& guest, sys::ArmFeatures const& features = all_features())
        : m_translator(m_thunks, *m_cpu, *m_left_behind, m_links, features)
    {
        std::memcpy(m_memory.data(), guest.data(), guest.size() * sizeof(uint32_t));
        m_page = m_cache.page(0, reinterpret_cast<uint8_t const*>(m_memory.data()));
    }

    BlockTranslator::Code block(unsigned word_index, Region const* region = nullptr)
    {
        Block* const block = m_cache.build(*m_page, word_index);
        auto const code = m_translator.translate(m_assembler, m_code.data(), *m_page, word_index, *block, region);
        REQUIRE(!m_assembler.overflowed());
        block->code = m_code.data() + code.entry;
        for (Link const& link : m_links) {
            Block const* const target = m_page->block(link.offset / 4);
            if (!link.is_entry && target && target->code)
                patch(link.site, static_cast<uint32_t>(target->code - m_code.data()));
        }
        return code;
    }
    BlockTranslator::Code region(unsigned word_index)
    {
        Region region;
        REQUIRE(find_region(m_cache, *m_page, word_index, true, region));
        return block(word_index, &region);
    }

    // What is executed from there until the same is executed again. Branches that lead back are taken, and those on
    // a bit of a guest's register.
    unsigned words_of_round(uint32_t position) const
    {
        std::map<uint32_t, unsigned> counts;
        for (unsigned count = 0; counts.emplace(position, count).second; ++count)
            position = next(position);
        return static_cast<unsigned>(counts.size()) - counts.at(position);
    }

private:
    void patch(uint32_t site, uint32_t target)
    {
        uint32_t const word = Assembler::branch_word(site, target);
        std::memcpy(m_code.data() + site, &word, sizeof(word));
    }

    uint32_t next(uint32_t position) const
    {
        uint32_t word;
        REQUIRE(position + sizeof(word) <= m_assembler.position());
        std::memcpy(&word, m_code.data() + position, sizeof(word));
        auto const taken = [&](unsigned low, unsigned bits) {
            return position + 4 * static_cast<uint32_t>(sign_extend(word >> low, bits));
        };
        auto const if_back = [&](uint32_t target) { return target < position ? target : position + 4; };
        if ((word & 0xfc00'0000) == 0x1400'0000) // B
            return taken(0, 26);
        if ((word & 0x7e00'0000) == 0x3600'0000) // TBZ, TBNZ
            return (word & 31) < number(kT0) ? taken(5, 14) : if_back(taken(5, 14));
        if ((word & 0xff00'0010) == 0x5400'0000 || (word & 0x7e00'0000) == 0x3400'0000) // B.cond, CBZ, CBNZ
            return if_back(taken(5, 19));
        return position + 4;
    }

    std::unique_ptr<Cpu> m_cpu { std::make_unique<Cpu>() };
    std::unique_ptr<LeftBehind> m_left_behind { std::make_unique<LeftBehind>() };
    std::vector<uint32_t> m_memory = std::vector<uint32_t>(CodePage::kWords, 0xd4200000); // brk #0
    CodeCache m_cache;
    CodePage* m_page { nullptr };
    Thunks const m_thunks {};
    std::vector<Link> m_links;
    BlockTranslator m_translator;
    std::vector<uint8_t> m_code = std::vector<uint8_t>(1 << 16);
    Assembler m_assembler { m_code.data(), static_cast<uint32_t>(m_code.size()) };
};

// Words of the block that starts with the given ones, up to its cold paths.
uint32_t words_of(std::vector<uint32_t> const& guest, sys::ArmFeatures const& features = all_features())
{
    auto const code = Translated { guest, features }.block(0);
    return (code.cold - code.entry) / 4;
}

// Without what every block has: the poll, the count of instructions, the jump to the next one.
uint32_t words_of_one(uint32_t word, sys::ArmFeatures const& features = all_features())
{
    constexpr uint32_t kNop = 0xd503201f;
    constexpr uint32_t kBranch = 0x14000000;
    return words_of({ word, kBranch }, features) - words_of({ kNop, kBranch }, features);
}

}

TEST_CASE("a64 translator: arithmetic on pinned registers is the guest's own word")
{
    CHECK(words_of_one(0x8b020020) == 1); // add x0, x1, x2
    CHECK(words_of_one(0xeb1303ff) == 1); // cmp xzr, x19
    CHECK(words_of_one(0x910043ff) == 1); // add sp, sp, #16
    CHECK(words_of_one(0x9b020c20) == 1); // madd x0, x1, x2, x3
    CHECK(words_of_one(0x9a820020) == 1); // csel x0, x1, x2, eq
    CHECK(words_of_one(0x9ac25c20) == 1); // crc32cx w0, w1, x2
    CHECK(words_of_one(0x90000000) == 2); // adrp x0, 0: the page may be anywhere
    CHECK(words_of_one(0x8b190318) == 4); // add x24, x24, x25: in memory
}

TEST_CASE("a64 translator: a load or a store that hits the TLB")
{
    CHECK(words_of_one(0xf9400020) == 8); // ldr x0, [x1]
    CHECK(words_of_one(0x39400020) == 7); // ldrb w0, [x1]: cannot cross a page
    CHECK(words_of_one(0xf9000420) == 9); // str x0, [x1, #8]
    CHECK(words_of_one(0xf8408420) == 9); // ldr x0, [x1], #8
    CHECK(words_of_one(0xa9400440) == 9); // ldp x0, x1, [x2]
    CHECK(words_of_one(0xf8627820) == 9); // ldr x0, [x1, x2, lsl #3]
    CHECK(words_of_one(0xf8400820) == 9); // ldtr x0, [x1]
    CHECK(words_of_one(0xc8dffc20) == 8); // ldar x0, [x1]
    CHECK(words_of_one(0xd9408020) == 9); // ldapur x0, [x1, #8]
    CHECK(words_of_one(0xd9008020) == 9); // stlur x0, [x1, #8]
    CHECK(words_of_one(0x19c00020) == 9); // ldapursb w0, [x1]: LDAPR and the sign
    CHECK(words_of_one(0xf8e00041) == 8); // ldaddal x0, x1, [x2]
    CHECK(words_of_one(0x48607c82) == 8); // casp x0, x1, x2, x3, [x4]
    CHECK(words_of_one(0xc85f7c20) == 15); // ldxr x0, [x1]
    CHECK(words_of_one(0xc8027c20) <= 26); // stxr w2, x0, [x1]
}

TEST_CASE("a64 translator: system registers that are storage, and the masks of interrupts")
{
    CHECK(words_of_one(0xd53bd041) == 1); // mrs x1, tpidr_el0
    CHECK(words_of_one(0xd538d081) == 3); // mrs x1, tpidr_el1: not at EL0
    CHECK(words_of_one(0xd5384101) == 4); // mrs x1, sp_el0: neither while it is SP
    CHECK(words_of_one(0xd53b4221) == 4); // mrs x1, daif
    CHECK(words_of_one(0xd5184021) == 3); // msr elr_el1, x1
    CHECK(words_of_one(0xd50342df) == 9); // msr daifset, #2
    CHECK(words_of_one(0xd503415f) == 2); // msr dit, #1
    CHECK(words_of_one(0xd50b7421) <= 18); // dc zva, x1
}

TEST_CASE("a64 translator: barriers are the host's, but for one that other vCPUs have to answer")
{
    CHECK(words_of_one(0xd5033bbf) == 1); // dmb ish
    CHECK(words_of_one(0xd5033a9f) == 1); // dsb ishst
    CHECK(words_of_one(0xd503399f) == 1); // dsb ishld
    // A call, which goes on at the next block by itself.
    constexpr uint32_t kEndWords = 2;
    CHECK(words_of_one(0xd5033b9f) == kCallWords - kEndWords); // dsb ish
    CHECK(words_of_one(0xd503389f) == kCallWords - kEndWords); // CRm 8: as dsb sy
}

TEST_CASE("a64 translator: an indirect branch finds its code itself")
{
    CHECK(words_of({ 0xd65f03c0 }) == 22); // ret, with the poll and the count
    CHECK(words_of({ 0xd63f0020 }) == 24); // blr x1
}

// Words that are executed for each of the guest's: between 1.75 (sum) and 6.7 (bytes).
TEST_CASE("a64 translator: rounds of loops of one block")
{
    auto const words_of_round = [](std::vector<uint32_t> const& loop) {
        Translated translated(loop);
        return translated.words_of_round(translated.block(0).entry);
    };
    // sum: add x0, x0, x2; eor x2, x2, x0, lsr #7; subs x1, x1, #1; b.ne sum
    CHECK(words_of_round({ 0x8b020000, 0xca401c42, 0xf1000421, 0x54ffffa1 }) == 7);
    // chase: ldr x0, [x0]; subs x1, x1, #1; b.ne chase
    CHECK(words_of_round({ 0xf9400000, 0xf1000421, 0x54ffffc1 }) == 13);
    // bytes: ldrb w2, [x0], #1; strb w2, [x1], #1; cbnz w2, bytes
    CHECK(words_of_round({ 0x38401402, 0x38001422, 0x35ffffc2 }) == 20);
    // sieve: strb wzr, [x0, x1]; add x1, x1, x2; cmp x1, x3; b.lo sieve
    CHECK(words_of_round({ 0x3821681f, 0x8b020021, 0xeb03003f, 0x54ffffa3 }) == 14);
    // copy: ldp x3, x4, [x1], #16; stp x3, x4, [x0], #16; subs x2, x2, #16; b.hi copy
    CHECK(words_of_round({ 0xa8c11023, 0xa8811003, 0xf1004042, 0x54ffffa8 }) == 25);
    // axpy: ldr q1, [x0]; ldr q2, [x1]; fmla v2.4s, v1.4s, v0.4s; str q2, [x1], #16; subs x2, x2, #4; b.ne axpy
    CHECK(words_of_round({ 0x3dc00001, 0x3dc00022, 0x4e20cc22, 0x3c810422, 0xf1001042, 0x54ffff61 }) == 31);
}

TEST_CASE("a64 translator: rounds of loops of several blocks, before and as a region")
{
    // Of five instructions, the way through `even`:
    // round: cbz x1, done; sub x1, x1, #1; tbz x2, #0, even; add x3, x3, #1; b round; even: add x4, x4, #1; b round;
    // done: brk #0
    std::vector<uint32_t> const choice { 0xb40000e1, 0xd1000421, 0x36000062, 0x91000463, 0x17fffffc, 0x91000484,
        0x17fffffa };
    Translated as_blocks(choice);
    as_blocks.block(5);
    CHECK(as_blocks.words_of_round(as_blocks.block(0).entry) == 12);
    Translated as_region(choice);
    CHECK(as_region.words_of_round(as_region.region(0).entry) == 8);
    // Of six, a sum that counts its even terms: round: ldr x3, [x1], #8; fmov d0, x3; tbnz x3, #0, odd; add x4, x4, #1;
    // odd: fadd d1, d1, d0; subs x0, x0, #1; b.ne round
    std::vector<uint32_t> const sum { 0xf8408423, 0x9e670060, 0x37000043, 0x91000484, 0x1e602821, 0xf1000400,
        0x54ffff41 };
    Translated sum_as_blocks(sum);
    sum_as_blocks.block(4);
    CHECK(sum_as_blocks.words_of_round(sum_as_blocks.block(0).entry) == 36);
    Translated sum_as_region(sum);
    CHECK(sum_as_region.words_of_round(sum_as_region.region(0).entry) == 18);
}

TEST_CASE("a64 translator: what the host has not is a call of the semantic function")
{
    sys::ArmFeatures const none;
    constexpr uint32_t crc32cx = 0x9ac25c20;
    constexpr uint32_t aese = 0x4e284820;
    constexpr uint32_t sdot = 0x4e829420;
    constexpr uint32_t sqrdmlah = 0x6e828420;
    constexpr uint32_t cfinv = 0xd500401f;
    constexpr uint32_t ldaddal = 0xf8e00041;
    for (uint32_t const word : { crc32cx, aese, sdot, sqrdmlah, cfinv, ldaddal }) {
        CAPTURE(isa::disassemble(word, 0));
        CHECK(words_of_one(word, none) >= kCallWords);
        CHECK(words_of_one(word) != words_of_one(word, none));
    }
    // Base instructions stay what they are.
    CHECK(words_of_one(0x8b020020, none) == 1);
    // Without FEAT_LRCPC an LDAR takes the place of LDAPR.
    CHECK(words_of_one(0xf8bfc020, none) == words_of_one(0xf8bfc020));
}
