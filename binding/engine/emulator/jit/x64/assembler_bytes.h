#pragma once

#include "engine/emulator/jit/x64/assembler.h"

#include <cstring>

// What the files of the assembler write with: inline, because every byte of translated code goes through here.
namespace dormouse::emulator::jit::x64 {

constexpr unsigned kTwoByteOpcodes = 0x0f00; // opcodes of the 0F map are written as 0x0fXX

inline void Assembler::byte(unsigned value)
{
    if (m_position < m_capacity) [[likely]]
        m_buffer[m_position++] = static_cast<uint8_t>(value);
    else
        m_overflowed = true;
}

inline void Assembler::word32(uint32_t value)
{
    if (m_capacity - m_position < sizeof(value)) [[unlikely]] {
        m_position = m_capacity; // nothing follows either
        m_overflowed = true;
        return;
    }
    std::memcpy(m_buffer + m_position, &value, sizeof(value)); // the host is little-endian
    m_position += static_cast<uint32_t>(sizeof(value));
}

inline void Assembler::word64(uint64_t value)
{
    word32(static_cast<uint32_t>(value));
    word32(static_cast<uint32_t>(value >> 32));
}

// A byte operand in SPL, BPL, SIL or DIL needs a prefix that says nothing else.
inline void Assembler::rex(Width width, unsigned reg, unsigned index, unsigned base, bool byte_operand)
{
    unsigned const prefix = 0x40 | (width == Width::W64 ? 8 : 0) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
    if (prefix != 0x40 || byte_operand)
        byte(prefix);
}

inline void Assembler::opcode_bytes(unsigned opcode)
{
    if (opcode >= kTwoByteOpcodes)
        byte(opcode >> 8);
    byte(opcode & 0xff);
}

}
