#pragma once

#include <array>
#include <cstdint>

// Guest programs of the SDEI tests, assembled with the GNU assembler. Position independent, MMU off, entered at EL1h
// with interrupts masked; data at 0x40300000.
namespace dormouse::machine::test {

// clang-format off

// Registers event 0 and the critical event 0x40800000, then computes a digest in x25 out of registers that handlers
// overwrite, signalling event 0 to itself every 64 rounds. The handler of event 0 adds up EVENT_CONTEXT 5 to 17 and
// ends in turn with EVENT_COMPLETE and with EVENT_COMPLETE_AND_RESUME, whose target is an ERET. The critical handler
// counts and overwrites registers. Prints the digest and the number of critical events, then SYSTEM_OFF.
constexpr std::array kDigest {
    0xd2a8061cu, // mov x28, #0x40300000
    0xd2800001u, // mov x1, #0x0
    0x10000922u, // adr x2, 12c
    0xaa1c03e3u, // mov x3, x28
    0xd2800004u, // mov x4, #0x0
    0x52800420u, // mov w0, #0x21
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800440u, // mov w0, #0x22
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xd2a81001u, // mov x1, #0x40800000
    0x10000b82u, // adr x2, 1a0
    0x52800420u, // mov w0, #0x21
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800440u, // mov w0, #0x22
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800580u, // mov w0, #0x2c
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xd2824694u, // mov x20, #0x1234
    0xd28fe5b5u, // mov x21, #0x7f2d
    0xf2a992b5u, // movk x21, #0x4c95, lsl #16
    0xf2de85b5u, // movk x21, #0xf42d, lsl #32
    0xf2eb0a35u, // movk x21, #0x5851, lsl #48
    0xd2980017u, // mov x23, #0xc000
    0xf2a00057u, // movk x23, #0x2, lsl #16
    0x9b155694u, // madd x20, x20, x21, x21
    0xca541e85u, // eor x5, x20, x20, lsr #7
    0xca140ca9u, // eor x9, x5, x20, lsl #3
    0xcac52d2cu, // eor x12, x9, x5, ror #11
    0xaa0c03f1u, // mov x17, x12
    0xf24016ffu, // tst x23, #0x3f
    0x540000e1u, // b.ne a8  // b.any
    0xd2800001u, // mov x1, #0x0
    0xd2800002u, // mov x2, #0x0
    0x528005e0u, // mov w0, #0x2f
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x8b000318u, // add x24, x24, x0
    0xca050339u, // eor x25, x25, x5
    0xcad91539u, // eor x25, x9, x25, ror #5
    0xca0c0339u, // eor x25, x25, x12
    0xcad92639u, // eor x25, x17, x25, ror #9
    0xf10006f7u, // subs x23, x23, #0x1
    0x54fffdc1u, // b.ne 74  // b.any
    0xa9400b81u, // ldp x1, x2, [x28]
    0x8b010339u, // add x25, x25, x1
    0xca020339u, // eor x25, x25, x2
    0x8b180339u, // add x25, x25, x24
    0xaa1903e1u, // mov x1, x25
    0x94000007u, // bl f0
    0xf9400b81u, // ldr x1, [x28, #16]
    0x94000005u, // bl f0
    0x52800100u, // mov w0, #0x8
    0x72b08000u, // movk w0, #0x8400, lsl #16
    0xd4000002u, // hvc #0x0
    0x14000000u, // b ec
    0xd2a12003u, // mov x3, #0x9000000
    0xd2800784u, // mov x4, #0x3c
    0x9ac42425u, // lsr x5, x1, x4
    0x92400ca5u, // and x5, x5, #0xf
    0xf10028bfu, // cmp x5, #0xa
    0xd2800606u, // mov x6, #0x30
    0xd2800ae7u, // mov x7, #0x57
    0x9a8730c6u, // csel x6, x6, x7, cc // cc = lo, ul, last
    0x8b0600a5u, // add x5, x5, x6
    0xb9000065u, // str w5, [x3]
    0xf1001084u, // subs x4, x4, #0x4
    0x54fffee5u, // b.pl f8  // b.nfrst
    0xd2800145u, // mov x5, #0xa
    0xb9000065u, // str w5, [x3]
    0xd65f03c0u, // ret
    0xf940002au, // ldr x10, [x1]
    0x9100054au, // add x10, x10, #0x1
    0xf900002au, // str x10, [x1]
    0xaa0103e9u, // mov x9, x1
    0xd28000a1u, // mov x1, #0x5
    0x52800480u, // mov w0, #0x24
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xf940052bu, // ldr x11, [x9, #8]
    0xcacb0c0bu, // eor x11, x0, x11, ror #3
    0xf900052bu, // str x11, [x9, #8]
    0x91000421u, // add x1, x1, #0x1
    0xf100483fu, // cmp x1, #0x12
    0x54ffff01u, // b.ne 140  // b.any
    0xd280190cu, // mov x12, #0xc8
    0xca0c01adu, // eor x13, x13, x12
    0xf100058cu, // subs x12, x12, #0x1
    0x54ffffc1u, // b.ne 168  // b.any
    0xd2800001u, // mov x1, #0x0
    0x3600008au, // tbz w10, #0, 188
    0x528004a0u, // mov w0, #0x25
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x100000a1u, // adr x1, 19c
    0x528004c0u, // mov w0, #0x26
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x14000000u, // b 198
    0xd69f03e0u, // eret
    0xf8410c2au, // ldr x10, [x1, #16]!
    0x9100054au, // add x10, x10, #0x1
    0xf900002au, // str x10, [x1]
    0x92800005u, // mov x5, #0xffffffffffffffff
    0x92800011u, // mov x17, #0xffffffffffffffff
    0xd2800001u, // mov x1, #0x0
    0x528004a0u, // mov w0, #0x25
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x14000000u, // b 1c4
};

// vCPU 1 signals event 0 a thousand times to vCPU 0, which spins; then vCPU 0 does it to itself; then it calls
// PSCI_VERSION and SDEI_PE_MASK a thousand times each. Prints, each in hexadecimal on a line: sum and minimum of the
// counter ticks from the other vCPU's signal to the handler; rounds of six instructions that the spinning vCPU did
// after it could see that the signal was about to come; ticks of a thousand signals to itself up to the handler; ticks
// of a thousand PSCI_VERSION; of a thousand PE_MASK. Then SYSTEM_OFF.
constexpr std::array kLatency {
    0xd2a8061cu, // mov x28, #0x40300000
    0xd2800001u, // mov x1, #0x0
    0x10000b62u, // adr x2, 174
    0xaa1c03e3u, // mov x3, x28
    0xd2800004u, // mov x4, #0x0
    0x52800420u, // mov w0, #0x21
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800440u, // mov w0, #0x22
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800580u, // mov w0, #0x2c
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x9280000au, // mov x10, #0xffffffffffffffff
    0xf9000f8au, // str x10, [x28, #24]
    0xd2800021u, // mov x1, #0x1
    0x10000702u, // adr x2, 124
    0xd2800003u, // mov x3, #0x0
    0x52800060u, // mov w0, #0x3
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xf9400389u, // ldr x9, [x28]
    0xf100013fu, // cmp x9, #0x0
    0x9a9506b5u, // cinc x21, x21, ne // ne = any
    0xf940078au, // ldr x10, [x28, #8]
    0xf10fa15fu, // cmp x10, #0x3e8
    0x54ffff61u, // b.ne 58  // b.any
    0xf9001395u, // str x21, [x28, #32]
    0xa9410b81u, // ldp x1, x2, [x28, #16]
    0xaa0203f3u, // mov x19, x2
    0x94000050u, // bl 1bc
    0xaa1303e1u, // mov x1, x19
    0x9400004eu, // bl 1bc
    0xf9401381u, // ldr x1, [x28, #32]
    0x9400004cu, // bl 1bc
    0xd2807d17u, // mov x23, #0x3e8
    0xf9000b9fu, // str xzr, [x28, #16]
    0xd2800001u, // mov x1, #0x0
    0xd2800002u, // mov x2, #0x0
    0xd53be049u, // mrs x9, cntvct_el0
    0xf9000389u, // str x9, [x28]
    0x528005e0u, // mov w0, #0x2f
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xf10006f7u, // subs x23, x23, #0x1
    0x54ffff01u, // b.ne 98  // b.any
    0xf9400b81u, // ldr x1, [x28, #16]
    0x9400003fu, // bl 1bc
    0xd2807d17u, // mov x23, #0x3e8
    0xd53be054u, // mrs x20, cntvct_el0
    0x52800000u, // mov w0, #0x0
    0x72b08000u, // movk w0, #0x8400, lsl #16
    0xd4000002u, // hvc #0x0
    0xf10006f7u, // subs x23, x23, #0x1
    0x54ffff81u, // b.ne cc  // b.any
    0xd53be041u, // mrs x1, cntvct_el0
    0xcb140021u, // sub x1, x1, x20
    0x94000035u, // bl 1bc
    0xd2807d17u, // mov x23, #0x3e8
    0xd53be054u, // mrs x20, cntvct_el0
    0x52800560u, // mov w0, #0x2b
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xf10006f7u, // subs x23, x23, #0x1
    0x54ffff81u, // b.ne f4  // b.any
    0xd53be041u, // mrs x1, cntvct_el0
    0xcb140021u, // sub x1, x1, x20
    0x9400002bu, // bl 1bc
    0x52800100u, // mov w0, #0x8
    0x72b08000u, // movk w0, #0x8400, lsl #16
    0xd4000002u, // hvc #0x0
    0x14000000u, // b 120
    0xd2a8061cu, // mov x28, #0x40300000
    0xd2800001u, // mov x1, #0x0
    0xd280fa0cu, // mov x12, #0x7d0
    0xf100058cu, // subs x12, x12, #0x1
    0x54ffffe1u, // b.ne 130  // b.any
    0xd2800002u, // mov x2, #0x0
    0xf9400796u, // ldr x22, [x28, #8]
    0xd53be049u, // mrs x9, cntvct_el0
    0xf9000389u, // str x9, [x28]
    0x528005e0u, // mov w0, #0x2f
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xf940078au, // ldr x10, [x28, #8]
    0xeb16015fu, // cmp x10, x22
    0x54ffffc0u, // b.eq 154  // b.none
    0xf10fa15fu, // cmp x10, #0x3e8
    0x54fffe41u, // b.ne 12c  // b.any
    0x52800040u, // mov w0, #0x2
    0x72b08000u, // movk w0, #0x8400, lsl #16
    0xd4000002u, // hvc #0x0
    0xd53be04au, // mrs x10, cntvct_el0
    0xf940002bu, // ldr x11, [x1]
    0xcb0b014au, // sub x10, x10, x11
    0xf940082bu, // ldr x11, [x1, #16]
    0x8b0a016bu, // add x11, x11, x10
    0xf900082bu, // str x11, [x1, #16]
    0xf9400c2bu, // ldr x11, [x1, #24]
    0xeb0b015fu, // cmp x10, x11
    0x9a8b314bu, // csel x11, x10, x11, cc // cc = lo, ul, last
    0xf9000c2bu, // str x11, [x1, #24]
    0xf900003fu, // str xzr, [x1]
    0xf940042bu, // ldr x11, [x1, #8]
    0x9100056bu, // add x11, x11, #0x1
    0xf900042bu, // str x11, [x1, #8]
    0xd2800001u, // mov x1, #0x0
    0x528004a0u, // mov w0, #0x25
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xd2a12003u, // mov x3, #0x9000000
    0xd2800784u, // mov x4, #0x3c
    0x9ac42425u, // lsr x5, x1, x4
    0x92400ca5u, // and x5, x5, #0xf
    0xf10028bfu, // cmp x5, #0xa
    0xd2800606u, // mov x6, #0x30
    0xd2800ae7u, // mov x7, #0x57
    0x9a8730c6u, // csel x6, x6, x7, cc // cc = lo, ul, last
    0x8b0600a5u, // add x5, x5, x6
    0xb9000065u, // str w5, [x3]
    0xf1001084u, // subs x4, x4, #0x4
    0x54fffee5u, // b.pl 1c4  // b.nfrst
    0xd2800145u, // mov x5, #0xa
    0xb9000065u, // str w5, [x3]
    0xd65f03c0u, // ret
};

// Registers event 0 with the handler that x0 names, if it is not 0, and signals it to itself for ever. The handler of its
// own, which the critical event has too, never ends: it unregisters, registers, enables, disables, masks, unmasks,
// signals, resumes at an address that is none and resets.
constexpr std::array kHostile {
    0xd2a8061cu, // mov x28, #0x40300000
    0xaa0003e2u, // mov x2, x0
    0xb5000042u, // cbnz x2, 10
    0x10000362u, // adr x2, 78
    0xd2800001u, // mov x1, #0x0
    0xaa1c03e3u, // mov x3, x28
    0xd2800004u, // mov x4, #0x0
    0x52800420u, // mov w0, #0x21
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800440u, // mov w0, #0x22
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xd2a81001u, // mov x1, #0x40800000
    0x10000202u, // adr x2, 78
    0x52800420u, // mov w0, #0x21
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800440u, // mov w0, #0x22
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800580u, // mov w0, #0x2c
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xd2800001u, // mov x1, #0x0
    0xd2800002u, // mov x2, #0x0
    0x528005e0u, // mov w0, #0x2f
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x17fffffbu, // b 60
    0xaa0003fdu, // mov x29, x0
    0xaa1d03e1u, // mov x1, x29
    0x528004e0u, // mov w0, #0x27
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800420u, // mov w0, #0x21
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800440u, // mov w0, #0x22
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800460u, // mov w0, #0x23
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800560u, // mov w0, #0x2b
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800580u, // mov w0, #0x2c
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xd2800001u, // mov x1, #0x0
    0xd2800002u, // mov x2, #0x0
    0x528005e0u, // mov w0, #0x2f
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0xd2800041u, // mov x1, #0x2
    0x528004c0u, // mov w0, #0x26
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x52800620u, // mov w0, #0x31
    0x72b88000u, // movk w0, #0xc400, lsl #16
    0xd4000002u, // hvc #0x0
    0x17ffffe1u, // b 7c
};

// clang-format on

}
