// AES round functions on the state in column order, one byte a lane. [Arm DDI 0487, AESE, AESD, AESMC, AESIMC; FIPS
// 197]
#include "engine/emulator/semantics/crypto_aes_tables.h"
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <bit>

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

    // Eight bytes at once times x in the field. [FIPS 197, 4.2.1]
    constexpr uint64_t times_x(uint64_t bytes)
    {
        uint64_t const carries = bytes >> 7 & 0x0101010101010101;
        return (bytes & 0x7f7f7f7f7f7f7f7f) << 1 ^ carries * 0x1b;
    }
    // Both columns turned up by whole rows: byte i becomes byte i + rows of its column.
    constexpr uint64_t turn(uint64_t columns, int rows)
    {
        uint64_t const low = std::rotr(static_cast<uint32_t>(columns), 8 * rows);
        uint64_t const high = std::rotr(static_cast<uint32_t>(columns >> 32), 8 * rows);
        return low | high << 32;
    }

    // Rows weighted 2, 3, 1, 1, beginning with the row itself. [FIPS 197, 5.1.3]
    constexpr uint64_t mix_columns(uint64_t s)
    {
        return times_x(s ^ turn(s, 1)) ^ turn(s, 1) ^ turn(s, 2) ^ turn(s, 3);
    }
    // Weights 14, 11, 13, 9: those of mix_columns and, more, 12, 8, 12, 8. [FIPS 197, 5.3.3]
    constexpr uint64_t inverse_mix_columns(uint64_t s)
    {
        uint64_t const four = times_x(times_x(s ^ turn(s, 2)));
        uint64_t const eight = times_x(times_x(times_x(s ^ turn(s, 1) ^ turn(s, 2) ^ turn(s, 3))));
        return mix_columns(s) ^ four ^ eight;
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
    Vector const& n = cpu.v[f.Rn()];
    cpu.v[f.Rd()] = Vector { { mix_columns(n.d[0]), mix_columns(n.d[1]) } };
    return Flow::Next;
}

Flow AESIMC(Cpu& cpu, uint32_t word)
{
    fields::AESIMC const f { word };
    Vector const& n = cpu.v[f.Rn()];
    cpu.v[f.Rd()] = Vector { { inverse_mix_columns(n.d[0]), inverse_mix_columns(n.d[1]) } };
    return Flow::Next;
}
}
