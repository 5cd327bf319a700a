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
inline constexpr uint8_t kInsertLowestAlone = 0x0e; // the lowest lane to itself, zeros above
inline constexpr VectorOpcode kAndps { 1, 0, 0x54 };
inline constexpr VectorOpcode kAndnps { 1, 0, 0x55 };
inline constexpr VectorOpcode kOrps { 1, 0, 0x56 };
inline constexpr VectorOpcode kXorps { 1, 0, 0x57 };
inline constexpr VectorOpcode kShufps { 1, 0, 0xc6 };
inline constexpr VectorOpcode kShufpd { 1, 1, 0xc6 };
inline constexpr VectorOpcode kUnpcklpd { 1, 1, 0x14 };
inline constexpr VectorOpcode kUnpckhpd { 1, 1, 0x15 };
inline constexpr VectorOpcode kPblendvb { 3, 1, 0x4c };
inline constexpr VectorOpcode kCvtdq2ps { 1, 0, 0x5b };
inline constexpr VectorOpcode kCvttps2dq { 1, 2, 0x5b };
inline constexpr VectorOpcode kCvtph2ps { 2, 1, 0x13 };
inline constexpr VectorOpcode kPtest { 2, 1, 0x17 };
inline constexpr VectorOpcode kPand { 1, 1, 0xdb };
inline constexpr VectorOpcode kPandn { 1, 1, 0xdf };
inline constexpr VectorOpcode kPor { 1, 1, 0xeb };
inline constexpr VectorOpcode kPxor { 1, 1, 0xef };
inline constexpr VectorOpcode kPshufb { 2, 1, 0x00 };
inline constexpr VectorOpcode kPshufd { 1, 1, 0x70 };
inline constexpr VectorOpcode kPalignr { 3, 1, 0x0f };
inline constexpr VectorOpcode kPunpcklqdq { 1, 1, 0x6c };
inline constexpr VectorOpcode kPunpckhqdq { 1, 1, 0x6d };
inline constexpr VectorOpcode kPblendw { 3, 1, 0x0e };
inline constexpr VectorOpcode kPsadbw { 1, 1, 0xf6 };
inline constexpr VectorOpcode kPmuludq { 1, 1, 0xf4 };
inline constexpr VectorOpcode kPmuldq { 2, 1, 0x28 };
inline constexpr VectorOpcode kPmullw { 1, 1, 0xd5 };
inline constexpr VectorOpcode kPmulhw { 1, 1, 0xe5 };
inline constexpr VectorOpcode kPmulhuw { 1, 1, 0xe4 };
inline constexpr VectorOpcode kPmulld { 2, 1, 0x40 };
inline constexpr VectorOpcode kPmaddwd { 1, 1, 0xf5 };
inline constexpr VectorOpcode kPmaddubsw { 2, 1, 0x04 };
inline constexpr VectorOpcode kPhaddd { 2, 1, 0x02 };
inline constexpr VectorOpcode kPmulhrsw { 2, 1, 0x0b };
inline constexpr VectorOpcode kPacksswb { 1, 1, 0x63 };
inline constexpr VectorOpcode kPackssdw { 1, 1, 0x6b };
inline constexpr VectorOpcode kPackuswb { 1, 1, 0x67 };
inline constexpr VectorOpcode kPackusdw { 2, 1, 0x2b };
inline constexpr VectorOpcode kPaddusb { 1, 1, 0xdc };
inline constexpr VectorOpcode kPclmulqdq { 3, 1, 0x44 };
inline constexpr VectorOpcode kPdpbusd { 2, 1, 0x50 };
inline constexpr VectorOpcode kAesimc { 2, 1, 0xdb };
inline constexpr VectorOpcode kAesenc { 2, 1, 0xdc };
inline constexpr VectorOpcode kAesenclast { 2, 1, 0xdd };
inline constexpr VectorOpcode kAesdec { 2, 1, 0xde };
inline constexpr VectorOpcode kAesdeclast { 2, 1, 0xdf };

