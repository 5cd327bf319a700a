#include "base/bits.h"
#include "engine/emulator/isa/bit_mask.h"
#include "engine/emulator/semantics/integer_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Move wide, PC-relative addresses, bitfields, extract. [Arm DDI 0487, C6.2]
namespace dormouse::emulator::semantics {

Flow MOVN(Cpu& cpu, uint32_t word)
{
    fields::MOVN const f { word };
    uint64_t const value = ~(uint64_t { f.imm16() } << (f.hw() * 16));
    cpu.set_x(f.Rd(), f.sf() ? value : static_cast<uint32_t>(value));
    return Flow::Next;
}

Flow MOVZ(Cpu& cpu, uint32_t word)
{
    fields::MOVZ const f { word };
    cpu.set_x(f.Rd(), uint64_t { f.imm16() } << (f.hw() * 16));
    return Flow::Next;
}

Flow MOVK(Cpu& cpu, uint32_t word)
{
    fields::MOVK const f { word };
    unsigned const shift = f.hw() * 16;
    uint64_t const kept
        = (f.sf() ? cpu.x[f.Rd()] : static_cast<uint32_t>(cpu.x[f.Rd()])) & ~(uint64_t { 0xffff } << shift);
    cpu.set_x(f.Rd(), kept | uint64_t { f.imm16() } << shift);
    return Flow::Next;
}

namespace {

    template <typename Fields> inline uint64_t pc_relative_offset(Fields f)
    {
        return static_cast<uint64_t>(sign_extend(f.immhi() << 2 | f.immlo(), 21));
    }

}

Flow ADR(Cpu& cpu, uint32_t word)
{
    fields::ADR const f { word };
    cpu.set_x(f.Rd(), cpu.pc + pc_relative_offset(f));
    return Flow::Next;
}

Flow ADRP(Cpu& cpu, uint32_t word)
{
    fields::ADRP const f { word };
    cpu.set_x(f.Rd(), align_down(cpu.pc, 4096) + (pc_relative_offset(f) << 12));
    return Flow::Next;
}

namespace {

    // The three bitfield moves in the form of their usual aliases: when imms >= immr the field imms:immr goes to bit 0,
    // else the low imms + 1 bits go to bit (size - immr).
    struct Bitfield {
        unsigned width; // of the field
        unsigned destination; // lowest bit in the result
        unsigned source; // lowest bit in Rn
    };

    template <typename T, typename Fields> inline Bitfield bitfield(Fields f)
    {
        if (f.imms() >= f.immr())
            return { f.imms() - f.immr() + 1, 0, f.immr() };
        return { f.imms() + 1, kBits<T> - f.immr(), 0 };
    }

}

Flow UBFM(Cpu& cpu, uint32_t word)
{
    fields::UBFM const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        Bitfield const field = bitfield<T>(f);
        T const value = static_cast<T>(cpu.x[f.Rn()]) >> field.source;
        cpu.set_x(f.Rd(), static_cast<T>((value & low_mask(field.width)) << field.destination));
    });
}

Flow SBFM(Cpu& cpu, uint32_t word)
{
    fields::SBFM const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        Bitfield const field = bitfield<T>(f);
        T const value = static_cast<T>(cpu.x[f.Rn()]) >> field.source;
        cpu.set_x(f.Rd(), static_cast<T>(static_cast<uint64_t>(sign_extend(value, field.width)) << field.destination));
    });
}

Flow BFM(Cpu& cpu, uint32_t word)
{
    fields::BFM const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        Bitfield const field = bitfield<T>(f);
        T const mask = static_cast<T>(low_mask(field.width) << field.destination);
        T const value = static_cast<T>((static_cast<T>(cpu.x[f.Rn()]) >> field.source) << field.destination);
        cpu.set_x(f.Rd(), (static_cast<T>(cpu.x[f.Rd()]) & static_cast<T>(~mask)) | (value & mask));
    });
}

Flow EXTR(Cpu& cpu, uint32_t word)
{
    fields::EXTR const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        T const low = static_cast<T>(cpu.x[f.Rm()]) >> f.imms();
        T const high = static_cast<T>(cpu.x[f.Rn()]);
        cpu.set_x(f.Rd(), f.imms() == 0 ? low : static_cast<T>(low | high << (kBits<T> - f.imms())));
    });
}

}
