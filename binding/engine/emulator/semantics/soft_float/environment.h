#pragma once

#include <cstdint>

namespace dormouse::emulator::soft_float {

// The first four are numbered as FPCR.RMode; the others are asked for by instructions (FCVTA*, FRINTA, FCVTXN).
enum class Rounding : uint8_t {
    TiesToEven = 0,
    TowardPlusInfinity = 1,
    TowardMinusInfinity = 2,
    TowardZero = 3,
    TiesToAway = 4,
    ToOdd = 5, // inexact results get an odd last digit, so that a second rounding to a narrower format is right
};

// Cumulative exception bits. [Arm DDI 0487, C5.2.10 "FPSR"]
enum FpsrBit : uint32_t {
    kInvalidOperation = 1u << 0,
    kDivideByZero = 1u << 1,
    kOverflow = 1u << 2,
    kUnderflow = 1u << 3,
    kInexact = 1u << 4,
    kInputDenormal = 1u << 7,
};

// What an operation depends on besides its operands (FPCR) and what it leaves besides its result (FPSR). Trapped
// exceptions are not implemented, so that the enable bits of FPCR do not matter. [Arm DDI 0487, C5.2.9 "FPCR"]
class Environment {
public:
    Environment(uint32_t fpcr, uint32_t& fpsr) : m_fpcr(fpcr), m_fpsr(fpsr) { }

    Rounding rounding() const { return static_cast<Rounding>((m_fpcr >> 22) & 3); }
    bool flush_to_zero() const { return (m_fpcr >> 24) & 1; } // FZ: binary32 and binary64 alone
    bool default_nan() const { return (m_fpcr >> 25) & 1; } // DN
    bool alternative_half() const { return (m_fpcr >> 26) & 1; } // AHP

    void raise(FpsrBit exception) { m_fpsr |= exception; }

private:
    uint32_t m_fpcr;
    uint32_t& m_fpsr;
};

}