// By size of lane: 8, 16, 32, 64 bits. No opcode: the host has none.
struct Sized {
    VectorOpcode of[4];
};
inline constexpr VectorOpcode kAbsent { 0, 0, 0 };
inline constexpr Sized kPadd { { { 1, 1, 0xfc }, { 1, 1, 0xfd }, { 1, 1, 0xfe }, { 1, 1, 0xd4 } } };
inline constexpr Sized kPsub { { { 1, 1, 0xf8 }, { 1, 1, 0xf9 }, { 1, 1, 0xfa }, { 1, 1, 0xfb } } };
inline constexpr Sized kPmaxs { { { 2, 1, 0x3c }, { 1, 1, 0xee }, { 2, 1, 0x3d }, kAbsent } };
inline constexpr Sized kPmaxu { { { 1, 1, 0xde }, { 2, 1, 0x3e }, { 2, 1, 0x3f }, kAbsent } };
inline constexpr Sized kPmins { { { 2, 1, 0x38 }, { 1, 1, 0xea }, { 2, 1, 0x39 }, kAbsent } };
inline constexpr Sized kPminu { { { 1, 1, 0xda }, { 2, 1, 0x3a }, { 2, 1, 0x3b }, kAbsent } };
inline constexpr Sized kPcmpeq { { { 1, 1, 0x74 }, { 1, 1, 0x75 }, { 1, 1, 0x76 }, { 2, 1, 0x29 } } };
inline constexpr Sized kPcmpgt { { { 1, 1, 0x64 }, { 1, 1, 0x65 }, { 1, 1, 0x66 }, { 2, 1, 0x37 } } };
inline constexpr Sized kPabs { { { 2, 1, 0x1c }, { 2, 1, 0x1d }, { 2, 1, 0x1e }, kAbsent } };
inline constexpr Sized kPavg { { { 1, 1, 0xe0 }, { 1, 1, 0xe3 }, kAbsent, kAbsent } };
inline constexpr Sized kPadds { { { 1, 1, 0xec }, { 1, 1, 0xed }, kAbsent, kAbsent } };
inline constexpr Sized kPaddus { { { 1, 1, 0xdc }, { 1, 1, 0xdd }, kAbsent, kAbsent } };
inline constexpr Sized kPsubs { { { 1, 1, 0xe8 }, { 1, 1, 0xe9 }, kAbsent, kAbsent } };
inline constexpr Sized kPsubus { { { 1, 1, 0xd8 }, { 1, 1, 0xd9 }, kAbsent, kAbsent } };
inline constexpr Sized kPunpckl { { { 1, 1, 0x60 }, { 1, 1, 0x61 }, { 1, 1, 0x62 }, { 1, 1, 0x6c } } };
inline constexpr Sized kPunpckh { { { 1, 1, 0x68 }, { 1, 1, 0x69 }, { 1, 1, 0x6a }, { 1, 1, 0x6d } } };
inline constexpr Sized kPbroadcast { { { 2, 1, 0x78 }, { 2, 1, 0x79 }, { 2, 1, 0x58 }, { 2, 1, 0x59 } } };
// To lanes of twice the size, of the lower half.
inline constexpr Sized kPmovsx { { { 2, 1, 0x20 }, { 2, 1, 0x23 }, { 2, 1, 0x25 }, kAbsent } };
inline constexpr Sized kPmovzx { { { 2, 1, 0x30 }, { 2, 1, 0x33 }, { 2, 1, 0x35 }, kAbsent } };
inline constexpr Sized kPinsr { { { 3, 1, 0x20 }, { 1, 1, 0xc4 }, { 3, 1, 0x22 }, { 3, 1, 0x22, true } } };
inline constexpr Sized kPextr { { { 3, 1, 0x14 }, { 3, 1, 0x15 }, { 3, 1, 0x16 }, { 3, 1, 0x16, true } } };

// The groups of shifts by an immediate, and what stands in ModRM.reg.
inline constexpr uint8_t kShiftGroup[4] = { 0, 0x71, 0x72, 0x73 };
inline constexpr unsigned kShiftRight = 2;
inline constexpr unsigned kShiftArithmetic = 4;
inline constexpr unsigned kShiftLeft = 6;
inline constexpr unsigned kShiftBytesRight = 3; // of the whole register, group 73
inline constexpr unsigned kShiftBytesLeft = 7;
inline constexpr uint8_t kWholeRegister = 0x73;

constexpr VectorOpcode blend_by_sign(bool is_64_bit) // VBLENDVPS, VBLENDVPD
{
    return { 3, 1, static_cast<uint8_t>(is_64_bit ? 0x4b : 0x4a) };
}
constexpr VectorOpcode shift_left_by_lanes(bool is_64_bit) // VPSLLVD, VPSLLVQ
{
    return { 2, 1, 0x47, is_64_bit };
}
constexpr VectorOpcode shift_right_by_lanes(bool is_64_bit) // VPSRLVD, VPSRLVQ
{
    return { 2, 1, 0x45, is_64_bit };
}
constexpr VectorOpcode lane_signs(bool is_double) // MOVMSKPS, MOVMSKPD
{
    return packed(0x50, is_double);
}
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
inline constexpr uint8_t kNotLessQuiet = 0x15;

// Rounding of ROUNDPS and its kind.
inline constexpr uint8_t kRoundNearest = 0; // halves to even
inline constexpr uint8_t kRoundDown = 1;
inline constexpr uint8_t kRoundUp = 2;
inline constexpr uint8_t kRoundToZero = 3;
inline constexpr uint8_t kRoundCurrent = 4;
inline constexpr uint8_t kRoundQuietly = 8; // inexactness is not reported

}
