// How much host code a guest instruction costs, in words on the path that is taken when nothing goes wrong. The figures
// do not depend on the machine that runs the test, so that a change for the worse is a failure and not a suspicion.
#include "engine/emulator/jit/a64/block_translator.h"

#include "engine/emulator/isa/instruction.h"

#include <doctest/doctest.h>

#include <cstring>
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

// Words of the block that starts with the given ones, up to its cold paths.
uint32_t words_of(std::vector<uint32_t> const& guest, sys::ArmFeatures const& features = all_features())
{
    auto const cpu = std::make_unique<Cpu>();
    std::vector<uint32_t> memory(CodePage::kWords, 0xd4200000); // brk #0
    std::memcpy(memory.data(), guest.data(), guest.size() * sizeof(uint32_t));
    CodeCache cache;
    CodePage* const page = cache.page(0, reinterpret_cast<uint8_t const*>(memory.data()));
    Block const& block = *cache.build(*page, 0);
    Thunks const thunks {};
    std::vector<Link> links;
    auto const left_behind = std::make_unique<LeftBehind>();
    BlockTranslator translator(thunks, *cpu, *left_behind, links, features);
    std::vector<uint8_t> code(1 << 16);
    Assembler assembler(code.data(), static_cast<uint32_t>(code.size()));
    auto const translated = translator.translate(assembler, code.data(), *page, 0, block);
    REQUIRE(!assembler.overflowed());
    return (translated.cold - translated.entry) / 4;
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

// A round of a loop: all but the way out of it, which counts and jumps. Words to each of the guest's are between 2
// (sum) and 7 (bytes).
TEST_CASE("a64 translator: loops of kernels")
{
    auto const words_of_round = [](std::vector<uint32_t> loop) {
        constexpr uint32_t kWayOut = 2;
        loop.push_back(0x14000000); // b .
        return words_of(loop) - kWayOut;
    };
    // sum: add x0, x0, x2; eor x2, x2, x0, lsr #7; subs x1, x1, #1; b.ne sum
    CHECK(words_of_round({ 0x8b020000, 0xca401c42, 0xf1000421, 0x54ffffa1 }) == 8);
    // chase: ldr x0, [x0]; subs x1, x1, #1; b.ne chase
    CHECK(words_of_round({ 0xf9400000, 0xf1000421, 0x54ffffc1 }) == 14);
    // bytes: ldrb w2, [x0], #1; strb w2, [x1], #1; cbnz w2, bytes
    CHECK(words_of_round({ 0x38401402, 0x38001422, 0x35ffffc2 }) == 21);
    // sieve: strb wzr, [x0, x1]; add x1, x1, x2; cmp x1, x3; b.lo sieve
    CHECK(words_of_round({ 0x3821681f, 0x8b020021, 0xeb03003f, 0x54ffffa3 }) == 15);
    // copy: ldp x3, x4, [x1], #16; stp x3, x4, [x0], #16; subs x2, x2, #16; b.hi copy
    CHECK(words_of_round({ 0xa8c11023, 0xa8811003, 0xf1004042, 0x54ffffa8 }) == 26);
    // axpy: ldr q1, [x0]; ldr q2, [x1]; fmla v2.4s, v1.4s, v0.4s; str q2, [x1], #16; subs x2, x2, #4; b.ne axpy
    CHECK(words_of_round({ 0x3dc00001, 0x3dc00022, 0x4e20cc22, 0x3c810422, 0xf1001042, 0x54ffff61 }) == 39);
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
