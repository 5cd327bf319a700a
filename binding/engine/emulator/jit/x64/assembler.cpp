#include "engine/emulator/jit/x64/assembler.h"

#include "engine/emulator/jit/x64/assembler_bytes.h"

namespace dormouse::emulator::jit::x64 {

namespace {

    unsigned number(Reg reg)
    {
        return static_cast<unsigned>(reg);
    }
    bool fits_byte(int32_t value)
    {
        return value == static_cast<int8_t>(value);
    }

}

void Assembler::register_form(Width width, unsigned opcode, unsigned reg, Reg rm, bool byte_operand)
{
    rex(width, reg, 0, number(rm), byte_operand);
    opcode_bytes(opcode);
    byte(0xc0 | (reg & 7) << 3 | (number(rm) & 7));
}

void Assembler::memory_form(Width width, unsigned opcode, unsigned reg, Mem const& mem, bool byte_operand)
{
    rex(width, reg, mem.has_index ? number(mem.index) : 0, number(mem.base), byte_operand);
    opcode_bytes(opcode);
    operand(reg, mem);
}

// ModRM, SIB and displacement. RSP and R12 as base need a SIB byte; RBP and R13 a displacement. [2.1.5]
void Assembler::operand(unsigned reg, Mem const& mem, unsigned bytes_behind)
{
    if (mem.is_position) { // relative to the end of the instruction
        byte((reg & 7) << 3 | 5);
        word32(static_cast<uint32_t>(mem.displacement) - (m_position + 4 + bytes_behind));
        return;
    }
    unsigned const base = number(mem.base) & 7;
    bool const needs_sib = mem.has_index || base == 4;
    unsigned const mode = mem.displacement == 0 && base != 5 ? 0 : fits_byte(mem.displacement) ? 1 : 2;
    byte(mode << 6 | (reg & 7) << 3 | (needs_sib ? 4 : base));
    if (needs_sib)
        byte(static_cast<unsigned>(mem.scale_log2) << 6 | (mem.has_index ? number(mem.index) & 7 : 4) << 3 | base);
    if (mode == 1)
        byte(static_cast<uint8_t>(mem.displacement));
    else if (mode == 2)
        word32(static_cast<uint32_t>(mem.displacement));
}

void Assembler::mov(Width width, Reg to, Reg from)
{
    register_form(width, 0x8b, number(to), from);
}

void Assembler::mov(Reg to, uint64_t immediate)
{
    if (immediate <= 0xffff'ffff) {
        rex(Width::W32, 0, 0, number(to));
        byte(0xb8 | (number(to) & 7));
        word32(static_cast<uint32_t>(immediate));
    } else if (immediate == static_cast<uint64_t>(int64_t { static_cast<int32_t>(immediate) })) {
        register_form(Width::W64, 0xc7, 0, to);
        word32(static_cast<uint32_t>(immediate));
    } else {
        rex(Width::W64, 0, 0, number(to));
        byte(0xb8 | (number(to) & 7));
        word64(immediate);
    }
}

void Assembler::load(Width width, Reg to, Mem from)
{
    memory_form(width, 0x8b, number(to), from);
}

void Assembler::store(Width width, Mem to, Reg from)
{
    memory_form(width, 0x89, number(from), to);
}

void Assembler::store16(Mem to, Reg from)
{
    byte(0x66);
    memory_form(Width::W32, 0x89, number(from), to);
}

void Assembler::store8(Mem to, Reg from)
{
    memory_form(Width::W32, 0x88, number(from), to, number(from) >= 4);
}

void Assembler::store_sized(unsigned bytes, Mem to, Reg from)
{
    switch (bytes) {
    case 1: return store8(to, from);
    case 2: return store16(to, from);
    case 4: return store(Width::W32, to, from);
    default: return store(Width::W64, to, from);
    }
}

void Assembler::store_immediate(Width width, Mem to, int32_t value)
{
    memory_form(width, 0xc7, 0, to);
    word32(static_cast<uint32_t>(value));
}

void Assembler::load_zero_extended(unsigned bytes, Reg to, Mem from)
{
    memory_form(Width::W32, bytes == 1 ? 0x0fb6 : 0x0fb7, number(to), from);
}

void Assembler::load_sign_extended(unsigned bytes, Width width, Reg to, Mem from)
{
    memory_form(width, bytes == 1 ? 0x0fbe : bytes == 2 ? 0x0fbf : 0x63, number(to), from);
}

void Assembler::zero_extend(unsigned bytes, Reg to, Reg from)
{
    if (bytes == 4)
        mov(Width::W32, to, from);
    else
        register_form(Width::W32, bytes == 1 ? 0x0fb6 : 0x0fb7, number(to), from, bytes == 1 && number(from) >= 4);
}

void Assembler::sign_extend(unsigned bytes, Width width, Reg to, Reg from)
{
    register_form(width,
        bytes == 1       ? 0x0fbe
            : bytes == 2 ? 0x0fbf
                         : 0x63,
        number(to), from, bytes == 1 && number(from) >= 4);
}

void Assembler::lea(Width width, Reg to, Mem address)
{
    memory_form(width, 0x8d, number(to), address);
}

void Assembler::alu(Alu operation, Width width, Reg to, Reg from)
{
    register_form(width, static_cast<unsigned>(operation) << 3 | 3, number(to), from);
}

void Assembler::alu(Alu operation, Width width, Reg to, Mem from)
{
    memory_form(width, static_cast<unsigned>(operation) << 3 | 3, number(to), from);
}

void Assembler::alu(Alu operation, Width width, Reg to, int32_t immediate)
{
    bool const small = fits_byte(immediate);
    register_form(width, small ? 0x83 : 0x81, static_cast<unsigned>(operation), to);
    if (small)
        byte(static_cast<uint8_t>(immediate));
    else
        word32(static_cast<uint32_t>(immediate));
}

void Assembler::alu_memory(Alu operation, Width width, Mem to, int32_t immediate)
{
    bool const small = fits_byte(immediate);
    memory_form(width, small ? 0x83 : 0x81, static_cast<unsigned>(operation), to);
    if (small)
        byte(static_cast<uint8_t>(immediate));
    else
        word32(static_cast<uint32_t>(immediate));
}

void Assembler::compare_byte(Mem mem, int8_t immediate)
{
    alu_byte(Alu::Cmp, mem, immediate);
}

void Assembler::alu_byte(Alu operation, Mem mem, int8_t immediate)
{
    rex(Width::W32, 0, mem.has_index ? number(mem.index) : 0, number(mem.base));
    byte(0x80);
    operand(static_cast<unsigned>(operation), mem, 1);
    byte(static_cast<uint8_t>(immediate));
}

void Assembler::compare_bytes(Reg a, Reg b)
{
    register_form(Width::W32, 0x38, number(b), a);
}

void Assembler::data(uint64_t value)
{
    word64(value);
}

void Assembler::or_locked(Mem mem, int8_t immediate)
{
    byte(0xf0);
    alu_memory(Alu::Or, Width::W32, mem, immediate);
}

void Assembler::test(Width width, Reg a, Reg b)
{
    register_form(width, 0x85, number(b), a);
}

void Assembler::test(Width width, Reg reg, int32_t immediate)
{
    register_form(width, 0xf7, 0, reg);
    word32(static_cast<uint32_t>(immediate));
}

void Assembler::test_byte(Reg reg, uint8_t immediate)
{
    register_form(Width::W32, 0xf6, 0, reg, number(reg) >= 4);
    byte(immediate);
}

void Assembler::unary(Unary operation, Width width, Reg reg)
{
    register_form(width, 0xf7, static_cast<unsigned>(operation), reg);
}

void Assembler::shift(Shift operation, Width width, Reg reg, uint8_t count)
{
    register_form(width, 0xc1, static_cast<unsigned>(operation), reg);
    byte(count);
}

void Assembler::shift_by_cl(Shift operation, Width width, Reg reg)
{
    register_form(width, 0xd3, static_cast<unsigned>(operation), reg);
}

void Assembler::shrd(Width width, Reg to, Reg from, uint8_t count)
{
    register_form(width, 0x0fac, number(from), to);
    byte(count);
}

void Assembler::imul(Width width, Reg to, Reg from)
{
    register_form(width, 0x0faf, number(to), from);
}

void Assembler::imul(Width width, Reg to, Mem from)
{
    memory_form(width, 0x0faf, number(to), from);
}

void Assembler::imul(Width width, Reg to, Reg from, int32_t immediate)
{
    register_form(width, 0x69, number(to), from);
    word32(static_cast<uint32_t>(immediate));
}

void Assembler::bsr(Width width, Reg to, Reg from)
{
    register_form(width, 0x0fbd, number(to), from);
}

void Assembler::bswap(Width width, Reg reg)
{
    rex(width, 0, 0, number(reg));
    byte(0x0f);
    byte(0xc8 | (number(reg) & 7));
}

void Assembler::bit_test(Width width, Reg reg, uint8_t bit)
{
    register_form(width, 0x0fba, 4, reg);
    byte(bit);
}

void Assembler::cmov(Condition condition, Width width, Reg to, Reg from)
{
    register_form(width, 0x0f40 | static_cast<unsigned>(condition), number(to), from);
}

void Assembler::cmov(Condition condition, Width width, Reg to, Mem from)
{
    memory_form(width, 0x0f40 | static_cast<unsigned>(condition), number(to), from);
}

void Assembler::andn(Width width, Reg to, Reg inverted, Reg from)
{
    vex({ 2, 0, 0xf2, width == Width::W64 }, number(to), number(inverted), number(from));
}

void Assembler::shift_flagless(Shift operation, Width width, Reg to, Reg from, Reg count)
{
    uint8_t const prefix = operation == Shift::Shl ? 1 : operation == Shift::Sar ? 2 : 3;
    vex({ 2, prefix, 0xf7, width == Width::W64 }, number(to), number(count), number(from));
}

void Assembler::rotate_flagless(Width width, Reg to, Reg from, uint8_t count)
{
    vex({ 3, 3, 0xf0, width == Width::W64 }, number(to), 0, number(from));
    byte(count);
}

void Assembler::set(Condition condition, Reg reg)
{
    register_form(Width::W32, 0x0f90 | static_cast<unsigned>(condition), 0, reg, number(reg) >= 4);
}

void Assembler::sign_into_rdx(Width width)
{
    rex(width, 0, 0, 0);
    byte(0x99);
}

void Assembler::add_to_al(uint8_t immediate)
{
    byte(0x04);
    byte(immediate);
}

void Assembler::lahf()
{
    byte(0x9f);
}

void Assembler::sahf()
{
    byte(0x9e);
}

void Assembler::cmc()
{
    byte(0xf5);
}

void Assembler::load_vector(Xmm to, Mem from)
{
    memory_form(Width::W32, 0x0f10, static_cast<unsigned>(to), from);
}

void Assembler::store_vector(Mem to, Xmm from)
{
    memory_form(Width::W32, 0x0f11, static_cast<unsigned>(from), to);
}

}
