#pragma once

#include "engine/emulator/jit/x64/assembler.h"

// Opcodes with a VEX prefix by the name of the Intel manual without its V. [Intel SDM, volume 2]
namespace dormouse::emulator::jit::x64::vex {

// Floating point comes in four: packed and scalar, single and double, told apart by the prefix.
constexpr VectorOpcode scalar(uint8_t opcode, bool is_double)
{
    return { 1, static_cast<uint8_t>(is_double ? 3 : 2), opcode };
}
constexpr VectorOpcode packed(uint8_t opcode, bool is_double)
{
    return { 1, static_cast<uint8_t>(is_double ? 1 : 0), opcode };
}
inline constexpr uint8_t kSqrt = 0x51;
inline constexpr uint8_t kAdd = 0x58;
inline constexpr uint8_t kMul = 0x59;
inline constexpr uint8_t kConvertFormat = 0x5a;
inline constexpr uint8_t kSub = 0x5c;
inline constexpr uint8_t kMin = 0x5d;
inline constexpr uint8_t kDiv = 0x5e;
inline constexpr uint8_t kMax = 0x5f;
inline constexpr uint8_t kCompare = 0xc2;

// Fused multiplication and addition, form 231: the destination is the addend.
constexpr VectorOpcode fused(uint8_t opcode, bool is_double)
{
    return { 2, 1, opcode, is_double };
}
inline constexpr uint8_t kFmaddPacked = 0xb8; // + 1: scalar
inline constexpr uint8_t kFmsubPacked = 0xba;
inline constexpr uint8_t kFnmaddPacked = 0xbc;
inline constexpr uint8_t kFnmsubPacked = 0xbe;

inline constexpr VectorOpcode kMovups { 1, 0, 0x10 };
inline constexpr VectorOpcode kMovupsStore { 1, 0, 0x11 };
inline constexpr VectorOpcode kMovaps { 1, 0, 0x28 };
inline constexpr VectorOpcode kMovq { 1, 2, 0x7e }; // from a vector register or memory, zeroes the rest
inline constexpr VectorOpcode kMovqStore { 1, 1, 0xd6 };
inline constexpr VectorOpcode kMovd { 1, 1, 0x6e }; // from a general register or memory
inline constexpr VectorOpcode kMovdStore { 1, 1, 0x7e }; // to a general register or memory
inline constexpr VectorOpcode kMovq64 { 1, 1, 0x6e, true };
inline constexpr VectorOpcode kMovq64Store { 1, 1, 0x7e, true };
inline constexpr VectorOpcode kPextrq { 3, 1, 0x16, true };
inline constexpr VectorOpcode kPinsrq { 3, 1, 0x22, true };
inline constexpr VectorOpcode kMovlhps { 1, 0, 0x16 };
inline constexpr VectorOpcode kMovhlps { 1, 0, 0x12 };
inline constexpr VectorOpcode kInsertps { 3, 1, 0x21 };
inline constexpr VectorOpcode kAndps { 1, 0, 0x54 };
inline constexpr VectorOpcode kAndnps { 1, 0, 0x55 };
inline constexpr VectorOpcode kOrps { 1, 0, 0x56 };
inline constexpr VectorOpcode kXorps { 1, 0, 0x57 };
inline constexpr VectorOpcode kShufps { 1, 0, 0xc6 };
inline constexpr VectorOpcode kShufpd { 1, 1, 0xc6 };
inline constexpr VectorOpcode kUnpcklpd { 1, 1, 0x14 };
inline constexpr VectorOpcode kHaddps { 1, 3, 0x7c };
inline constexpr VectorOpcode kHaddpd { 1, 1, 0x7c };
inline constexpr VectorOpcode kCvtdq2ps { 1, 0, 0x5b };
inline constexpr VectorOpcode kCvttps2dq { 1, 2, 0x5b };
inline constexpr VectorOpcode kPtest { 2, 1, 0x17 };
inline constexpr VectorOpcode kPcmpeqd { 1, 1, 0x76 };

constexpr VectorOpcode ucomis(bool is_double)
{
    return packed(0x2e, is_double);
}
constexpr VectorOpcode comis(bool is_double)
{
    return packed(0x2f, is_double);
}
constexpr VectorOpcode round_scalar(bool is_double)
{
    return { 3, 1, static_cast<uint8_t>(is_double ? 0x0b : 0x0a) };
}
constexpr VectorOpcode round_packed(bool is_double)
{
    return { 3, 1, static_cast<uint8_t>(is_double ? 0x09 : 0x08) };
}
constexpr VectorOpcode from_integer(bool is_double, bool is_64_bit)
{
    return { 1, static_cast<uint8_t>(is_double ? 3 : 2), 0x2a, is_64_bit };
}
constexpr VectorOpcode to_integer_truncated(bool is_double, bool is_64_bit)
{
    return { 1, static_cast<uint8_t>(is_double ? 3 : 2), 0x2c, is_64_bit };
}

// Predicates of CMPPS and its kind.
inline constexpr uint8_t kEqualQuiet = 0;
inline constexpr uint8_t kLessSignalling = 1;
inline constexpr uint8_t kLessEqualSignalling = 2;
inline constexpr uint8_t kUnorderedQuiet = 3;
inline constexpr uint8_t kEqualOrUnorderedQuiet = 8;

// Rounding of ROUNDPS and its kind.
inline constexpr uint8_t kRoundCurrent = 4;
inline constexpr uint8_t kRoundQuietly = 8; // inexactness is not reported

}
