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

// From here on nothing is kept: not even the room is needed.
void Assembler::overflow()
{
    m_at = m_last = m_spill.data();
}

void Assembler::one_byte(unsigned value)
{
    end(put_byte(m_at, value));
}

void Assembler::register_form(Width width, unsigned opcode, unsigned reg, Reg rm)
{
    end(put_register_form(m_at, width, opcode, reg, rm));
}

void Assembler::register_form(Width width, unsigned opcode, unsigned reg, Reg rm, uint8_t immediate)
{
    end(put_byte(put_register_form(m_at, width, opcode, reg, rm), immediate));
}

void Assembler::memory_form(Width width, unsigned opcode, unsigned reg, Mem mem)
{
    end(put_memory_form(m_at, width, opcode, reg, mem));
}

void Assembler::mov(Width width, Reg to, Reg from)
{
    register_form(width, 0x8b, number(to), from);
}

void Assembler::mov(Reg to, uint64_t immediate)
{
    uint8_t* const at = m_at;
    auto const low = static_cast<uint32_t>(immediate);
    if (immediate == low) {
        end(put(put_byte(put_rex(at, Width::W32, number(to) >> 3), 0xb8 | (number(to) & 7)), low));
    } else if (immediate == static_cast<uint64_t>(int64_t { static_cast<int32_t>(immediate) })) {
        end(put(put_register_form(at, Width::W64, 0xc7, 0, to), low));
    } else {
        end(put(put_byte(put_rex(at, Width::W64, number(to) >> 3), 0xb8 | (number(to) & 7)), immediate));
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
    end(put_memory_form(put_byte(m_at, 0x66), Width::W32, 0x89, number(from), to));
}

void Assembler::store8(Mem to, Reg from)
{
    end(put_memory_form(m_at, Width::W32, 0x88, number(from), to, number(from) >= 4));
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
    end(put(put_memory_form(m_at, width, 0xc7, 0, to, false, 4), value));
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
        end(put_register_form(
            m_at, Width::W32, bytes == 1 ? 0x0fb6 : 0x0fb7, number(to), from, bytes == 1 && number(from) >= 4));
}

void Assembler::sign_extend(unsigned bytes, Width width, Reg to, Reg from)
{
    unsigned const opcode = bytes == 1 ? 0x0fbe : bytes == 2 ? 0x0fbf : 0x63;
    end(put_register_form(m_at, width, opcode, number(to), from, bytes == 1 && number(from) >= 4));
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
    uint8_t* const at = put_register_form(m_at, width, small ? 0x83 : 0x81, static_cast<unsigned>(operation), to);
    end(put_short(at, immediate, small));
}

void Assembler::alu_memory(Alu operation, Width width, Mem to, int32_t immediate)
{
    bool const small = fits_byte(immediate);
    uint8_t* const at
        = put_memory_form(m_at, width, small ? 0x83 : 0x81, static_cast<unsigned>(operation), to, false, small ? 1 : 4);
    end(put_short(at, immediate, small));
}

void Assembler::compare_byte(Mem mem, int8_t immediate)
{
    alu_byte(Alu::Cmp, mem, immediate);
}

void Assembler::alu_byte(Alu operation, Mem mem, int8_t immediate)
{
    uint8_t* const at = put_memory_form(m_at, Width::W32, 0x80, static_cast<unsigned>(operation), mem, false, 1);
    end(put_byte(at, static_cast<uint8_t>(immediate)));
}

void Assembler::compare_bytes(Reg a, Reg b)
{
    register_form(Width::W32, 0x38, number(b), a);
}

void Assembler::data(uint64_t value)
{
    end(put(m_at, value));
}

void Assembler::or_locked(Mem mem, int8_t immediate)
{
    one_byte(0xf0);
    alu_memory(Alu::Or, Width::W32, mem, immediate);
}

void Assembler::test(Width width, Reg a, Reg b)
{
    register_form(width, 0x85, number(b), a);
}

void Assembler::test(Width width, Reg reg, int32_t immediate)
{
    end(put(put_register_form(m_at, width, 0xf7, 0, reg), immediate));
}

void Assembler::test_byte(Reg reg, uint8_t immediate)
{
    end(put_byte(put_register_form(m_at, Width::W32, 0xf6, 0, reg, number(reg) >= 4), immediate));
}

void Assembler::unary(Unary operation, Width width, Reg reg)
{
    register_form(width, 0xf7, static_cast<unsigned>(operation), reg);
}

void Assembler::shift(Shift operation, Width width, Reg reg, uint8_t count)
{
    register_form(width, 0xc1, static_cast<unsigned>(operation), reg, count);
}

void Assembler::shift_by_cl(Shift operation, Width width, Reg reg)
{
    register_form(width, 0xd3, static_cast<unsigned>(operation), reg);
}

void Assembler::shrd(Width width, Reg to, Reg from, uint8_t count)
{
    register_form(width, 0x0fac, number(from), to, count);
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
    end(put(put_register_form(m_at, width, 0x69, number(to), from), immediate));
}

void Assembler::bsr(Width width, Reg to, Reg from)
{
    register_form(width, 0x0fbd, number(to), from);
}

void Assembler::bswap(Width width, Reg reg)
{
    uint8_t* const at = put_rex(m_at, width, number(reg) >> 3);
    end(put_opcode(at, 0x0fc8 | (number(reg) & 7)));
}

void Assembler::bit_test(Width width, Reg reg, uint8_t bit)
{
    register_form(width, 0x0fba, 4, reg, bit);
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
    vex({ 3, 3, 0xf0, width == Width::W64 }, number(to), 0, number(from), count);
}

void Assembler::set(Condition condition, Reg reg)
{
    end(put_register_form(m_at, Width::W32, 0x0f90 | static_cast<unsigned>(condition), 0, reg, number(reg) >= 4));
}

void Assembler::sign_into_rdx(Width width)
{
    end(put_byte(put_rex(m_at, width, 0), 0x99));
}

void Assembler::add_to_al(uint8_t immediate)
{
    end(put_byte(put_byte(m_at, 0x04), immediate));
}

void Assembler::lahf()
{
    one_byte(0x9f);
}

void Assembler::sahf()
{
    one_byte(0x9e);
}

void Assembler::cmc()
{
    one_byte(0xf5);
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
