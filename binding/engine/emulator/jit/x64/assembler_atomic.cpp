// Instructions that read and modify memory in one. [Intel SDM, volume 3, 9.1.2.2 "Software Controlled Bus Locking"]
#include "engine/emulator/jit/x64/assembler_bytes.h"

namespace dormouse::emulator::jit::x64 {

// `opcode`: the form for bytes; the next one is for all other sizes.
void Assembler::read_modify_write(unsigned opcode, unsigned bytes, Mem mem, Reg reg, bool locked)
{
    constexpr unsigned kLock = 0xf0;
    constexpr unsigned kOperandSize = 0x66;
    uint8_t* at = put_byte_if(m_at, locked, kLock);
    at = put_byte_if(at, bytes == 2, kOperandSize);
    auto const number = static_cast<unsigned>(reg);
    end(put_memory_form(at, bytes == 8 ? Width::W64 : Width::W32, opcode | (bytes == 1 ? 0 : 1), number, mem,
        bytes == 1 && number >= 4));
}

void Assembler::alu_to_memory(Alu operation, unsigned bytes, Mem to, Reg from, bool locked)
{
    read_modify_write(static_cast<unsigned>(operation) << 3, bytes, to, from, locked);
}

void Assembler::exchange_add(unsigned bytes, Mem mem, Reg reg, bool locked)
{
    read_modify_write(0x0fc0, bytes, mem, reg, locked);
}

void Assembler::compare_exchange(unsigned bytes, Mem mem, Reg desired, bool locked)
{
    read_modify_write(0x0fb0, bytes, mem, desired, locked);
}

void Assembler::compare_exchange_16(Mem mem)
{
    end(put_memory_form(put_byte(m_at, 0xf0), Width::W64, 0x0fc7, 1, mem));
}

void Assembler::exchange(unsigned bytes, Mem mem, Reg reg)
{
    read_modify_write(0x86, bytes, mem, reg, false);
}

}
