#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/semantics/soft_float/environment.h"

#include <cstdint>

// How the operands of floating-point instructions reach the functions of soft_float/ and the results get back. `Fields`
// is a generated struct of isa/tables/fp.a64, where sz chooses binary32 (0) or binary64 (1) and Q the whole register
// (1) or its lower half (0). Whatever of a destination register is not written becomes zero.
namespace dormouse::emulator::semantics {

using soft_float::Environment;
using soft_float::Rounding;

inline Environment environment(Cpu& cpu)
{
    return Environment { cpu.fpcr, cpu.fpsr };
}

template <typename Word> Word read_scalar(Cpu const& cpu, unsigned number)
{
    return cpu.v[number].lane<Word>(0);
}

template <typename Word> void write_scalar(Cpu& cpu, unsigned number, Word value)
{
    cpu.v[number] = Vector { { value, 0 } };
}

// Calls action(Word {}) with the integer type of the format.
template <typename Action> void with_format(uint32_t sz, Action&& action)
{
    if (sz)
        action(uint64_t {});
    else
        action(uint32_t {});
}

template <typename Word> constexpr unsigned lane_count(uint32_t q)
{
    return (q ? 16 : 8) / sizeof(Word);
}

template <typename Fields, typename Operation> Flow scalar_unary(Cpu& cpu, Fields const& f, Operation operation)
{
    Environment env = environment(cpu);
    with_format(f.sz(), [&](auto format) {
        using Word = decltype(format);
        write_scalar<Word>(cpu, f.Rd(), operation(read_scalar<Word>(cpu, f.Rn()), env));
    });
    return Flow::Next;
}

template <typename Fields, typename Operation> Flow scalar_binary(Cpu& cpu, Fields const& f, Operation operation)
{
    Environment env = environment(cpu);
    with_format(f.sz(), [&](auto format) {
        using Word = decltype(format);
        Word const n = read_scalar<Word>(cpu, f.Rn());
        Word const m = read_scalar<Word>(cpu, f.Rm());
        write_scalar<Word>(cpu, f.Rd(), operation(n, m, env));
    });
    return Flow::Next;
}

template <typename Fields, typename Operation> Flow vector_unary(Cpu& cpu, Fields const& f, Operation operation)
{
    Environment env = environment(cpu);
    with_format(f.sz(), [&](auto format) {
        using Word = decltype(format);
        Vector result;
        for (unsigned lane = 0; lane < lane_count<Word>(f.Q()); ++lane)
            result.set_lane<Word>(lane, operation(cpu.v[f.Rn()].template lane<Word>(lane), env));
        cpu.v[f.Rd()] = result;
    });
    return Flow::Next;
}

template <typename Fields, typename Operation> Flow vector_binary(Cpu& cpu, Fields const& f, Operation operation)
{
    Environment env = environment(cpu);
    with_format(f.sz(), [&](auto format) {
        using Word = decltype(format);
        Vector result;
        for (unsigned lane = 0; lane < lane_count<Word>(f.Q()); ++lane) {
            Word const n = cpu.v[f.Rn()].template lane<Word>(lane);
            Word const m = cpu.v[f.Rm()].template lane<Word>(lane);
            result.set_lane<Word>(lane, operation(n, m, env));
        }
        cpu.v[f.Rd()] = result;
    });
    return Flow::Next;
}

// The operation sees the destination's lane first.
template <typename Fields, typename Operation> Flow vector_accumulate(Cpu& cpu, Fields const& f, Operation operation)
{
    Environment env = environment(cpu);
    with_format(f.sz(), [&](auto format) {
        using Word = decltype(format);
        Vector result;
        for (unsigned lane = 0; lane < lane_count<Word>(f.Q()); ++lane) {
            Word const d = cpu.v[f.Rd()].template lane<Word>(lane);
            Word const n = cpu.v[f.Rn()].template lane<Word>(lane);
            Word const m = cpu.v[f.Rm()].template lane<Word>(lane);
            result.set_lane<Word>(lane, operation(d, n, m, env));
        }
        cpu.v[f.Rd()] = result;
    });
    return Flow::Next;
}

}
