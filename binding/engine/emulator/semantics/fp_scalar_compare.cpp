// FCMP, FCMPE, FCCMP, FCCMPE. [Arm DDI 0487, C7.2; shared/functions/float/fpcompare]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/integer_support.h"
#include "engine/emulator/semantics/soft_float/compare.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    using soft_float::NanPolicy;
    using soft_float::Relation;

    uint32_t flags(Relation relation)
    {
        switch (relation) {
        case Relation::Less: return 0b1000u << 28;
        case Relation::Equal: return 0b0110u << 28;
        case Relation::Greater: return 0b0010u << 28;
        case Relation::Unordered: break;
        }
        return 0b0011u << 28;
    }

    template <typename Fields> Flow compare_registers(Cpu& cpu, Fields const& f, NanPolicy policy)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto format) {
            using Word = decltype(format);
            Word const n = read_scalar<Word>(cpu, f.Rn());
            Word const m = read_scalar<Word>(cpu, f.Rm());
            cpu.nzcv = flags(soft_float::compare(n, m, policy, env));
        });
        return Flow::Next;
    }

    template <typename Fields> Flow compare_with_zero(Cpu& cpu, Fields const& f, NanPolicy policy)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto zero) {
            using Word = decltype(zero);
            cpu.nzcv = flags(soft_float::compare(read_scalar<Word>(cpu, f.Rn()), zero, policy, env));
        });
        return Flow::Next;
    }

    // When the condition fails the operands are not looked at, so that they cannot raise anything.
    template <typename Fields> Flow compare_conditionally(Cpu& cpu, Fields const& f, NanPolicy policy)
    {
        if (condition_holds(cpu.nzcv, f.cond()))
            return compare_registers(cpu, f, policy);
        cpu.nzcv = f.nzcv() << 28;
        return Flow::Next;
    }

}

Flow FCMP(Cpu& cpu, uint32_t word)
{
    return compare_registers(cpu, fields::FCMP { word }, NanPolicy::SignallingIsInvalid);
}

Flow FCMPE(Cpu& cpu, uint32_t word)
{
    return compare_registers(cpu, fields::FCMPE { word }, NanPolicy::AnyIsInvalid);
}

Flow FCMP_zero(Cpu& cpu, uint32_t word)
{
    return compare_with_zero(cpu, fields::FCMP_zero { word }, NanPolicy::SignallingIsInvalid);
}

Flow FCMPE_zero(Cpu& cpu, uint32_t word)
{
    return compare_with_zero(cpu, fields::FCMPE_zero { word }, NanPolicy::AnyIsInvalid);
}

Flow FCCMP(Cpu& cpu, uint32_t word)
{
    return compare_conditionally(cpu, fields::FCCMP { word }, NanPolicy::SignallingIsInvalid);
}

Flow FCCMPE(Cpu& cpu, uint32_t word)
{
    return compare_conditionally(cpu, fields::FCCMPE { word }, NanPolicy::AnyIsInvalid);
}

}
