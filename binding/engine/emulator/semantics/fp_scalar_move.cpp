// Moves: nothing is rounded, flushed or flagged here. [Arm DDI 0487, C7.2 FMOV, FCSEL]

#include "engine/emulator/semantics/fp_immediate.h"
#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/integer_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

Flow FMOV_register(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FMOV_register { word }, [](auto a, Environment&) { return a; });
}

Flow FMOV_scalar_immediate(Cpu& cpu, uint32_t word)
{
    fields::FMOV_scalar_immediate const f { word };
    with_format(f.sz(), [&](auto format) {
        using Word = decltype(format);
        write_scalar<Word>(cpu, f.Rd(), expand_fp_immediate<Word>(f.imm8()));
    });
    return Flow::Next;
}

Flow FMOV_to_general(Cpu& cpu, uint32_t word)
{
    fields::FMOV_to_general const f { word };
    Vector const& source = cpu.v[f.Rn()];
    cpu.set_x(f.Rd(), f.sf() ? source.d[0] : source.lane<uint32_t>(0));
    return Flow::Next;
}

Flow FMOV_from_general(Cpu& cpu, uint32_t word)
{
    fields::FMOV_from_general const f { word };
    uint64_t const source = cpu.x[f.Rn()];
    write_scalar<uint64_t>(cpu, f.Rd(), f.sf() ? source : static_cast<uint32_t>(source));
    return Flow::Next;
}

Flow FMOV_top_to_general(Cpu& cpu, uint32_t word)
{
    fields::FMOV_top_to_general const f { word };
    cpu.set_x(f.Rd(), cpu.v[f.Rn()].d[1]);
    return Flow::Next;
}

// The only move that keeps the other half of its destination.
Flow FMOV_top_from_general(Cpu& cpu, uint32_t word)
{
    fields::FMOV_top_from_general const f { word };
    cpu.v[f.Rd()].d[1] = cpu.x[f.Rn()];
    return Flow::Next;
}

Flow FCSEL(Cpu& cpu, uint32_t word)
{
    fields::FCSEL const f { word };
    bool const first = condition_holds(cpu.nzcv, f.cond());
    return scalar_binary(cpu, f, [first](auto n, auto m, Environment&) { return first ? n : m; });
}

}
