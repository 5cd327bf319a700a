#pragma once

#include <array>
#include <cstdint>

// Guest programs of the vCPU tests, assembled by hand with the GNU assembler.
namespace dormouse::emulator::test {

// clang-format off
inline constexpr std::array kSmoke {
    0xd518a201u, // msr mair_el1, x1
    0xd5182042u, // msr tcr_el1, x2
    0xd5182003u, // msr ttbr0_el1, x3
    0xd518c004u, // msr vbar_el1, x4
    0xd5033fdfu, // isb
    0xd5181005u, // msr sctlr_el1, x5
    0xd5033fdfu, // isb
    0xd2807d06u, // mov x6, #0x3e8
    0xd2800007u, // mov x7, #0x0
    0x8b0600e7u, // add x7, x7, x6
    0xf10004c6u, // subs x6, x6, #0x1
    0x54ffffc1u, // b.ne 24
    0xd4000241u, // svc #0x12
    0xd2800c88u, // mov x8, #0x64
    0xd51be308u, // msr cntv_tval_el0, x8
    0xd2800028u, // mov x8, #0x1
    0xd51be328u, // msr cntv_ctl_el0, x8
    0xd50342ffu, // msr daifclr, #0x2
    0xd40000e2u, // hvc #0x7
    0x14000000u, // b 4c
};

inline constexpr std::array kSyncHandler {
    0xd538520au, // mrs x10, esr_el1
    0xd538402bu, // mrs x11, elr_el1
    0xd538600eu, // mrs x14, far_el1
    0xd4000122u, // hvc #0x9
    0xd69f03e0u, // eret
};

inline constexpr std::array kIrqHandler {
    0xd280006cu, // mov x12, #0x3
    0xd51be32cu, // msr cntv_ctl_el0, x12
    0xd538402du, // mrs x13, elr_el1
    0xd4000102u, // hvc #0x8
};

inline constexpr std::array kIntegerLoop {
    0x8b010000u, // add x0, x0, x1
    0xca010c02u, // eor x2, x0, x1, lsl #3
    0x92401c43u, // and x3, x2, #0xff
    0x8b030084u, // add x4, x4, x3
    0xf1000421u, // subs x1, x1, #0x1
    0x54ffff61u, // b.ne 0
    0xd4000022u, // hvc #0x1
};

inline constexpr std::array kMixedLoop {
    0xf9400002u, // ldr x2, [x0]
    0x8b010042u, // add x2, x2, x1
    0xf9000402u, // str x2, [x0, #8]
    0x39400c03u, // ldrb w3, [x0, #3]
    0x94000003u, // bl 1c
    0xb5ffff61u, // cbnz x1, 0
    0xd4000022u, // hvc #0x1
    0xa9010801u, // stp x1, x2, [x0, #16]
    0xa9411404u, // ldp x4, x5, [x0, #16]
    0xd1000481u, // sub x1, x4, #0x1
    0xb6400041u, // tbz x1, #40, 30
    0xd503201fu, // nop
    0xd65f03c0u, // ret
};

inline constexpr std::array kPatch {
    0x9400000du, // bl 34
    0xaa0903f3u, // mov x19, x9
    0xb9000001u, // str w1, [x0]
    0x9400000au, // bl 34
    0xaa0903f4u, // mov x20, x9
    0xd50b7b20u, // dc cvau, x0
    0xd5033b9fu, // dsb ish
    0xd50b7520u, // ic ivau, x0
    0xd5033b9fu, // dsb ish
    0xd5033fdfu, // isb
    0x94000003u, // bl 34
    0xaa0903f5u, // mov x21, x9
    0xd4000022u, // hvc #0x1
    0xd2800029u, // mov x9, #0x1
    0xd65f03c0u, // ret
};

inline constexpr std::array kRemap {
    0xf9000001u, // str x1, [x0]
    0xd5033a9fu, // dsb ishst
    0xd5088322u, // tlbi vae1is, x2
    0xd5033b9fu, // dsb ish
    0xd5033fdfu, // isb
    0xd4000022u, // hvc #0x1
};

inline constexpr std::array kCount {
    0xf9400083u, // ldr x3, [x4]
    0x91000463u, // add x3, x3, #0x1
    0xf9000083u, // str x3, [x4]
    0x17fffffdu, // b 0
};

inline constexpr std::array kWfi {
    0xd503207fu, // wfi
    0xd4000022u, // hvc #0x1
};

inline constexpr std::array kWfe {
    0xd50320bfu, // sevl
    0xd503205fu, // wfe
    0xd503205fu, // wfe
    0xd4000022u, // hvc #0x1
};

inline constexpr std::array kSev {
    0xd503209fu, // sev
    0xd4000022u, // hvc #0x1
};

inline constexpr std::array kFloat {
    0xd28000a9u, // mov x9, #0x5
    0x1e6e1000u, // fmov d0, #1.000000000000000000e+00
    0xd4000022u, // hvc #0x1
};

inline constexpr std::array kSpin {
    0x14000000u, // b 0
};

inline constexpr std::array kLoadBranch {
    0xf9400001u, // ldr x1, [x0]
    0xd4000022u, // hvc #0x1
};

inline constexpr std::array kBranch {
    0xd61f0000u, // br x0
};
inline constexpr std::array kEnterUserDebugged {
    0xd510109fu, // msr oslar_el1, xzr
    0xd5100241u, // msr mdscr_el1, x1
    0xd5184002u, // msr spsr_el1, x2
    0xd5184023u, // msr elr_el1, x3
    0xd5100084u, // msr dbgbvr0_el1, x4
    0xd51000a5u, // msr dbgbcr0_el1, x5
    0xd5033fdfu, // isb
    0xd69f03e0u, // eret
};

inline constexpr std::array kUserProgram {
    0xd2800029u, // mov x9, #0x1
    0xd2800049u, // mov x9, #0x2
    0xd2800069u, // mov x9, #0x3
    0xd40000a1u, // svc #0x5
};
// clang-format on

}
