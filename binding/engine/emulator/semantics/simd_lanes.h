#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>
#include <limits>
#include <type_traits>

// The loops of Advanced SIMD: a semantic function names the shape of its operands and the type of its lanes, and gives
// the operation on one lane. Where more than the low bits of a result count, operations compute in Exact<T>.
namespace dormouse::emulator::semantics {

__extension__ typedef __int128 Int128;

// Holds sums, differences and shifts of lanes of type T without overflow; products only of lanes of at most 16 bits or
// of 64. The wide lanes of a long multiplication hold narrow values, so their products fit as well.
template <typename T> using Exact = std::conditional_t<(sizeof(T) < 8), int64_t, Int128>;

template <typename T> constexpr Exact<T> exact(T value)
{
    return value;
}

struct SignedLanes {
    using B = int8_t;
    using H = int16_t;
    using S = int32_t;
    using D = int64_t;
};
struct UnsignedLanes {
    using B = uint8_t;
    using H = uint16_t;
    using S = uint32_t;
    using D = uint64_t;
};

template <typename T> struct WidenLane;
template <> struct WidenLane<int8_t> : std::type_identity<int16_t> {
};
template <> struct WidenLane<int16_t> : std::type_identity<int32_t> {
};
template <> struct WidenLane<int32_t> : std::type_identity<int64_t> {
};
template <> struct WidenLane<uint8_t> : std::type_identity<uint16_t> {
};
template <> struct WidenLane<uint16_t> : std::type_identity<uint32_t> {
};
template <> struct WidenLane<uint32_t> : std::type_identity<uint64_t> {
};
template <typename T> using Wide = typename WidenLane<T>::type;

// Calls callback(T {}) with the lane type of 1 << size bytes.
template <typename Lanes, typename Callback> void with_lane_type(unsigned size, Callback callback)
{
    switch (size) {
    case 0: callback(typename Lanes::B {}); break;
    case 1: callback(typename Lanes::H {}); break;
    case 2: callback(typename Lanes::S {}); break;
    default: callback(typename Lanes::D {}); break;
    }
}

// The same for instructions that also have lanes of twice the size; size is 0 to 2.
template <typename Lanes, typename Callback> void with_narrow_lane_type(unsigned size, Callback callback)
{
    switch (size) {
    case 0: callback(typename Lanes::B {}); break;
    case 1: callback(typename Lanes::H {}); break;
    default: callback(typename Lanes::S {}); break;
    }
}

template <typename Fields> constexpr bool is_vector_form = requires(Fields f)
{
    f.Q();
};

// Scalar forms without a size field work on 64-bit lanes.
template <typename Fields> unsigned lane_size(Fields f)
{
    if constexpr (requires { f.size(); })
        return f.size();
    else
        return 3;
}

// Lanes that the instruction writes: one in scalar forms, else half or all of a register (the rest becomes zero).
template <typename T, typename Fields> unsigned lane_count(Fields f)
{
    if constexpr (is_vector_form<Fields>)
        return (f.Q() ? 16 : 8) / sizeof(T);
    else
        return 1;
}

// Narrow lanes taken from, or put into, one half of a register; the "2" forms (Q set) use the upper half.
template <typename T, typename Fields> unsigned half_count(Fields)
{
    return is_vector_form<Fields> ? 8 / sizeof(T) : 1;
}
template <typename T, typename Fields> unsigned half_start(Fields f)
{
    if constexpr (is_vector_form<Fields>)
        return f.Q() ? 8 / sizeof(T) : 0;
    else
        return 0;
}

// A register whose first `count` lanes are element(i) and whose other bits are zero.
template <typename T, typename Element> Vector build(unsigned count, Element element)
{
    Vector result;
    for (unsigned i = 0; i < count; i++)
        result.set_lane<T>(i, static_cast<T>(element(i)));
    return result;
}

// Operations that accumulate take the destination's lane as their first argument.
template <typename D, typename N, typename M, typename Operation> auto combine(Operation& operation, D d, N n, M m)
{
    if constexpr (std::is_invocable_v<Operation&, D, N, M>)
        return operation(d, n, m);
    else
        return operation(n, m);
}

// Rd = operation(Rn, m) lane by lane.
template <typename Lanes, typename Fields, typename Operation>
Flow lanewise(Cpu& cpu, Fields f, unsigned size, Vector const& m, Operation operation)
{
    with_lane_type<Lanes>(size, [&](auto zero) {
        using T = decltype(zero);
        Vector const& d = cpu.v[f.Rd()];
        Vector const& n = cpu.v[f.Rn()];
        cpu.v[f.Rd()] = build<T>(
            lane_count<T>(f), [&](unsigned i) { return combine(operation, d.lane<T>(i), n.lane<T>(i), m.lane<T>(i)); });
    });
    return Flow::Next;
}

template <typename Lanes, typename Fields, typename Operation> Flow three_same(Cpu& cpu, Fields f, Operation operation)
{
    return lanewise<Lanes>(cpu, f, lane_size(f), cpu.v[f.Rm()], operation);
}

// Rd = operation(Rn) or operation(Rd, Rn) lane by lane; operation gets the lane type by its argument.
template <typename Lanes, typename Fields, typename Operation>
Flow two_register(Cpu& cpu, Fields f, unsigned size, Operation operation)
{
    with_lane_type<Lanes>(size, [&](auto zero) {
        using T = decltype(zero);
        Vector const& d = cpu.v[f.Rd()];
        Vector const& n = cpu.v[f.Rn()];
        cpu.v[f.Rd()] = build<T>(lane_count<T>(f), [&](unsigned i) {
            if constexpr (std::is_invocable_v<Operation&, T, T>)
                return operation(d.lane<T>(i), n.lane<T>(i));
            else
                return operation(n.lane<T>(i));
        });
    });
    return Flow::Next;
}

// Rd's wide lanes = operation(lanes of half of Rn, lanes of half of m), both widened.
template <typename Lanes, typename Fields, typename Operation>
Flow widening(Cpu& cpu, Fields f, unsigned size, Vector const& m, Operation operation)
{
    with_narrow_lane_type<Lanes>(size, [&](auto zero) {
        using T = decltype(zero);
        using W = Wide<T>;
        Vector const& d = cpu.v[f.Rd()];
        Vector const& n = cpu.v[f.Rn()];
        unsigned const start = half_start<T>(f);
        cpu.v[f.Rd()] = build<W>(half_count<T>(f), [&](unsigned i) {
            return combine(operation, d.lane<W>(i), W { n.lane<T>(start + i) }, W { m.lane<T>(start + i) });
        });
    });
    return Flow::Next;
}

// Rd's narrow lanes = operation(narrow zero, wide lane index): the "2" forms keep the lower half of Rd, all others
// clear the upper one.
template <typename Lanes, typename Fields, typename Operation>
Flow narrowing(Cpu& cpu, Fields f, unsigned size, Operation operation)
{
    with_narrow_lane_type<Lanes>(size, [&](auto zero) {
        using T = decltype(zero);
        Vector const half = build<T>(half_count<T>(f), [&](unsigned i) { return operation(zero, i); });
        if (half_start<T>(f) == 0)
            cpu.v[f.Rd()] = half;
        else
            cpu.v[f.Rd()].d[1] = half.d[0];
    });
    return Flow::Next;
}

// FPSR.QC, sticky: a result did not fit. [Arm DDI 0487, FPSR]
constexpr uint32_t kFpsrQc = uint32_t { 1 } << 27;

// `value` is of an Exact type.
template <typename T, typename Value> T saturate(Cpu& cpu, Value value)
{
    constexpr Value low = std::numeric_limits<T>::min();
    constexpr Value high = std::numeric_limits<T>::max();
    Value const result = value < low ? low : (value > high ? high : value);
    cpu.fpsr |= result != value ? kFpsrQc : 0;
    return static_cast<T>(result);
}

// The operation with its exact result brought into the range of the destination's lane.
template <typename Operation> auto saturating(Cpu& cpu, Operation operation)
{
    return [&cpu, operation](auto n, auto m) { return saturate<decltype(n)>(cpu, operation(n, m)); };
}

}
