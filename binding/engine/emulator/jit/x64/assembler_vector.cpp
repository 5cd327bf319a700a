// Instructions on vector registers, and CRC32.
#include "engine/emulator/jit/x64/assembler_bytes.h"

namespace dormouse::emulator::jit::x64 {

namespace {

    unsigned number(Reg reg)
    {
        return static_cast<unsigned>(reg);
    }
    unsigned number(Xmm reg)
    {
        return static_cast<unsigned>(reg);
    }

    constexpr unsigned kNone = 0; // VEX.vvvv of instructions without the operand: its bits are inverted

}

// Two bytes when the long form would say nothing more. [Intel SDM, volume 2, 2.3.5]
void Assembler::vex_prefix(VectorOpcode op, unsigned reg, unsigned index, unsigned base, unsigned a)
{
    unsigned const inverted_r = reg & 8 ? 0 : 0x80;
    unsigned const low = (~a & 15) << 3 | op.prefix;
    if (!op.w && op.map == 1 && !(index & 8) && !(base & 8)) {
        byte(0xc5);
        byte(inverted_r | low);
    } else {
        byte(0xc4);
        byte(inverted_r | (index & 8 ? 0 : 0x40) | (base & 8 ? 0 : 0x20) | op.map);
        byte((op.w ? 0x80 : 0) | low);
    }
    byte(op.opcode);
}

void Assembler::vex(VectorOpcode op, unsigned reg, unsigned a, unsigned rm)
{
    vex_prefix(op, reg, 0, rm, a);
    byte(0xc0 | (reg & 7) << 3 | (rm & 7));
}

void Assembler::vex(VectorOpcode op, unsigned reg, unsigned a, Mem const& mem, unsigned bytes_behind)
{
    vex_prefix(op, reg, mem.has_index ? number(mem.index) : 0, number(mem.base), a);
    operand(reg, mem, bytes_behind);
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm a, Xmm b)
{
    vex(op, number(to), number(a), number(b));
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm a, Mem b)
{
    vex(op, number(to), number(a), b);
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm a, Xmm b, uint8_t immediate)
{
    vex(op, number(to), number(a), number(b));
    byte(immediate);
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm a, Mem b, uint8_t immediate)
{
    vex(op, number(to), number(a), b, 1);
    byte(immediate);
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm b)
{
    vex(op, number(to), kNone, number(b));
}

void Assembler::vector(VectorOpcode op, Xmm to, Mem b)
{
    vex(op, number(to), kNone, b);
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm b, uint8_t immediate)
{
    vex(op, number(to), kNone, number(b));
    byte(immediate);
}

void Assembler::vector(VectorOpcode op, Xmm to, Mem b, uint8_t immediate)
{
    vex(op, number(to), kNone, b, 1);
    byte(immediate);
}

// The destination is ModRM.rm.
void Assembler::vector_half_from_single(Xmm to, Xmm from, uint8_t rounding)
{
    vex({ 3, 1, 0x1d }, number(from), kNone, number(to));
    byte(rounding);
}

void Assembler::vector_select(VectorOpcode op, Xmm to, Xmm a, Xmm b, Xmm mask)
{
    vex(op, number(to), number(a), number(b));
    byte(number(mask) << 4);
}

void Assembler::vector_shift(uint8_t opcode, unsigned digit, Xmm to, Xmm from, uint8_t count)
{
    vex({ 1, 1, opcode }, digit, number(to), number(from));
    byte(count);
}

void Assembler::vector_from_general(VectorOpcode op, Xmm to, Xmm a, Reg from)
{
    vex(op, number(to), number(a), number(from));
}

void Assembler::vector_from_general(VectorOpcode op, Xmm to, Xmm a, Reg from, uint8_t immediate)
{
    vex(op, number(to), number(a), number(from));
    byte(immediate);
}

void Assembler::vector_from_general(VectorOpcode op, Xmm to, Reg from)
{
    vex(op, number(to), kNone, number(from));
}

void Assembler::general_from_vector(VectorOpcode op, Reg to, Xmm from)
{
    vex(op, number(to), kNone, number(from));
}

void Assembler::general_from_vector(VectorOpcode op, Reg to, Xmm from, uint8_t immediate)
{
    vex(op, number(to), kNone, number(from));
    byte(immediate);
}

void Assembler::vector_and_general(VectorOpcode op, Xmm vector, Reg general)
{
    vex(op, number(vector), kNone, number(general));
}

void Assembler::vector_and_general(VectorOpcode op, Xmm vector, Reg general, uint8_t immediate)
{
    vex(op, number(vector), kNone, number(general));
    byte(immediate);
}

// These have no VEX form.
void Assembler::sha(uint8_t opcode, Xmm to, Xmm from)
{
    rex(Width::W32, number(to), 0, number(from));
    byte(0x0f);
    byte(0x38);
    byte(opcode);
    byte(0xc0 | (number(to) & 7) << 3 | (number(from) & 7));
}

void Assembler::sha_rounds(Xmm to, Xmm from, uint8_t immediate)
{
    rex(Width::W32, number(to), 0, number(from));
    byte(0x0f);
    byte(0x3a);
    byte(0xcc);
    byte(0xc0 | (number(to) & 7) << 3 | (number(from) & 7));
    byte(immediate);
}

void Assembler::crc32(unsigned bytes, Reg to, Reg from)
{
    if (bytes == 2)
        byte(0x66);
    byte(0xf2);
    rex(bytes == 8 ? Width::W64 : Width::W32, number(to), 0, number(from), bytes == 1 && number(from) >= 4);
    byte(0x0f);
    byte(0x38);
    byte(bytes == 1 ? 0xf0 : 0xf1);
    byte(0xc0 | (number(to) & 7) << 3 | (number(from) & 7));
}

void Assembler::load_mxcsr(Mem mem)
{
    memory_form(Width::W32, 0x0fae, 2, mem);
}

void Assembler::store_mxcsr(Mem mem)
{
    memory_form(Width::W32, 0x0fae, 3, mem);
}

}
