#include "base/bits.h"
#include "engine/emulator/semantics/integer_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// [Arm DDI 0487, C6.2, B.cond, B, BL, CBZ, CBNZ, TBZ, TBNZ, BR, BLR, RET]
namespace dormouse::emulator::semantics {

namespace {

    constexpr unsigned kTcrTbi0 = 37;
    constexpr unsigned kTcrTbi1 = 38;

    inline Flow branch_by(Cpu& cpu, uint64_t words, unsigned width)
    {
        return cpu.branch_to(cpu.pc + (static_cast<uint64_t>(sign_extend(words, width)) << 2));
    }

    // Where top byte ignore is on, the tag of a branch target does not reach PC. Untagged targets take no time here;
    // the alignment of the target is checked when it is fetched. [Arm DDI 0487, D1.3.2; J1.1, AArch64.BranchAddr]
    inline Flow branch_to_register(Cpu& cpu, uint64_t target)
    {
        uint64_t const canonical = static_cast<uint64_t>(sign_extend(target, 56));
        if (target != canonical) [[unlikely]] {
            unsigned const ignored = bit<55>(target) ? kTcrTbi1 : kTcrTbi0;
            if ((cpu.system(SystemRegister::TCR_EL1) >> ignored & 1) != 0)
                return cpu.branch_to(canonical);
        }
        return cpu.branch_to(target);
    }

    template <bool when_zero, typename Fields> inline Flow compare_and_branch(Cpu& cpu, Fields f)
    {
        uint64_t const value = f.sf() ? cpu.x[f.Rt()] : static_cast<uint32_t>(cpu.x[f.Rt()]);
        return (value == 0) == when_zero ? branch_by(cpu, f.imm19(), 19) : Flow::Next;
    }

    template <bool when_zero, typename Fields> inline Flow test_and_branch(Cpu& cpu, Fields f)
    {
        bool const zero = (cpu.x[f.Rt()] >> (f.b5() << 5 | f.b40()) & 1) == 0;
        return zero == when_zero ? branch_by(cpu, f.imm14(), 14) : Flow::Next;
    }

}

Flow B_cond(Cpu& cpu, uint32_t word)
{
    fields::B_cond const f { word };
    return condition_holds(cpu.nzcv, f.cond()) ? branch_by(cpu, f.imm19(), 19) : Flow::Next;
}

Flow B(Cpu& cpu, uint32_t word)
{
    return branch_by(cpu, fields::B { word }.imm26(), 26);
}

Flow BL(Cpu& cpu, uint32_t word)
{
    cpu.x[30] = cpu.pc + 4;
    return branch_by(cpu, fields::BL { word }.imm26(), 26);
}

Flow CBZ(Cpu& cpu, uint32_t word)
{
    return compare_and_branch<true>(cpu, fields::CBZ { word });
}

Flow CBNZ(Cpu& cpu, uint32_t word)
{
    return compare_and_branch<false>(cpu, fields::CBNZ { word });
}

Flow TBZ(Cpu& cpu, uint32_t word)
{
    return test_and_branch<true>(cpu, fields::TBZ { word });
}

Flow TBNZ(Cpu& cpu, uint32_t word)
{
    return test_and_branch<false>(cpu, fields::TBNZ { word });
}

Flow BR(Cpu& cpu, uint32_t word)
{
    return branch_to_register(cpu, cpu.x[fields::BR { word }.Rn()]);
}

// BLR X30 goes to the old value of X30.
Flow BLR(Cpu& cpu, uint32_t word)
{
    uint64_t const target = cpu.x[fields::BLR { word }.Rn()];
    cpu.x[30] = cpu.pc + 4;
    return branch_to_register(cpu, target);
}

Flow RET(Cpu& cpu, uint32_t word)
{
    return branch_to_register(cpu, cpu.x[fields::RET { word }.Rn()]);
}

}
