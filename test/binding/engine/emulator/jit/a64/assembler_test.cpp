// Every form of every instruction that the encoder knows, against the disassembler of binutils.
#include "engine/emulator/jit/a64/assembler.h"

#include "engine/emulator/isa/reference_disassembler.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

using namespace dormouse::emulator::jit::a64;
using namespace dormouse::emulator::isa::test;

namespace {

constexpr unsigned kRegisters = 31; // x0 to x30

Reg reg(unsigned n)
{
    return static_cast<Reg>(n);
}
std::string x(unsigned n)
{
    return "x" + std::to_string(n);
}
std::string w(unsigned n)
{
    return "w" + std::to_string(n);
}
std::string join(std::initializer_list<std::string> operands)
{
    std::string text;
    for (std::string const& operand : operands)
        text += (text.empty() ? " " : ", ") + operand;
    return text;
}

// What was emitted, and what it should read as.
class Listing {
public:
    Listing() : m_buffer(1 << 20), m_asm(m_buffer.data(), static_cast<uint32_t>(m_buffer.size())) { }

    Assembler& assembler() { return m_asm; }
    void expect(std::string text) { m_expected.push_back(std::move(text)); }
    template <typename Emit> void add(std::string expected, Emit emit)
    {
        emit(m_asm);
        expect(std::move(expected));
    }

    void check()
    {
        REQUIRE(!m_asm.overflowed());
        std::vector<uint32_t> words(m_asm.position() / 4);
        std::memcpy(words.data(), m_buffer.data(), m_asm.position());
        auto const lines = reference_disassembly(words);
        REQUIRE(lines.size() == m_expected.size());
        for (size_t i = 0; i < lines.size(); ++i) {
            if (normalised(lines[i]) != normalised(m_expected[i]))
                FAIL_CHECK("emitted \"", normalised(lines[i]), "\" for \"", normalised(m_expected[i]), "\"");
        }
        CHECK(lines.size() > 0);
    }

private:
    std::vector<uint8_t> m_buffer;
    Assembler m_asm;
    std::vector<std::string> m_expected;
};

}

TEST_CASE("a64 encoder: data processing")
{
    Listing listing;
    for (unsigned a = 0; a < kRegisters; ++a) {
        unsigned const b = (a * 7 + 3) % kRegisters;
        unsigned const c = (a * 5 + 1) % kRegisters;
        listing.add("orr" + join({ x(a), "xzr", x(b) }), [&](Assembler& asm_) { asm_.mov(reg(a), reg(b)); });
        listing.add("add" + join({ x(a), x(b), x(c) }), [&](Assembler& asm_) { asm_.add(reg(a), reg(b), reg(c)); });
        listing.add("add" + join({ x(a), x(b), x(c), "lsl #5" }),
            [&](Assembler& asm_) { asm_.add(reg(a), reg(b), reg(c), 5); });
        listing.add("sub" + join({ x(a), x(b), x(c) }), [&](Assembler& asm_) { asm_.sub(reg(a), reg(b), reg(c)); });
        listing.add("orr" + join({ x(a), x(b), x(c) }), [&](Assembler& asm_) { asm_.orr(reg(a), reg(b), reg(c)); });
        listing.add("eor" + join({ x(a), x(b), x(c) }), [&](Assembler& asm_) { asm_.eor(reg(a), reg(b), reg(c)); });
        listing.add("and" + join({ x(a), x(b), x(c) }), [&](Assembler& asm_) { asm_.bit_and(reg(a), reg(b), reg(c)); });
        listing.add(
            "ubfm" + join({ x(a), x(b), "#58", "#57" }), [&](Assembler& asm_) { asm_.shift_left(reg(a), reg(b), 6); });
        listing.add("eor" + join({ x(a), x(b), x(c), "lsl #3" }),
            [&](Assembler& asm_) { asm_.eor(reg(a), reg(b), reg(c), 3); });
        listing.add("add" + join({ x(a), x(b), w(c), "uxtw #3" }),
            [&](Assembler& asm_) { asm_.add_extended(reg(a), reg(b), reg(c), 2, 3); });
        listing.add("add" + join({ x(a), x(b), w(c), "sxtw" }),
            [&](Assembler& asm_) { asm_.add_extended(reg(a), reg(b), reg(c), 6, 0); });
        listing.add("add" + join({ x(a), "sp", x(c) }),
            [&](Assembler& asm_) { asm_.add_extended(reg(a), Reg::Sp, reg(c), 3, 0); });
        listing.add("ubfm" + join({ x(a), x(b), "#12", "#22" }),
            [&](Assembler& asm_) { asm_.extract_bits(reg(a), reg(b), 12, 11); });
        listing.add("ubfm" + join({ x(a), x(b), "#12", "#63" }),
            [&](Assembler& asm_) { asm_.shift_right(reg(a), reg(b), 12); });
        listing.add("sbfm" + join({ x(a), x(b), "#0", "#55" }),
            [&](Assembler& asm_) { asm_.extract_signed(Width::W64, reg(a), reg(b), 0, 56); });
        listing.add("sbfm" + join({ w(a), w(b), "#0", "#7" }),
            [&](Assembler& asm_) { asm_.extract_signed(Width::W32, reg(a), reg(b), 0, 8); });
        listing.add(
            "and" + join({ x(a), x(b), "#0xf" }), [&](Assembler& asm_) { asm_.keep_bits(reg(a), reg(b), 0, 4); });
        listing.add(
            "and" + join({ x(a), x(b), "#0xffc" }), [&](Assembler& asm_) { asm_.keep_bits(reg(a), reg(b), 2, 10); });
        listing.add("and" + join({ x(a), x(b), "#0xfffffffffffff000" }),
            [&](Assembler& asm_) { asm_.keep_bits(reg(a), reg(b), 12, 52); });
        listing.add("and" + join({ x(a), x(b), "#0xfffffffffffff003" }),
            [&](Assembler& asm_) { asm_.keep_bits(reg(a), reg(b), 12, 54); });
        listing.add(
            "add" + join({ x(a), x(b), "#0x18" }), [&](Assembler& asm_) { asm_.add(reg(a), reg(b), 24, reg(c)); });
        listing.add(
            "sub" + join({ x(a), x(b), "#0xfff" }), [&](Assembler& asm_) { asm_.add(reg(a), reg(b), -4095, reg(c)); });
        listing.add("add" + join({ x(a), x(b), "#0x1, lsl #12" }),
            [&](Assembler& asm_) { asm_.add(reg(a), reg(b), 4096, reg(c)); });
        listing.add("sub" + join({ x(a), x(b), "#0xabc, lsl #12" }),
            [&](Assembler& asm_) { asm_.add(reg(a), reg(b), -0xabc123, reg(c)); });
        listing.expect("sub" + join({ x(a), x(a), "#0x123" }));
        listing.add(
            "add" + join({ "sp", "sp", "#0x10" }), [&](Assembler& asm_) { asm_.add(Reg::Sp, Reg::Sp, 16, reg(c)); });
        listing.add("movz" + join({ x(c), "#0x100, lsl #16" }),
            [&](Assembler& asm_) { asm_.add(reg(a), reg(b), 0x1000000, reg(c)); });
        listing.expect("add" + join({ x(a), x(b), x(c), "uxtx" }));
    }
    listing.check();
}

