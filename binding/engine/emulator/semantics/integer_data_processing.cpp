#include "engine/emulator/semantics/integer_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <limits>

// Data processing with one, two and three sources, CRC32 apart. [Arm DDI 0487, C6.2]
namespace dormouse::emulator::semantics {

namespace {

    __extension__ using Int128 = __int128;
    __extension__ using UnsignedInt128 = unsigned __int128;

    constexpr uint64_t byte_swap(uint64_t value)
    {
        return __builtin_bswap64(value);
    }
    constexpr uint32_t byte_swap(uint32_t value)
    {
        return __builtin_bswap32(value);
    }

    // Swaps ever larger neighbours: bits, pairs, nibbles; then the bytes.
    template <typename T> constexpr T reverse_bits(T value)
    {
        constexpr T ones = ~T { 0 };
        value = (value >> 1 & ones / 3) | (value & ones / 3) << 1;
        value = (value >> 2 & ones / 5) | (value & ones / 5) << 2;
        value = (value >> 4 & ones / 17) | (value & ones / 17) << 4;
        return byte_swap(value);
    }

    enum class Direction { Left, LogicalRight, ArithmeticRight, Rotate };

    template <Direction direction, typename Fields> inline Flow variable_shift(Cpu& cpu, Fields f)
    {
        return by_size(f.sf(), [&]<typename T>(T) {
            uint32_t const amount = static_cast<uint32_t>(cpu.x[f.Rm()]) % kBits<T>;
            cpu.set_x(f.Rd(), shift_register(static_cast<T>(cpu.x[f.Rn()]), static_cast<uint32_t>(direction), amount));
        });
    }

    enum class Accumulate { Add, Subtract };

    template <Accumulate accumulate> inline uint64_t multiply_accumulate(uint64_t addend, uint64_t a, uint64_t b)
    {
        return accumulate == Accumulate::Add ? addend + a * b : addend - a * b;
    }

    template <Accumulate accumulate, typename Fields> inline Flow multiply(Cpu& cpu, Fields f)
    {
        uint64_t const result = multiply_accumulate<accumulate>(cpu.x[f.Ra()], cpu.x[f.Rn()], cpu.x[f.Rm()]);
        cpu.set_x(f.Rd(), f.sf() ? result : static_cast<uint32_t>(result));
        return Flow::Next;
    }

    // Narrow: int32_t or uint32_t.
    template <Accumulate accumulate, typename Narrow, typename Fields> inline Flow multiply_long(Cpu& cpu, Fields f)
    {
        auto const widen
            = [&](unsigned n) { return static_cast<uint64_t>(static_cast<int64_t>(static_cast<Narrow>(cpu.x[n]))); };
        cpu.set_x(f.Rd(), multiply_accumulate<accumulate>(cpu.x[f.Ra()], widen(f.Rn()), widen(f.Rm())));
        return Flow::Next;
    }

}

Flow UDIV(Cpu& cpu, uint32_t word)
{
    fields::UDIV const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        T const divisor = static_cast<T>(cpu.x[f.Rm()]);
        cpu.set_x(f.Rd(), divisor == 0 ? 0 : static_cast<T>(cpu.x[f.Rn()]) / divisor);
    });
}

// Division by zero gives zero; the one overflow, minimum / -1, gives the minimum.
Flow SDIV(Cpu& cpu, uint32_t word)
{
    fields::SDIV const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        using Signed = std::make_signed_t<T>;
        Signed const dividend = static_cast<Signed>(cpu.x[f.Rn()]);
        Signed const divisor = static_cast<Signed>(cpu.x[f.Rm()]);
        Signed quotient;
        if (divisor == 0)
            quotient = 0;
        else if (divisor == -1)
            quotient = static_cast<Signed>(-static_cast<T>(dividend));
        else
            quotient = dividend / divisor;
        cpu.set_x(f.Rd(), static_cast<T>(quotient));
    });
}

Flow LSLV(Cpu& cpu, uint32_t word)
{
    return variable_shift<Direction::Left>(cpu, fields::LSLV { word });
}

Flow LSRV(Cpu& cpu, uint32_t word)
{
    return variable_shift<Direction::LogicalRight>(cpu, fields::LSRV { word });
}

