#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <bit>
#include <cstdint>

// What the integer semantics share. `T` is uint32_t or uint64_t: the operation size that the sf bit chooses.
namespace dormouse::emulator::semantics {

constexpr uint32_t kFlagN = uint32_t { 1 } << 31;
constexpr uint32_t kFlagZ = uint32_t { 1 } << 30;
constexpr uint32_t kFlagC = uint32_t { 1 } << 29;
constexpr uint32_t kFlagV = uint32_t { 1 } << 28;

template <typename T> constexpr unsigned kBits = sizeof(T) * 8;

template <typename T> inline uint32_t flags_nz(T result)
{
    uint32_t const negative = static_cast<uint32_t>(result >> (kBits<T> - 1)) << 31;
    return negative | static_cast<uint32_t>(result == 0) << 30;
}

// a + b and its flags.
template <typename T> inline T add_with_flags(uint32_t& nzcv, T a, T b)
{
    T sum;
    T signed_overflow_sign;
    uint32_t const carry = __builtin_add_overflow(a, b, &sum);
    signed_overflow_sign = (a ^ sum) & (b ^ sum);
    nzcv = flags_nz(sum) | carry << 29 | static_cast<uint32_t>(signed_overflow_sign >> (kBits<T> - 1)) << 28;
    return sum;
}

// a - b and its flags: C means no borrow.
template <typename T> inline T subtract_with_flags(uint32_t& nzcv, T a, T b)
{
    T const difference = a - b;
    T const signed_overflow_sign = (a ^ b) & (a ^ difference);
    nzcv = flags_nz(difference) | static_cast<uint32_t>(a >= b) << 29
        | static_cast<uint32_t>(signed_overflow_sign >> (kBits<T> - 1)) << 28;
    return difference;
}

// a + b + carry and its flags. [Arm DDI 0487, J1.1.3, AddWithCarry]
template <typename T> inline T add_carry_with_flags(uint32_t& nzcv, T a, T b, uint32_t carry_in)
{
    T partial;
    T sum;
    uint32_t carry = __builtin_add_overflow(a, b, &partial);
    carry |= __builtin_add_overflow(partial, T { carry_in }, &sum);
    T const signed_overflow_sign = (a ^ sum) & (b ^ sum);
    nzcv = flags_nz(sum) | carry << 29 | static_cast<uint32_t>(signed_overflow_sign >> (kBits<T> - 1)) << 28;
    return sum;
}

// LSL, LSR, ASR, ROR by less than the size. [Arm DDI 0487, J1.1.3, ShiftReg]
template <typename T> inline T shift_register(T value, uint32_t kind, uint32_t amount)
{
    switch (kind) {
    case 0: return value << amount;
    case 1: return value >> amount;
    case 2: return static_cast<T>(static_cast<std::make_signed_t<T>>(value) >> amount);
    default: return std::rotr(value, static_cast<int>(amount));
    }
}

// UXTB .. SXTX. [Arm DDI 0487, J1.1.3, ExtendReg]
inline uint64_t extend_register(uint64_t value, uint32_t option)
{
    switch (option) {
    case 0: return static_cast<uint8_t>(value);
    case 1: return static_cast<uint16_t>(value);
    case 2: return static_cast<uint32_t>(value);
    case 4: return static_cast<uint64_t>(int64_t { static_cast<int8_t>(value) });
    case 5: return static_cast<uint64_t>(int64_t { static_cast<int16_t>(value) });
    case 6: return static_cast<uint64_t>(int64_t { static_cast<int32_t>(value) });
    default: return value;
    }
}

// [Arm DDI 0487, C1.2.4 "Condition code"; J1.1.3, ConditionHolds]
inline bool condition_holds(uint32_t nzcv, uint32_t condition)
{
    // Bit f of row k: whether condition 2k holds for NZCV = f.
    constexpr uint16_t holds[8] = {
        0xf0f0, // EQ: Z
        0xcccc, // HS: C
        0xff00, // MI: N
        0xaaaa, // VS: V
        0x0c0c, // HI: C and not Z
        0xaa55, // GE: N == V
        0x0a05, // GT: not Z and N == V
        0xffff, // AL
    };
    bool const result = (holds[condition >> 1] >> (nzcv >> 28)) & 1;
    // 0b1111 is always true as well.
    return result != ((condition & 1) != 0 && condition != 15);
}

// Runs `operation` for the size that sf chooses: operation(uint64_t {}) or operation(uint32_t {}).
template <typename Operation> inline Flow by_size(uint32_t sf, Operation operation)
{
    if (sf != 0)
        operation(uint64_t {});
    else
        operation(uint32_t {});
    return Flow::Next;
}

}
