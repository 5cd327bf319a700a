// Every form of every instruction that the encoder knows, against the disassembler of binutils.
#include "engine/emulator/jit/x64/listing.h"

#include <string>

using namespace dormouse::emulator::jit::x64;
using namespace dormouse::emulator::jit::x64::test;

namespace {

constexpr std::array<char const*, 16> kNames16 { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w",
    "r11w", "r12w", "r13w", "r14w", "r15w" };
constexpr std::array<char const*, 16> kNames8 { "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b",
    "r10b", "r11b", "r12b", "r13b", "r14b", "r15b" };
constexpr std::array<char const*, 16> kConditions { "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np",
    "l", "ge", "le", "g" };
constexpr std::array kWidths { Width::W32, Width::W64 };

std::string name(Width width, unsigned n)
{
    return width == Width::W64 ? kNames64[n] : kNames32[n];
}
std::string immediate(Width width, int64_t value)
{
    return hex(width == Width::W64 ? static_cast<uint64_t>(value) : static_cast<uint32_t>(value));
}

template <typename Use> void for_each_pair(Use use)
{
    for (Width const width : kWidths) {
        for (unsigned a = 0; a < 16; ++a) {
            for (unsigned b = 0; b < 16; ++b)
                use(width, a, b);
        }
    }
}

}

TEST_CASE("x64 encoder: register forms")
{
    Listing listing;
    constexpr std::array alu { "add", "or", "adc", "sbb", "and", "sub", "xor", "cmp" };
    for_each_pair([&](Width width, unsigned a, unsigned b) {
        std::string const operands = " " + name(width, a) + "," + name(width, b);
        auto const add = [&](std::string const& text, auto emit) { listing.add(text + operands, emit); };
        add("mov", [&](Assembler& m) { m.mov(width, reg(a), reg(b)); });
        add(alu[(a + b) % 8], [&](Assembler& m) { m.alu(static_cast<Alu>((a + b) % 8), width, reg(a), reg(b)); });
        add("test", [&](Assembler& m) { m.test(width, reg(a), reg(b)); });
        add("imul", [&](Assembler& m) { m.imul(width, reg(a), reg(b)); });
        add("bsr", [&](Assembler& m) { m.bsr(width, reg(a), reg(b)); });
        add(std::string { "cmov" } + kConditions[b],
            [&](Assembler& m) { m.cmov(static_cast<Condition>(b), width, reg(a), reg(b)); });
        std::string const third = "," + name(width, (a + b) % 16);
        listing.add("andn" + operands + third, [&](Assembler& m) { m.andn(width, reg(a), reg(b), reg((a + b) % 16)); });
        listing.add("shlx" + operands + third,
            [&](Assembler& m) { m.shift_flagless(Shift::Shl, width, reg(a), reg(b), reg((a + b) % 16)); });
        listing.add("shrx" + operands + third,
            [&](Assembler& m) { m.shift_flagless(Shift::Shr, width, reg(a), reg(b), reg((a + b) % 16)); });
        listing.add("sarx" + operands + third,
            [&](Assembler& m) { m.shift_flagless(Shift::Sar, width, reg(a), reg(b), reg((a + b) % 16)); });
        listing.add("rorx" + operands + ",0x11", [&](Assembler& m) { m.rotate_flagless(width, reg(a), reg(b), 17); });
        listing.add("shrd" + operands + ",0x11", [&](Assembler& m) { m.shrd(width, reg(a), reg(b), 17); });
        listing.add(
            "imul" + operands + ",0x12345678", [&](Assembler& m) { m.imul(width, reg(a), reg(b), 0x12345678); });
        std::string const to = " " + name(width, a) + ",";
        listing.add("movsx" + to + kNames8[b], [&](Assembler& m) { m.sign_extend(1, width, reg(a), reg(b)); });
        listing.add("movsx" + to + kNames16[b], [&](Assembler& m) { m.sign_extend(2, width, reg(a), reg(b)); });
        if (width == Width::W64) {
            listing.add("movsxd" + to + kNames32[b], [&](Assembler& m) { m.sign_extend(4, width, reg(a), reg(b)); });
        } else {
            listing.add("movzx" + to + kNames8[b], [&](Assembler& m) { m.zero_extend(1, reg(a), reg(b)); });
            listing.add("movzx" + to + kNames16[b], [&](Assembler& m) { m.zero_extend(2, reg(a), reg(b)); });
        }
    });
    listing.check();
}

