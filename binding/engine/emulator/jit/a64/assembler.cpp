#include "engine/emulator/jit/a64/assembler.h"

#include "base/check.h"

#include <bit>

namespace dormouse::emulator::jit::a64 {

namespace {

    constexpr uint32_t at(Reg reg, unsigned position)
    {
        return uint32_t { number(reg) } << position;
    }
    constexpr unsigned kRn = 5;
    constexpr unsigned kRm = 16;

}

void Assembler::mov(Reg to, Reg from)
{
    orr(to, Reg::Zero, from);
}

void Assembler::mov(Reg to, uint64_t value)
{
    constexpr uint32_t kMovz = 0xd280'0000;
    constexpr uint32_t kMovn = 0x9280'0000;
    constexpr uint32_t kMovk = 0xf280'0000;
    unsigned ones = 0;
    unsigned zeros = 0;
    for (unsigned shift = 0; shift < 64; shift += 16) {
        ones += (value >> shift & 0xffff) == 0xffff;
        zeros += (value >> shift & 0xffff) == 0;
    }
    bool const inverted = ones > zeros;
    uint32_t const filler = inverted ? 0xffff : 0;
    bool first = true;
    for (unsigned half = 0; half < 4; ++half) {
        auto const part = static_cast<uint32_t>(value >> 16 * half & 0xffff);
        if (part == filler)
            continue;
        uint32_t const opcode = !first ? kMovk : inverted ? kMovn : kMovz;
        word(opcode | half << 21 | (first && inverted ? part ^ 0xffff : part) << 5 | at(to, 0));
        first = false;
    }
    if (first)
        word((inverted ? kMovn : kMovz) | at(to, 0));
}

void Assembler::add(Reg to, Reg from, int64_t value, Reg scratch)
{
    constexpr uint32_t kAdd = 0x9100'0000;
    constexpr uint32_t kSub = 0xd100'0000;
    constexpr uint32_t kShifted = 1 << 22;
    uint64_t const magnitude = value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    uint32_t const opcode = value < 0 ? kSub : kAdd;
    if (magnitude >> 24 != 0) {
        mov(scratch, static_cast<uint64_t>(value));
        add_extended(to, from, scratch, 3, 0);
        return;
    }
    auto const low = static_cast<uint32_t>(magnitude & 0xfff);
    auto const high = static_cast<uint32_t>(magnitude >> 12);
    if (high != 0)
        word(opcode | kShifted | high << 10 | at(from, kRn) | at(to, 0));
    if (low != 0 || high == 0)
        word(opcode | low << 10 | at(high != 0 ? to : from, kRn) | at(to, 0));
}

void Assembler::add(Reg to, Reg first, Reg second, unsigned left_shift)
{
    word(0x8b00'0000 | at(second, kRm) | left_shift << 10 | at(first, kRn) | at(to, 0));
}

void Assembler::sub(Reg to, Reg first, Reg second)
{
    word(0xcb00'0000 | at(second, kRm) | at(first, kRn) | at(to, 0));
}

void Assembler::eor(Reg to, Reg first, Reg second, unsigned left_shift)
{
    word(0xca00'0000 | at(second, kRm) | left_shift << 10 | at(first, kRn) | at(to, 0));
}

void Assembler::orr(Reg to, Reg first, Reg second)
{
    word(0xaa00'0000 | at(second, kRm) | at(first, kRn) | at(to, 0));
}

void Assembler::bit_and(Reg to, Reg first, Reg second)
{
    word(0x8a00'0000 | at(second, kRm) | at(first, kRn) | at(to, 0));
}

void Assembler::shift_left(Reg to, Reg from, unsigned count) // UBFM
{
    word(0xd340'0000 | (64 - count) << 16 | (63 - count) << 10 | at(from, kRn) | at(to, 0));
}

void Assembler::add_extended(Reg to, Reg first, Reg second, unsigned option, unsigned shift)
{
    word(0x8b20'0000 | at(second, kRm) | option << 13 | shift << 10 | at(first, kRn) | at(to, 0));
}

void Assembler::keep_bits(Reg to, Reg from, unsigned low, unsigned count)
{
    word(0x9240'0000 | (64 - low) % 64 << 16 | (count - 1) << 10 | at(from, kRn) | at(to, 0)); // AND (immediate)
}

void Assembler::bit_field(uint32_t opcode, Reg to, Reg from, unsigned low, unsigned count)
{
    word(opcode | low << 16 | (low + count - 1) << 10 | at(from, kRn) | at(to, 0));
}

void Assembler::extract_bits(Reg to, Reg from, unsigned low, unsigned count)
{
    bit_field(0xd340'0000, to, from, low, count); // UBFM
}

void Assembler::extract_signed(Width width, Reg to, Reg from, unsigned low, unsigned count)
{
    bit_field(width == Width::W64 ? 0x9340'0000 : 0x1300'0000, to, from, low, count); // SBFM
}

void Assembler::load(unsigned bytes, Reg to, Reg base, uint32_t offset)
{
    auto const size = static_cast<uint32_t>(std::countr_zero(bytes));
    CHECK(offset % bytes == 0 && offset / bytes < 4096);
    word(0x3940'0000 | size << 30 | offset / bytes << 10 | at(base, kRn) | at(to, 0));
}

void Assembler::store(unsigned bytes, Reg from, Reg base, uint32_t offset)
{
    auto const size = static_cast<uint32_t>(std::countr_zero(bytes));
    CHECK(offset % bytes == 0 && offset / bytes < 4096);
    word(0x3900'0000 | size << 30 | offset / bytes << 10 | at(base, kRn) | at(from, 0));
}

void Assembler::load_element(Reg to, Reg base, Reg index)
{
    word(0xf860'7800 | at(index, kRm) | at(base, kRn) | at(to, 0)); // LDR (register), LSL #3
}

void Assembler::pair(uint32_t opcode, unsigned scale, unsigned first, unsigned second, Reg base, int32_t offset)
{
    auto const units = static_cast<uint32_t>(offset / static_cast<int32_t>(scale)) & 0x7f;
    word(opcode | units << 15 | second << 10 | at(base, kRn) | first);
}

void Assembler::load_pair(unsigned first, unsigned second, Reg base, int32_t offset)
{
    pair(0xa940'0000, 8, first, second, base, offset);
}
void Assembler::store_pair(unsigned first, unsigned second, Reg base, int32_t offset)
{
    pair(0xa900'0000, 8, first, second, base, offset);
}
void Assembler::load_pair_q(unsigned first, unsigned second, Reg base, int32_t offset)
{
    pair(0xad40'0000, 16, first, second, base, offset);
}
void Assembler::store_pair_q(unsigned first, unsigned second, Reg base, int32_t offset)
{
    pair(0xad00'0000, 16, first, second, base, offset);
}
void Assembler::load_pair_d(unsigned first, unsigned second, Reg base, int32_t offset)
{
    pair(0x6d40'0000, 8, first, second, base, offset);
}
void Assembler::store_pair_d(unsigned first, unsigned second, Reg base, int32_t offset)
{
    pair(0x6d00'0000, 8, first, second, base, offset);
}

void Assembler::read_special(Reg to, Special which)
{
    word(0xd530'0000 | static_cast<uint32_t>(which) << 5 | at(to, 0));
}

void Assembler::write_special(Special which, Reg from)
{
    word(0xd510'0000 | static_cast<uint32_t>(which) << 5 | at(from, 0));
}

void Assembler::full_barrier()
{
    word(0xd503'3bbf);
}

}
