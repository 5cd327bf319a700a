#include "engine/emulator/semantics/integer_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Conditional compare and select. [Arm DDI 0487, C6.2, CCMN, CCMP, CSEL, CSINC, CSINV, CSNEG]
namespace dormouse::emulator::semantics {

namespace {

    enum class Compare { Negative, Positive };

    template <Compare compare, typename Fields> inline Flow conditional_compare(Cpu& cpu, Fields f, uint64_t operand)
    {
        if (!condition_holds(cpu.nzcv, f.cond())) {
            cpu.nzcv = f.nzcv() << 28;
            return Flow::Next;
        }
        return by_size(f.sf(), [&]<typename T>(T) {
            T const a = static_cast<T>(cpu.x[f.Rn()]);
            if (compare == Compare::Negative)
                add_with_flags(cpu.nzcv, a, static_cast<T>(operand));
            else
                subtract_with_flags(cpu.nzcv, a, static_cast<T>(operand));
        });
    }

    // `otherwise` makes the result of Rm's value when the condition does not hold.
    template <typename Fields, typename Otherwise> inline Flow select(Cpu& cpu, Fields f, Otherwise otherwise)
    {
        uint64_t const result = condition_holds(cpu.nzcv, f.cond()) ? cpu.x[f.Rn()] : otherwise(cpu.x[f.Rm()]);
        cpu.set_x(f.Rd(), f.sf() ? result : static_cast<uint32_t>(result));
        return Flow::Next;
    }

}

Flow CCMN_register(Cpu& cpu, uint32_t word)
{
    fields::CCMN_register const f { word };
    return conditional_compare<Compare::Negative>(cpu, f, cpu.x[f.Rm()]);
}

Flow CCMP_register(Cpu& cpu, uint32_t word)
{
    fields::CCMP_register const f { word };
    return conditional_compare<Compare::Positive>(cpu, f, cpu.x[f.Rm()]);
}

Flow CCMN_immediate(Cpu& cpu, uint32_t word)
{
    fields::CCMN_immediate const f { word };
    return conditional_compare<Compare::Negative>(cpu, f, f.imm5());
}

Flow CCMP_immediate(Cpu& cpu, uint32_t word)
{
    fields::CCMP_immediate const f { word };
    return conditional_compare<Compare::Positive>(cpu, f, f.imm5());
}

Flow CSEL(Cpu& cpu, uint32_t word)
{
    return select(cpu, fields::CSEL { word }, [](uint64_t value) { return value; });
}

Flow CSINC(Cpu& cpu, uint32_t word)
{
    return select(cpu, fields::CSINC { word }, [](uint64_t value) { return value + 1; });
}

Flow CSINV(Cpu& cpu, uint32_t word)
{
    return select(cpu, fields::CSINV { word }, [](uint64_t value) { return ~value; });
}

Flow CSNEG(Cpu& cpu, uint32_t word)
{
    return select(cpu, fields::CSNEG { word }, [](uint64_t value) { return -value; });
}

}