Flow ASRV(Cpu& cpu, uint32_t word)
{
    return variable_shift<Direction::ArithmeticRight>(cpu, fields::ASRV { word });
}

Flow RORV(Cpu& cpu, uint32_t word)
{
    return variable_shift<Direction::Rotate>(cpu, fields::RORV { word });
}

Flow RBIT(Cpu& cpu, uint32_t word)
{
    fields::RBIT const f { word };
    return by_size(f.sf(), [&]<typename T>(T) { cpu.set_x(f.Rd(), reverse_bits(static_cast<T>(cpu.x[f.Rn()]))); });
}

Flow REV16(Cpu& cpu, uint32_t word)
{
    fields::REV16 const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        constexpr T low_bytes = ~T { 0 } / 0xffff * 0xff;
        T const value = static_cast<T>(cpu.x[f.Rn()]);
        cpu.set_x(f.Rd(), static_cast<T>((value >> 8 & low_bytes) | (value & low_bytes) << 8));
    });
}

Flow REV_32(Cpu& cpu, uint32_t word)
{
    fields::REV_32 const f { word };
    cpu.set_x(f.Rd(), byte_swap(static_cast<uint32_t>(cpu.x[f.Rn()])));
    return Flow::Next;
}

Flow REV32(Cpu& cpu, uint32_t word)
{
    fields::REV32 const f { word };
    cpu.set_x(f.Rd(), std::rotr(byte_swap(cpu.x[f.Rn()]), 32));
    return Flow::Next;
}

Flow REV_64(Cpu& cpu, uint32_t word)
{
    fields::REV_64 const f { word };
    cpu.set_x(f.Rd(), byte_swap(cpu.x[f.Rn()]));
    return Flow::Next;
}

Flow CLZ(Cpu& cpu, uint32_t word)
{
    fields::CLZ const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        cpu.set_x(f.Rd(), static_cast<unsigned>(std::countl_zero(static_cast<T>(cpu.x[f.Rn()]))));
    });
}

// The number of bits below the sign bit that equal it.
Flow CLS(Cpu& cpu, uint32_t word)
{
    fields::CLS const f { word };
    return by_size(f.sf(), [&]<typename T>(T) {
        T const value = static_cast<T>(cpu.x[f.Rn()]);
        T const changes = static_cast<T>(value ^ value << 1) | 1;
        cpu.set_x(f.Rd(), static_cast<unsigned>(std::countl_zero(changes)));
    });
}

Flow MADD(Cpu& cpu, uint32_t word)
{
    return multiply<Accumulate::Add>(cpu, fields::MADD { word });
}

Flow MSUB(Cpu& cpu, uint32_t word)
{
    return multiply<Accumulate::Subtract>(cpu, fields::MSUB { word });
}

Flow SMADDL(Cpu& cpu, uint32_t word)
{
    return multiply_long<Accumulate::Add, int32_t>(cpu, fields::SMADDL { word });
}

Flow SMSUBL(Cpu& cpu, uint32_t word)
{
    return multiply_long<Accumulate::Subtract, int32_t>(cpu, fields::SMSUBL { word });
}

Flow UMADDL(Cpu& cpu, uint32_t word)
{
    return multiply_long<Accumulate::Add, uint32_t>(cpu, fields::UMADDL { word });
}

Flow UMSUBL(Cpu& cpu, uint32_t word)
{
    return multiply_long<Accumulate::Subtract, uint32_t>(cpu, fields::UMSUBL { word });
}

Flow SMULH(Cpu& cpu, uint32_t word)
{
    fields::SMULH const f { word };
    Int128 const product = Int128 { static_cast<int64_t>(cpu.x[f.Rn()]) } * static_cast<int64_t>(cpu.x[f.Rm()]);
    cpu.set_x(f.Rd(), static_cast<uint64_t>(product >> 64));
    return Flow::Next;
}

Flow UMULH(Cpu& cpu, uint32_t word)
{
    fields::UMULH const f { word };
    UnsignedInt128 const product = UnsignedInt128 { cpu.x[f.Rn()] } * cpu.x[f.Rm()];
    cpu.set_x(f.Rd(), static_cast<uint64_t>(product >> 64));
    return Flow::Next;
}

}