TEST_CASE("a64 encoder: constants take no more instructions than they have interesting halves")
{
    Listing listing;
    auto const value = [&](uint64_t constant, std::initializer_list<char const*> expected) {
        listing.assembler().mov(Reg::X1, constant);
        for (char const* const text : expected)
            listing.expect(text);
    };
    value(0, { "movz x1, #0x0" });
    value(0x12, { "movz x1, #0x12" });
    value(0x1234'0000, { "movz x1, #0x1234, lsl #16" });
    value(0x1'0000'0000'0005, { "movz x1, #0x5", "movk x1, #0x1, lsl #48" });
    value(~uint64_t { 0 }, { "movn x1, #0x0" });
    value(~uint64_t { 7 }, { "movn x1, #0x7" });
    value(0xffff'ffff'1234'5678, { "movn x1, #0xa987", "movk x1, #0x1234, lsl #16" });
    value(0x1111'2222'3333'4444,
        { "movz x1, #0x4444", "movk x1, #0x3333, lsl #16", "movk x1, #0x2222, lsl #32", "movk x1, #0x1111, lsl #48" });
    listing.check();
}

TEST_CASE("a64 encoder: loads, stores and special registers")
{
    Listing listing;
    for (unsigned a = 0; a < kRegisters; ++a) {
        unsigned const b = (a * 7 + 3) % kRegisters;
        unsigned const c = (a + 1) % kRegisters;
        std::string const base = x(b);
        listing.add("ldrb " + w(a) + ", [" + base + ", #7]", [&](Assembler& asm_) { asm_.load(1, reg(a), reg(b), 7); });
        listing.add("ldrh " + w(a) + ", [" + base + ", #6]", [&](Assembler& asm_) { asm_.load(2, reg(a), reg(b), 6); });
        listing.add(
            "ldr " + w(a) + ", [" + base + ", #284]", [&](Assembler& asm_) { asm_.load(4, reg(a), reg(b), 284); });
        listing.add(
            "ldr " + x(a) + ", [" + base + ", #32760]", [&](Assembler& asm_) { asm_.load(8, reg(a), reg(b), 32760); });
        listing.add("strb " + w(a) + ", [" + base + "]", [&](Assembler& asm_) { asm_.store(1, reg(a), reg(b), 0); });
        listing.add(
            "strh " + w(a) + ", [" + base + ", #2]", [&](Assembler& asm_) { asm_.store(2, reg(a), reg(b), 2); });
        listing.add("str " + w(a) + ", [" + base + ", #4]", [&](Assembler& asm_) { asm_.store(4, reg(a), reg(b), 4); });
        listing.add("str " + x(a) + ", [sp, #24]", [&](Assembler& asm_) { asm_.store(8, reg(a), Reg::Sp, 24); });
        listing.add("ldr " + x(a) + ", [" + base + ", " + x(c) + ", lsl #3]",
            [&](Assembler& asm_) { asm_.load_element(reg(a), reg(b), reg(c)); });
        listing.add("str xzr, [" + base + "]", [&](Assembler& asm_) { asm_.store(8, Reg::Zero, reg(b), 0); });
        if (a != c) {
            listing.add("ldp" + join({ x(a), x(c) }) + ", [" + base + ", #-512]",
                [&](Assembler& asm_) { asm_.load_pair(a, c, reg(b), -512); });
            listing.add("stp" + join({ x(a), x(c) }) + ", [sp, #504]",
                [&](Assembler& asm_) { asm_.store_pair(a, c, Reg::Sp, 504); });
            std::string const q = "q" + std::to_string(a) + ", q" + std::to_string(c);
            std::string const d = "d" + std::to_string(a) + ", d" + std::to_string(c);
            listing.add(
                "ldp " + q + ", [" + base + ", #480]", [&](Assembler& asm_) { asm_.load_pair_q(a, c, reg(b), 480); });
            listing.add(
                "stp " + q + ", [" + base + ", #-16]", [&](Assembler& asm_) { asm_.store_pair_q(a, c, reg(b), -16); });
            listing.add("ldp " + d + ", [sp, #128]", [&](Assembler& asm_) { asm_.load_pair_d(a, c, Reg::Sp, 128); });
            listing.add("stp " + d + ", [sp, #136]", [&](Assembler& asm_) { asm_.store_pair_d(a, c, Reg::Sp, 136); });
        }
        listing.add("mrs " + x(a) + ", nzcv", [&](Assembler& asm_) { asm_.read_special(reg(a), Special::Nzcv); });
        listing.add("msr nzcv, " + x(a), [&](Assembler& asm_) { asm_.write_special(Special::Nzcv, reg(a)); });
        listing.add("mrs " + x(a) + ", fpcr", [&](Assembler& asm_) { asm_.read_special(reg(a), Special::Fpcr); });
        listing.add("msr fpsr, " + x(a), [&](Assembler& asm_) { asm_.write_special(Special::Fpsr, reg(a)); });
    }
    listing.add("dmb ish", [](Assembler& asm_) { asm_.full_barrier(); });
    listing.check();
}

TEST_CASE("a64 encoder: jumps, back and ahead")
{
    Listing listing;
    Assembler& assembler = listing.assembler();
    auto const each = [&](Label& label, std::string const& target) {
        assembler.jump(label);
        listing.expect("b " + target);
        assembler.call(label);
        listing.expect("bl " + target);
        assembler.jump_if(0, label);
        listing.expect("b.eq " + target);
        assembler.jump_if(13, label);
        listing.expect("b.le " + target);
        assembler.jump_if_zero(Width::W64, Reg::X16, label);
        listing.expect("cbz x16, " + target);
        assembler.jump_if_not_zero(Width::W32, Reg::X30, label);
        listing.expect("cbnz w30, " + target);
        assembler.jump_if_bit(true, Reg::X17, 55, label);
        listing.expect("tbnz x17, #55, " + target);
        assembler.jump_if_bit(false, Reg::X2, 20, label);
        listing.expect("tbz w2, #20, " + target);
    };
    Label back;
    Label ahead;
    assembler.bind(back);
    each(back, "0x0");
    each(ahead, "0x54");
    assembler.jump_position(0);
    listing.expect("b 0x0");
    assembler.address_of_next(Reg::X17, 8);
    listing.expect("adr x17, 0x4c");
    assembler.jump(Reg::X24);
    listing.expect("br x24");
    assembler.call(Reg::X16);
    listing.expect("blr x16");
    assembler.ret();
    listing.expect("ret");
    assembler.bind(ahead);
    listing.check();
}

TEST_CASE("a64 encoder: a full buffer is left alone and says so")
{
    uint8_t bytes[8] = { 0, 0, 0, 0, 0, 0, 0, 0x5a };
    Assembler assembler { bytes, 6 };
    assembler.ret();
    CHECK(!assembler.overflowed());
    assembler.ret();
    CHECK(assembler.overflowed());
    CHECK(assembler.position() == 4);
    CHECK(bytes[7] == 0x5a);
}

TEST_CASE("a64 encoder: a jump that does not reach its label is not written, and is told of")
{
    constexpr uint32_t kReach = 32 * 1024; // of TBZ
    for (uint32_t const distance : { kReach - 4, kReach }) {
        std::vector<uint8_t> bytes(kReach + 8);
        Assembler assembler { bytes.data(), static_cast<uint32_t>(bytes.size()) };
        Label ahead;
        assembler.jump_if_bit(true, Reg::X0, 0, ahead);
        while (assembler.position() < distance)
            assembler.word(0xd503'201f); // nop
        assembler.bind(ahead);
        CHECK(assembler.overflowed() == (distance == kReach));
    }
}
