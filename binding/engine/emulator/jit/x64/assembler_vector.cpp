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

    // `extension`: the bits X and B. Two bytes when the long form would say nothing more. [Intel SDM, volume 2, 2.3.5]
    uint8_t* put_vex(uint8_t* at, VectorOpcode op, unsigned reg, unsigned extension, unsigned a)
    {
        unsigned const inverted_r = ~reg << 4 & 0x80;
        unsigned const low = (~a & 15) << 3 | op.prefix;
        if (!op.w && op.map == 1 && extension == 0) {
            at = put_byte(at, 0xc5);
            at = put_byte(at, inverted_r | low);
        } else {
            at = put_byte(at, 0xc4);
            at = put_byte(at, inverted_r | (~extension << 5 & 0x60) | op.map);
            at = put_byte(at, (op.w ? 0x80 : 0) | low);
        }
        return put_byte(at, op.opcode);
    }

    // 0F 38 or 0F 3A.
    uint8_t* put_three_byte_opcode(uint8_t* at, unsigned map, unsigned opcode)
    {
        return put_byte(put_byte(put_byte(at, 0x0f), map), opcode);
    }

}

uint8_t* Assembler::begin_vex(VectorOpcode op, unsigned reg, unsigned a, unsigned rm)
{
    return put_registers(put_vex(m_at, op, reg, rm >> 3, a), reg, rm);
}

uint8_t* Assembler::begin_vex(VectorOpcode op, unsigned reg, unsigned a, Mem mem, unsigned bytes_behind)
{
    return put_operand(put_vex(m_at, op, reg, mem.m_rex, a), reg, mem, bytes_behind);
}

void Assembler::vex(VectorOpcode op, unsigned reg, unsigned a, unsigned rm)
{
    end(begin_vex(op, reg, a, rm));
}

void Assembler::vex(VectorOpcode op, unsigned reg, unsigned a, unsigned rm, uint8_t immediate)
{
    end(put_byte(begin_vex(op, reg, a, rm), immediate));
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm a, Xmm b)
{
    vex(op, number(to), number(a), number(b));
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm a, Mem b)
{
    end(begin_vex(op, number(to), number(a), b, 0));
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm a, Xmm b, uint8_t immediate)
{
    vex(op, number(to), number(a), number(b), immediate);
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm a, Mem b, uint8_t immediate)
{
    end(put_byte(begin_vex(op, number(to), number(a), b, 1), immediate));
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm b)
{
    vex(op, number(to), kNone, number(b));
}

void Assembler::vector(VectorOpcode op, Xmm to, Mem b)
{
    end(begin_vex(op, number(to), kNone, b, 0));
}

void Assembler::vector(VectorOpcode op, Xmm to, Xmm b, uint8_t immediate)
{
    vex(op, number(to), kNone, number(b), immediate);
}

void Assembler::vector(VectorOpcode op, Xmm to, Mem b, uint8_t immediate)
{
    end(put_byte(begin_vex(op, number(to), kNone, b, 1), immediate));
}

// The destination is ModRM.rm.
void Assembler::vector_half_from_single(Xmm to, Xmm from, uint8_t rounding)
{
    vex({ 3, 1, 0x1d }, number(from), kNone, number(to), rounding);
}

void Assembler::vector_select(VectorOpcode op, Xmm to, Xmm a, Xmm b, Xmm mask)
{
    vex(op, number(to), number(a), number(b), static_cast<uint8_t>(number(mask) << 4));
}

void Assembler::vector_shift(uint8_t opcode, unsigned digit, Xmm to, Xmm from, uint8_t count)
{
    vex({ 1, 1, opcode }, digit, number(to), number(from), count);
}

void Assembler::vector_from_general(VectorOpcode op, Xmm to, Xmm a, Reg from)
{
    vex(op, number(to), number(a), number(from));
}

void Assembler::vector_from_general(VectorOpcode op, Xmm to, Xmm a, Reg from, uint8_t immediate)
{
    vex(op, number(to), number(a), number(from), immediate);
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
    vex(op, number(to), kNone, number(from), immediate);
}

void Assembler::vector_and_general(VectorOpcode op, Xmm vector, Reg general)
{
    vex(op, number(vector), kNone, number(general));
}

void Assembler::vector_and_general(VectorOpcode op, Xmm vector, Reg general, uint8_t immediate)
{
    vex(op, number(vector), kNone, number(general), immediate);
}

// These have no VEX form.
void Assembler::sha(uint8_t opcode, Xmm to, Xmm from)
{
    uint8_t* const at = put_rex(m_at, Width::W32, number(to) >> 3 << 2 | number(from) >> 3);
    end(put_registers(put_three_byte_opcode(at, 0x38, opcode), number(to), number(from)));
}

void Assembler::sha_rounds(Xmm to, Xmm from, uint8_t immediate)
{
    uint8_t* at = put_rex(m_at, Width::W32, number(to) >> 3 << 2 | number(from) >> 3);
    at = put_registers(put_three_byte_opcode(at, 0x3a, 0xcc), number(to), number(from));
    end(put_byte(at, immediate));
}

void Assembler::crc32(unsigned bytes, Reg to, Reg from)
{
    uint8_t* at = put_byte(put_byte_if(m_at, bytes == 2, 0x66), 0xf2);
    at = put_rex(at, bytes == 8 ? Width::W64 : Width::W32, number(to) >> 3 << 2 | number(from) >> 3,
        bytes == 1 && number(from) >= 4);
    end(put_registers(put_three_byte_opcode(at, 0x38, bytes == 1 ? 0xf0 : 0xf1), number(to), number(from)));
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
