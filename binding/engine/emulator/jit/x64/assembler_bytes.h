#pragma once

#include "engine/emulator/jit/x64/assembler.h"

#include <cstring>

// What the files of the assembler write with. Every byte of translated code goes through here, so an instruction is
// put together without branches where it can be: what is optional is written anyway, and overwritten by what follows.
namespace dormouse::emulator::jit::x64 {

// Opcodes of the 0F map are written as 0x0fXX.
constexpr bool is_two_byte_opcode(unsigned opcode)
{
    return opcode > 0xff;
}

template <typename T> uint8_t* put(uint8_t* at, T value) // the host is little-endian
{
    std::memcpy(at, &value, sizeof(value));
    return at + sizeof(value);
}

inline uint8_t* put_byte(uint8_t* at, unsigned value)
{
    *at = static_cast<uint8_t>(value);
    return at + 1;
}

inline uint8_t* put_byte_if(uint8_t* at, bool condition, unsigned value)
{
    *at = static_cast<uint8_t>(value);
    return at + condition;
}

// One byte when it fits, sign-extended; else four.
inline uint8_t* put_short(uint8_t* at, int32_t value, bool fits_byte)
{
    std::memcpy(at, &value, sizeof(value));
    return at + (fits_byte ? 1 : 4);
}

// `extension`: the bits R, X and B. A byte operand in SPL, BPL, SIL or DIL needs a prefix that says nothing else.
inline uint8_t* put_rex(uint8_t* at, Width width, unsigned extension, bool byte_operand = false)
{
    unsigned const prefix = 0x40 | (width == Width::W64 ? 8 : 0) | extension;
    return put_byte_if(at, (prefix != 0x40) | byte_operand, prefix);
}

inline uint8_t* put_opcode(uint8_t* at, unsigned opcode)
{
    at = put_byte_if(at, is_two_byte_opcode(opcode), 0x0f);
    return put_byte(at, opcode & 0xff);
}

// ModRM of two registers.
inline uint8_t* put_registers(uint8_t* at, unsigned reg, unsigned rm)
{
    return put_byte(at, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

inline uint8_t* put_register_form(
    uint8_t* at, Width width, unsigned opcode, unsigned reg, Reg rm, bool byte_operand = false)
{
    auto const rm_number = static_cast<unsigned>(rm);
    at = put_rex(at, width, reg >> 3 << 2 | rm_number >> 3, byte_operand);
    return put_registers(put_opcode(at, opcode), reg, rm_number);
}

// There is always room for one more.
inline void Assembler::end(uint8_t* behind)
{
    m_at = behind;
    if (behind > m_last) [[unlikely]]
        overflow();
}

// ModRM, SIB and displacement.
inline uint8_t* Assembler::put_operand(uint8_t* at, unsigned reg, Mem mem, unsigned bytes_behind) const
{
    if (mem.m_is_position) [[unlikely]] { // relative to the end of the instruction
        at = put_byte(at, (reg & 7) << 3 | 5);
        uint32_t const next = position_of(at) + 4 + bytes_behind;
        return put(at, static_cast<uint32_t>(mem.m_displacement) - next);
    }
    int32_t const displacement = mem.m_displacement;
    unsigned const mode = unsigned { displacement != 0 || mem.m_needs_displacement }
        + unsigned { displacement != static_cast<int8_t>(displacement) };
    put(at, static_cast<uint16_t>(mode << 6 | (reg & 7) << 3 | mem.m_bytes));
    at += mem.m_length;
    put(at, displacement);
    return at + mode * mode; // bytes: none, one, four
}

inline uint8_t* Assembler::put_memory_form(
    uint8_t* at, Width width, unsigned opcode, unsigned reg, Mem mem, bool byte_operand, unsigned bytes_behind) const
{
    at = put_rex(at, width, reg >> 3 << 2 | mem.m_rex, byte_operand);
    return put_operand(put_opcode(at, opcode), reg, mem, bytes_behind);
}

}
