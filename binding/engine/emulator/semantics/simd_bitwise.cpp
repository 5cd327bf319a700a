// Advanced SIMD bitwise operations and the reversals and counts of bits. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <bit>

namespace dormouse::emulator::semantics {

namespace {

    // operation(d, n, m) on 64 bits at a time.
    template <typename Fields, typename Operation> Flow bitwise(Cpu& cpu, Fields f, Operation operation)
    {
        Vector& d = cpu.v[f.Rd()];
        Vector const& n = cpu.v[f.Rn()];
        Vector const& m = cpu.v[f.Rm()];
        d.d[0] = operation(d.d[0], n.d[0], m.d[0]);
        d.d[1] = f.Q() ? operation(d.d[1], n.d[1], m.d[1]) : 0;
        return Flow::Next;
    }

    constexpr uint64_t reverse_bits(uint8_t byte)
    {
        uint64_t reversed = 0;
        for (unsigned i = 0; i < 8; i++)
            reversed |= static_cast<uint64_t>(byte >> i & 1) << (7 - i);
        return reversed;
    }

    // Lanes of 1 << size bytes in reverse order within each container of `bytes` bytes.
    template <typename Fields> Flow reverse_lanes(Cpu& cpu, Fields f, unsigned bytes)
    {
        with_narrow_lane_type<UnsignedLanes>(f.size(), [&](auto zero) {
            using T = decltype(zero);
            Vector const& n = cpu.v[f.Rn()];
            unsigned const last = bytes / sizeof(T) - 1;
            cpu.v[f.Rd()] = build<T>(lane_count<T>(f), [&](unsigned i) { return n.lane<T>(i ^ last); });
        });
        return Flow::Next;
    }

    constexpr auto leading_zeros = [](auto n) { return std::countl_zero(n); };
    // Bits below the sign bit that equal it.
    constexpr auto leading_sign_bits = [](auto n) {
        using T = decltype(n);
        return std::countl_zero(static_cast<T>((n ^ static_cast<T>(n << 1)) | 1));
    };

}

Flow AND_vector(Cpu& cpu, uint32_t word)
{
    return bitwise(cpu, fields::AND_vector { word }, [](uint64_t, uint64_t n, uint64_t m) { return n & m; });
}

Flow BIC_register_vector(Cpu& cpu, uint32_t word)
{
    return bitwise(cpu, fields::BIC_register_vector { word }, [](uint64_t, uint64_t n, uint64_t m) { return n & ~m; });
}

Flow ORR_register_vector(Cpu& cpu, uint32_t word)
{
    return bitwise(cpu, fields::ORR_register_vector { word }, [](uint64_t, uint64_t n, uint64_t m) { return n | m; });
}

Flow ORN_vector(Cpu& cpu, uint32_t word)
{
    return bitwise(cpu, fields::ORN_vector { word }, [](uint64_t, uint64_t n, uint64_t m) { return n | ~m; });
}

Flow EOR_vector(Cpu& cpu, uint32_t word)
{
    return bitwise(cpu, fields::EOR_vector { word }, [](uint64_t, uint64_t n, uint64_t m) { return n ^ m; });
}

Flow BSL(Cpu& cpu, uint32_t word)
{
    return bitwise(cpu, fields::BSL { word }, [](uint64_t d, uint64_t n, uint64_t m) { return (n & d) | (m & ~d); });
}

Flow BIT(Cpu& cpu, uint32_t word)
{
    return bitwise(cpu, fields::BIT { word }, [](uint64_t d, uint64_t n, uint64_t m) { return (d & ~m) | (n & m); });
}

Flow BIF(Cpu& cpu, uint32_t word)
{
    return bitwise(cpu, fields::BIF { word }, [](uint64_t d, uint64_t n, uint64_t m) { return (d & m) | (n & ~m); });
}

Flow NOT(Cpu& cpu, uint32_t word)
{
    return two_register<UnsignedLanes>(cpu, fields::NOT { word }, 3, [](auto n) { return ~n; });
}

Flow RBIT_vector(Cpu& cpu, uint32_t word)
{
    return two_register<UnsignedLanes>(
        cpu, fields::RBIT_vector { word }, 0, [](auto n) { return reverse_bits(static_cast<uint8_t>(n)); });
}

Flow CNT(Cpu& cpu, uint32_t word)
{
    return two_register<UnsignedLanes>(cpu, fields::CNT { word }, 0, [](auto n) { return std::popcount(n); });
}

Flow CLZ_vector(Cpu& cpu, uint32_t word)
{
    return two_register<UnsignedLanes>(
        cpu, fields::CLZ_vector { word }, lane_size(fields::CLZ_vector { word }), leading_zeros);
}

Flow CLS_vector(Cpu& cpu, uint32_t word)
{
    return two_register<UnsignedLanes>(
        cpu, fields::CLS_vector { word }, lane_size(fields::CLS_vector { word }), leading_sign_bits);
}

Flow REV16_vector(Cpu& cpu, uint32_t word)
{
    return reverse_lanes(cpu, fields::REV16_vector { word }, 2);
}

Flow REV32_vector(Cpu& cpu, uint32_t word)
{
    return reverse_lanes(cpu, fields::REV32_vector { word }, 4);
}

Flow REV64(Cpu& cpu, uint32_t word)
{
    return reverse_lanes(cpu, fields::REV64 { word }, 8);
}

}
