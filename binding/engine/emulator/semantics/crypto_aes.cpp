// AES round functions on the state in column order, one byte a lane. [Arm DDI 0487, AESE, AESD, AESMC, AESIMC; FIPS
// 197]
#include "engine/emulator/semantics/crypto_aes_tables.h"
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // ShiftRows: row r, the bytes r, r+4, r+8, r+12, turns left by r columns (right for the inverse).
    constexpr unsigned shift_rows_source(unsigned i)
    {
        return (i + 4 * (i % 4)) % 16;
    }
    constexpr unsigned inverse_shift_rows_source(unsigned i)
    {
        return (i + 12 * (i % 4)) % 16;
    }

    Vector exclusive_or(Vector const& a, Vector const& b)
    {
        return Vector { { a.d[0] ^ b.d[0], a.d[1] ^ b.d[1] } };
    }

    // Every column times a fixed polynomial, whose coefficients are given from x^0 up. [FIPS 197, 5.1.3, 5.3.3]
    Vector multiply_columns(Vector const& state, std::array<uint8_t, 4> const& factors)
    {
        return build<uint8_t>(16, [&](unsigned i) {
            uint8_t sum = 0;
            for (unsigned row = 0; row < 4; row++)
                sum ^= aes::multiply(factors[(i - row) % 4], state.lane<uint8_t>(i / 4 * 4 + row));
            return sum;
        });
    }

}

Flow AESE(Cpu& cpu, uint32_t word)
{
    fields::AESE const f { word };
    Vector const state = exclusive_or(cpu.v[f.Rd()], cpu.v[f.Rn()]);
    cpu.v[f.Rd()]
        = build<uint8_t>(16, [&](unsigned i) { return aes::kSubstitution[state.lane<uint8_t>(shift_rows_source(i))]; });
    return Flow::Next;
}

Flow AESD(Cpu& cpu, uint32_t word)
{
    fields::AESD const f { word };
    Vector const state = exclusive_or(cpu.v[f.Rd()], cpu.v[f.Rn()]);
    cpu.v[f.Rd()] = build<uint8_t>(
        16, [&](unsigned i) { return aes::kInverseSubstitution[state.lane<uint8_t>(inverse_shift_rows_source(i))]; });
    return Flow::Next;
}

Flow AESMC(Cpu& cpu, uint32_t word)
{
    fields::AESMC const f { word };
    cpu.v[f.Rd()] = multiply_columns(cpu.v[f.Rn()], { 2, 1, 1, 3 });
    return Flow::Next;
}

Flow AESIMC(Cpu& cpu, uint32_t word)
{
    fields::AESIMC const f { word };
    cpu.v[f.Rd()] = multiply_columns(cpu.v[f.Rn()], { 14, 9, 13, 11 });
    return Flow::Next;
}
}
