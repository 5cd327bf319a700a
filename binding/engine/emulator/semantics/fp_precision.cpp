// Conversions between half, single and double precision. [Arm DDI 0487, C7.2 FCVT, FCVTN, FCVTL, FCVTXN]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/soft_float/convert.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    template <typename To, typename From>
    void convert_scalar(Cpu& cpu, unsigned target, unsigned source, Rounding rounding)
    {
        Environment env = environment(cpu);
        write_scalar<To>(cpu, target, soft_float::convert<To>(read_scalar<From>(cpu, source), rounding, env));
    }

    // All lanes of the source go to the lower half of the destination, which clears the upper one, or to the upper
    // half, which keeps the lower one.
    template <typename To, typename From>
    void narrow(Cpu& cpu, unsigned target, unsigned source, bool to_upper_half, Rounding rounding)
    {
        constexpr unsigned kLanes = 16 / sizeof(From);
        Environment env = environment(cpu);
        Vector result;
        if (to_upper_half)
            result.d[0] = cpu.v[target].d[0];
        for (unsigned lane = 0; lane < kLanes; ++lane) {
            To const value = soft_float::convert<To>(cpu.v[source].lane<From>(lane), rounding, env);
            result.set_lane<To>(to_upper_half ? kLanes + lane : lane, value);
        }
        cpu.v[target] = result;
    }

    template <typename To, typename From> void widen(Cpu& cpu, unsigned target, unsigned source, bool from_upper_half)
    {
        constexpr unsigned kLanes = 16 / sizeof(To);
        Environment env = environment(cpu);
        Vector result;
        for (unsigned lane = 0; lane < kLanes; ++lane) {
            From const value = cpu.v[source].lane<From>(from_upper_half ? kLanes + lane : lane);
            result.set_lane<To>(lane, soft_float::convert<To>(value, env.rounding(), env));
        }
        cpu.v[target] = result;
    }

}

Flow FCVT(Cpu& cpu, uint32_t word)
{
    fields::FCVT const f { word };
    unsigned const d = f.Rd();
    unsigned const n = f.Rn();
    Rounding const rounding = environment(cpu).rounding();
    // Formats as ftype and opc number them: 0 single, 1 double, 3 half. The decoder lets no other pair through.
    switch (f.ftype() << 2 | f.opc()) {
    case 0b0001: convert_scalar<uint64_t, uint32_t>(cpu, d, n, rounding); break;
    case 0b0011: convert_scalar<uint16_t, uint32_t>(cpu, d, n, rounding); break;
    case 0b0100: convert_scalar<uint32_t, uint64_t>(cpu, d, n, rounding); break;
    case 0b0111: convert_scalar<uint16_t, uint64_t>(cpu, d, n, rounding); break;
    case 0b1100: convert_scalar<uint32_t, uint16_t>(cpu, d, n, rounding); break;
    case 0b1101: convert_scalar<uint64_t, uint16_t>(cpu, d, n, rounding); break;
    default: return cpu.undefined();
    }
    return Flow::Next;
}

Flow FCVTN(Cpu& cpu, uint32_t word)
{
    fields::FCVTN const f { word };
    Rounding const rounding = environment(cpu).rounding();
    if (f.sz())
        narrow<uint32_t, uint64_t>(cpu, f.Rd(), f.Rn(), f.Q(), rounding);
    else
        narrow<uint16_t, uint32_t>(cpu, f.Rd(), f.Rn(), f.Q(), rounding);
    return Flow::Next;
}

Flow FCVTL(Cpu& cpu, uint32_t word)
{
    fields::FCVTL const f { word };
    if (f.sz())
        widen<uint64_t, uint32_t>(cpu, f.Rd(), f.Rn(), f.Q());
    else
        widen<uint32_t, uint16_t>(cpu, f.Rd(), f.Rn(), f.Q());
    return Flow::Next;
}

Flow FCVTXN_vector(Cpu& cpu, uint32_t word)
{
    fields::FCVTXN_vector const f { word };
    narrow<uint32_t, uint64_t>(cpu, f.Rd(), f.Rn(), f.Q(), Rounding::ToOdd);
    return Flow::Next;
}

Flow FCVTXN_scalar(Cpu& cpu, uint32_t word)
{
    fields::FCVTXN_scalar const f { word };
    convert_scalar<uint32_t, uint64_t>(cpu, f.Rd(), f.Rn(), Rounding::ToOdd);
    return Flow::Next;
}

}