TEST_CASE("x64 encoder: one register, and immediates")
{
    Listing listing;
    constexpr std::array alu { "add", "or", "adc", "sbb", "and", "sub", "xor", "cmp" };
    for (Width const width : kWidths) {
        for (unsigned n = 0; n < 16; ++n) {
            std::string const operand = name(width, n);
            for (unsigned operation = 0; operation < 8; ++operation) {
                for (int32_t const value : { 1, -1, 127, -128, 0x12345, -0x12345 }) {
                    if (n == 0 && (value > 127 || value < -128))
                        continue; // objdump prints the same; the accumulator has a shorter form that is not used
                    listing.add(std::string { alu[operation] } + " " + operand + "," + immediate(width, value),
                        [&](Assembler& m) { m.alu(static_cast<Alu>(operation), width, reg(n), value); });
                }
            }
            listing.add("not " + operand, [&](Assembler& m) { m.unary(Unary::Not, width, reg(n)); });
            listing.add("neg " + operand, [&](Assembler& m) { m.unary(Unary::Neg, width, reg(n)); });
            listing.add("mul " + operand, [&](Assembler& m) { m.unary(Unary::Mul, width, reg(n)); });
            listing.add("imul " + operand, [&](Assembler& m) { m.unary(Unary::Imul, width, reg(n)); });
            listing.add("div " + operand, [&](Assembler& m) { m.unary(Unary::Div, width, reg(n)); });
            listing.add("idiv " + operand, [&](Assembler& m) { m.unary(Unary::Idiv, width, reg(n)); });
            listing.add("bswap " + operand, [&](Assembler& m) { m.bswap(width, reg(n)); });
            listing.add("bt " + operand + ",0x1d", [&](Assembler& m) { m.bit_test(width, reg(n), 29); });
            listing.add("test " + operand + ",0x12345", [&](Assembler& m) { m.test(width, reg(n), 0x12345); });
            for (auto const& [text, shift] :
                { std::pair { "rol", Shift::Rol }, std::pair { "ror", Shift::Ror }, std::pair { "shl", Shift::Shl },
                    std::pair { "shr", Shift::Shr }, std::pair { "sar", Shift::Sar } }) {
                Shift const kind = shift;
                listing.add(std::string { text } + " " + operand + ",0x5",
                    [&](Assembler& m) { m.shift(kind, width, reg(n), 5); });
                listing.add(std::string { text } + " " + operand + ",cl",
                    [&](Assembler& m) { m.shift_by_cl(kind, width, reg(n)); });
            }
        }
    }
    for (unsigned n = 0; n < 16; ++n) {
        std::string const full = kNames64[n];
        listing.add(
            std::string { "mov " } + kNames32[n] + ",0x89abcdef", [&](Assembler& m) { m.mov(reg(n), 0x89abcdef); });
        listing.add("mov " + full + ",0xffffffff89abcdef", [&](Assembler& m) { m.mov(reg(n), 0xffff'ffff'89ab'cdef); });
        listing.add(
            "movabs " + full + ",0x123456789abcdef", [&](Assembler& m) { m.mov(reg(n), 0x0123'4567'89ab'cdef); });
        listing.add(std::string { "test " } + kNames8[n] + ",0xf", [&](Assembler& m) { m.test_byte(reg(n), 15); });
        listing.add(std::string { "set" } + kConditions[n] + " " + kNames8[n],
            [&](Assembler& m) { m.set(static_cast<Condition>(n), reg(n)); });
        listing.add("push " + full, [&](Assembler& m) { m.push(reg(n)); });
        listing.add("pop " + full, [&](Assembler& m) { m.pop(reg(n)); });
        listing.add("call " + full, [&](Assembler& m) { m.call(reg(n)); });
        listing.add("jmp " + full, [&](Assembler& m) { m.jump(reg(n)); });
    }
    listing.add("cdq", [](Assembler& m) { m.sign_into_rdx(Width::W32); });
    listing.add("cqo", [](Assembler& m) { m.sign_into_rdx(Width::W64); });
    listing.add("lahf", [](Assembler& m) { m.lahf(); });
    listing.add("sahf", [](Assembler& m) { m.sahf(); });
    listing.add("cmc", [](Assembler& m) { m.cmc(); });
    listing.add("ret", [](Assembler& m) { m.ret(); });
    listing.add("add al,0x7f", [](Assembler& m) { m.add_to_al(0x7f); });
    listing.check();
}

TEST_CASE("x64 encoder: memory forms")
{
    Listing listing;
    unsigned n = 0;
    for_each_address([&](Mem mem, std::string const& text) {
        n = (n + 7) % 16;
        for (Width const width : kWidths) {
            std::string const size = width == Width::W64 ? "QWORD PTR " : "DWORD PTR ";
            std::string const operand = name(width, n);
            listing.add("imul " + operand + "," + size + text, [&](Assembler& m) { m.imul(width, reg(n), mem); });
            listing.add(std::string { "cmov" } + kConditions[n] + " " + operand + "," + size + text,
                [&](Assembler& m) { m.cmov(static_cast<Condition>(n), width, reg(n), mem); });
            listing.add("mov " + operand + "," + size + text, [&](Assembler& m) { m.load(width, reg(n), mem); });
            listing.add("mov " + size + text + "," + operand, [&](Assembler& m) { m.store(width, mem, reg(n)); });
            listing.add("mov " + size + text + "," + immediate(width, -2),
                [&](Assembler& m) { m.store_immediate(width, mem, -2); });
            listing.add("lea " + operand + "," + text, [&](Assembler& m) { m.lea(width, reg(n), mem); });
            listing.add(
                "sub " + operand + "," + size + text, [&](Assembler& m) { m.alu(Alu::Sub, width, reg(n), mem); });
            listing.add("add " + size + text + ",0x7", [&](Assembler& m) { m.alu_memory(Alu::Add, width, mem, 7); });
            listing.add("and " + size + text + "," + immediate(width, -4096),
                [&](Assembler& m) { m.alu_memory(Alu::And, width, mem, -4096); });
            listing.add("movsx " + operand + ",BYTE PTR " + text,
                [&](Assembler& m) { m.load_sign_extended(1, width, reg(n), mem); });
            listing.add("movsx " + operand + ",WORD PTR " + text,
                [&](Assembler& m) { m.load_sign_extended(2, width, reg(n), mem); });
        }
        listing.add(std::string { "movsxd " } + kNames64[n] + ",DWORD PTR " + text,
            [&](Assembler& m) { m.load_sign_extended(4, Width::W64, reg(n), mem); });
        listing.add(std::string { "movzx " } + kNames32[n] + ",BYTE PTR " + text,
            [&](Assembler& m) { m.load_zero_extended(1, reg(n), mem); });
        listing.add(std::string { "movzx " } + kNames32[n] + ",WORD PTR " + text,
            [&](Assembler& m) { m.load_zero_extended(2, reg(n), mem); });
        listing.add("mov WORD PTR " + text + "," + kNames16[n], [&](Assembler& m) { m.store16(mem, reg(n)); });
        listing.add("mov BYTE PTR " + text + "," + kNames8[n], [&](Assembler& m) { m.store8(mem, reg(n)); });
        listing.add("jmp QWORD PTR " + text, [&](Assembler& m) { m.jump(mem); });
        listing.add("cmp BYTE PTR " + text + ",0x1", [&](Assembler& m) { m.compare_byte(mem, 1); });
        listing.add("and BYTE PTR " + text + ",0xf3", [&](Assembler& m) { m.alu_byte(Alu::And, mem, -13); });
        listing.add("lock or DWORD PTR " + text + ",0x0", [&](Assembler& m) { m.or_locked(mem, 0); });
        listing.add("movups xmm1,XMMWORD PTR " + text, [&](Assembler& m) { m.load_vector(Xmm::Xmm1, mem); });
        listing.add("movups XMMWORD PTR " + text + ",xmm0", [&](Assembler& m) { m.store_vector(mem, Xmm::Xmm0); });
    });
    listing.check();
}

TEST_CASE("x64 encoder: memory that is read and modified")
{
    struct Size {
        unsigned bytes;
        std::string pointer;
        std::array<char const*, 16> const& names;
    };
    std::array<Size, 4> const sizes { {
        { 1, "BYTE PTR ", kNames8 },
        { 2, "WORD PTR ", kNames16 },
        { 4, "DWORD PTR ", kNames32 },
        { 8, "QWORD PTR ", kNames64 },
    } };
    Listing listing;
    unsigned n = 0;
    for_each_address([&](Mem mem, std::string const& text) {
        n = (n + 7) % 16;
        listing.add("lock cmpxchg16b OWORD PTR " + text, [&](Assembler& m) { m.compare_exchange_16(mem); });
        for (Size const& size : sizes) {
            std::string const operands = " " + size.pointer + text + "," + size.names[n];
            for (bool const locked : { false, true }) {
                std::string const prefix = locked ? "lock " : "";
                listing.add(prefix + "add" + operands,
                    [&](Assembler& m) { m.alu_to_memory(Alu::Add, size.bytes, mem, reg(n), locked); });
                listing.add(prefix + "xor" + operands,
                    [&](Assembler& m) { m.alu_to_memory(Alu::Xor, size.bytes, mem, reg(n), locked); });
                listing.add(
                    prefix + "xadd" + operands, [&](Assembler& m) { m.exchange_add(size.bytes, mem, reg(n), locked); });
                listing.add(prefix + "cmpxchg" + operands,
                    [&](Assembler& m) { m.compare_exchange(size.bytes, mem, reg(n), locked); });
            }
            listing.add("xchg" + operands, [&](Assembler& m) { m.exchange(size.bytes, mem, reg(n)); });
            listing.add("mov" + operands, [&](Assembler& m) { m.store_sized(size.bytes, mem, reg(n)); });
        }
    });
    listing.check();
}

TEST_CASE("x64 encoder: jumps lead to their labels, forward and backward, and can be led elsewhere")
{
    Listing listing;
    Label backward;
    Label forward;
    listing.add("cmc", [&](Assembler& m) {
        // A one-byte instruction of no other use here.
        m.bind(backward);
        m.cmc();
    });
    listing.add("jmp 0x0", [&](Assembler& m) { m.jump(backward); });
    listing.add("je 0x13", [&](Assembler& m) { m.jump(Condition::E, forward); });
    listing.add("jmp 0x13", [&](Assembler& m) {
        m.jump(forward);
        CHECK(m.position() == 17);
    });
    listing.add("ret", [&](Assembler& m) { m.ret(); });
    listing.add("cmc", [&](Assembler& m) { m.cmc(); });
    listing.add("call 0x1", [&](Assembler& m) {
        m.bind(forward);
        m.call_position(1);
    });
    listing.add("jmp 0x12", [&](Assembler& m) { m.jump_position(0x12); });
    auto const lines = listing.disassembled();
    std::vector<std::string> const expected { "cmc", "jmp 0x0", "je 0x13", "jmp 0x13", "ret", "cmc", "call 0x1",
        "jmp 0x12" };
    CHECK(lines == expected);
}

TEST_CASE("x64 encoder: what does not fit is noted, and nothing is written behind the buffer")
{
    std::array<uint8_t, 8> buffer {};
    Assembler assembler { buffer.data(), 4 };
    assembler.mov(Reg::Rax, 0x0123'4567'89ab'cdef);
    CHECK(assembler.overflowed());
    CHECK(assembler.position() == 4);
    CHECK(buffer[4] == 0);
}

TEST_CASE("x64 encoder: a label has as many sites as it likes, and none when they did not fit")
{
    constexpr unsigned kJumps = 20;
    constexpr unsigned kJumpBytes = 5;
    std::array<uint8_t, 256> buffer {};
    for (bool const fits : { true, false }) {
        Assembler assembler { buffer.data(), fits ? 256u : 64u };
        Label label;
        for (unsigned jump = 0; jump < kJumps; ++jump)
            assembler.jump(label);
        assembler.bind(label);
        REQUIRE(assembler.overflowed() == !fits);
        if (!fits)
            continue;
        for (unsigned jump = 0; jump < kJumps; ++jump) {
            uint32_t distance = 0;
            std::memcpy(&distance, buffer.data() + jump * kJumpBytes + 1, sizeof(distance));
            CHECK(distance == (kJumps - 1 - jump) * kJumpBytes);
        }
    }
}
