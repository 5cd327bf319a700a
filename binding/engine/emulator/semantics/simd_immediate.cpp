// Advanced SIMD modified immediate: eight bits expanded to 64. [Arm DDI 0487, shared/functions "AdvSIMDExpandImm"]
#include "base/bits.h"
#include "engine/emulator/semantics/fp_immediate.h"
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    template <typename Fields> constexpr uint64_t byte_of(Fields f)
    {
        return f.abc() << 5 | f.defgh();
    }
    constexpr uint64_t repeat_words(uint64_t word)
    {
        return word | word << 32;
    }
    constexpr uint64_t repeat_halfwords(uint64_t halfword)
    {
        return halfword * 0x0001000100010001;
    }

    template <typename Fields> constexpr uint64_t shifted_word(Fields f)
    {
        return repeat_words(byte_of(f) << (8 * f.shift()));
    }
    template <typename Fields> constexpr uint64_t shifted_halfword(Fields f)
    {
        return repeat_halfwords(byte_of(f) << (8 * f.shift()));
    }
    // MSL: ones come in from the right.
    template <typename Fields> constexpr uint64_t ones_shifted_word(Fields f)
    {
        unsigned const amount = 8 + 8 * f.shift();
        return repeat_words(byte_of(f) << amount | low_mask(amount));
    }
    // Every bit becomes a byte.
    template <typename Fields> constexpr uint64_t byte_mask(Fields f)
    {
        uint64_t mask = 0;
        for (unsigned i = 0; i < 8; i++)
            mask |= (byte_of(f) >> i & 1) * (uint64_t { 0xff } << (8 * i));
        return mask;
    }
    template <typename Fields> Flow move(Cpu& cpu, Fields f, uint64_t value)
    {
        cpu.v[f.Rd()] = Vector { { value, lane_count<uint64_t>(f) == 2 ? value : 0 } };
        return Flow::Next;
    }
    template <typename Fields> Flow set_bits(Cpu& cpu, Fields f, uint64_t value)
    {
        Vector const& d = cpu.v[f.Rd()];
        cpu.v[f.Rd()] = Vector { { d.d[0] | value, f.Q() ? d.d[1] | value : 0 } };
        return Flow::Next;
    }
    template <typename Fields> Flow clear_bits(Cpu& cpu, Fields f, uint64_t value)
    {
        Vector const& d = cpu.v[f.Rd()];
        cpu.v[f.Rd()] = Vector { { d.d[0] & ~value, f.Q() ? d.d[1] & ~value : 0 } };
        return Flow::Next;
    }

}

Flow MOVI_S(Cpu& cpu, uint32_t word)
{
    fields::MOVI_S const f { word };
    return move(cpu, f, shifted_word(f));
}

Flow MVNI_S(Cpu& cpu, uint32_t word)
{
    fields::MVNI_S const f { word };
    return move(cpu, f, ~shifted_word(f));
}

Flow ORR_immediate_S(Cpu& cpu, uint32_t word)
{
    fields::ORR_immediate_S const f { word };
    return set_bits(cpu, f, shifted_word(f));
}

Flow BIC_immediate_S(Cpu& cpu, uint32_t word)
{
    fields::BIC_immediate_S const f { word };
    return clear_bits(cpu, f, shifted_word(f));
}

Flow MOVI_H(Cpu& cpu, uint32_t word)
{
    fields::MOVI_H const f { word };
    return move(cpu, f, shifted_halfword(f));
}

Flow MVNI_H(Cpu& cpu, uint32_t word)
{
    fields::MVNI_H const f { word };
    return move(cpu, f, ~shifted_halfword(f));
}

Flow ORR_immediate_H(Cpu& cpu, uint32_t word)
{
    fields::ORR_immediate_H const f { word };
    return set_bits(cpu, f, shifted_halfword(f));
}

Flow BIC_immediate_H(Cpu& cpu, uint32_t word)
{
    fields::BIC_immediate_H const f { word };
    return clear_bits(cpu, f, shifted_halfword(f));
}

Flow MOVI_ones(Cpu& cpu, uint32_t word)
{
    fields::MOVI_ones const f { word };
    return move(cpu, f, ones_shifted_word(f));
}

Flow MVNI_ones(Cpu& cpu, uint32_t word)
{
    fields::MVNI_ones const f { word };
    return move(cpu, f, ~ones_shifted_word(f));
}

Flow MOVI_B(Cpu& cpu, uint32_t word)
{
    fields::MOVI_B const f { word };
    return move(cpu, f, byte_of(f) * 0x0101010101010101);
}

Flow MOVI_D_scalar(Cpu& cpu, uint32_t word)
{
    fields::MOVI_D_scalar const f { word };
    return move(cpu, f, byte_mask(f));
}

Flow MOVI_D_vector(Cpu& cpu, uint32_t word)
{
    fields::MOVI_D_vector const f { word };
    cpu.v[f.Rd()] = Vector { { byte_mask(f), byte_mask(f) } };
    return Flow::Next;
}

Flow FMOV_immediate_vector_S(Cpu& cpu, uint32_t word)
{
    fields::FMOV_immediate_vector_S const f { word };
    return move(cpu, f, repeat_words(expand_fp_immediate<uint32_t>(static_cast<uint32_t>(byte_of(f)))));
}

Flow FMOV_immediate_vector_D(Cpu& cpu, uint32_t word)
{
    fields::FMOV_immediate_vector_D const f { word };
    uint64_t const value = expand_fp_immediate<uint64_t>(static_cast<uint32_t>(byte_of(f)));
    cpu.v[f.Rd()] = Vector { { value, value } };
    return Flow::Next;
}
}
