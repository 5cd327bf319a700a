/* Instructions of extensions that the profile lacks are undefined, hints are not, and BRK is a breakpoint. */
#include "probe.h"

struct encoding {
    uint32_t word;
    char const* text;
};

static struct encoding const undefined[] = {
    { 0x00000000, "udf #0" },
    { 0x0420e3e0, "cntb x0 (SVE)" },
    { 0x2518e3e0, "ptrue p0.b (SVE)" },
    { 0xd503477f, "smstart (SME)" },
    { 0xdac10020, "pacia x0, x1" },
    { 0xdac143e0, "xpaci x0" },
    { 0x9ac13000, "pacga x0, x0, x1" },
    { 0xd65f0bff, "retaa" },
    { 0xd63f0800, "blraaz x0" },
    { 0xf8200400, "ldraa x0, [x0]" },
    { 0x1ee02800, "fadd h0, h0, h0 (FP16)" },
    { 0x0e401400, "fadd v0.4h, v0.4h, v0.4h (FP16)" },
    { 0x1e7e0000, "fjcvtzs w0, d0" },
    { 0x6e80c400, "fcmla v0.4s, v0.4s, v0.4s, #0" },
    { 0x1e284000, "frint32z s0, s0" },
    { 0xce000000, "eor3 v0.16b, v0.16b, v0.16b, v0.16b" },
    { 0xce608000, "sha512h q0, q0, v0.2d" },
    { 0xce60c000, "sm3partw1 v0.4s, v0.4s, v0.4s" },
    { 0x4e80a400, "smmla v0.4s, v0.16b, v0.16b (I8MM)" },
    { 0x6e40ec00, "bfmmla v0.4s, v0.8h, v0.8h" },
    { 0x9ac01000, "irg x0, x0 (MTE)" },
    { 0xd9200800, "stg x0, [x0] (MTE)" },
    { 0xd500405f, "axflag (FlagM2)" },
    { 0xd53b2400, "mrs x0, rndr" },
    { 0xd50b7d20, "dc cvadp, x0" },
    { 0xd5031000, "wfet x0" },
    { 0xf83f9000, "st64b x31, [x0]" },
    { 0xd4000002, "hvc #0" },
    { 0xd4000003, "smc #0" },
    { 0xd69f03e0, "eret" },
    { 0xd5381000, "mrs x0, sctlr_el1" },
    { 0xd5181000, "msr sctlr_el1, x0" },
    { 0xd50342df, "msr daifset, #2" },
    { 0xd5087620, "dc ivac, x0" },
    { 0xd508751f, "ic iallu" },
    { 0xd508871f, "tlbi vmalle1" },
    { 0xd5087800, "at s1e1r, x0" },
    { 0xd5384240, "mrs x0, CurrentEL" },
    { 0xd53cd000, "mrs x0, of EL2" },
    { 0xd5389b00, "mrs of an unallocated register" },
    { 0x08000000 | 0x40000000 | 0x20000000, "unallocated" },
};

static struct encoding const harmless[] = {
    { 0xd503201f, "nop" },
    { 0xd503233f, "paciasp" },
    { 0xd50323bf, "autiasp" },
    { 0xd50320ff, "xpaclri" },
    { 0xd503245f, "bti c" },
    { 0xd50320df, "dgh" },
    { 0xd503229f, "csdb" },
    { 0xd503221f, "esb" },
    { 0xd503225f, "tsb csync" },
    { 0xd5032fff, "hint #127" },
    { 0xd503203f, "yield" },
    { 0xd503205f, "wfe" },
    { 0xd503207f, "wfi" },
    { 0xd503209f, "sev" },
    { 0xd50330ff, "sb" },
    { 0xd503349f, "ssbb" },
    { 0xd503309f, "ssbb" },
    { 0xd4000001 | 0, "svc #0" },
    { 0xf8bfc000, "ldapr x0, [x0]" },
    { 0xd9400000, "ldapur x0, [x0]" },
    { 0xd50b7b20, "dc cvau, x0" },
    { 0xd50b7c20, "dc cvap, x0" },
    { 0xd50b7e20, "dc civac, x0" },
    { 0xd50b7520, "ic ivau, x0" },
    { 0xd53be040, "mrs x0, cntvct_el0" },
    { 0xd53b42a0, "mrs x0, dit" },
    { 0xd53b42c0, "mrs x0, ssbs" },
    { 0xd500401f, "cfinv" },
};

static uint32_t* make(uint32_t word)
{
    static uint32_t* code;
    if (code == NULL)
        code = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
    code[0] = word;
    code[1] = 0xd65f03c0; /* ret */
    __builtin___clear_cache((char*)code, (char*)(code + 2));
    return code;
}

static void run(void* code)
{
    static uint64_t data[64] __attribute__((aligned(64)));
    register uint64_t x0 __asm__("x0") = (uint64_t)data;
    register uint64_t x8 __asm__("x8") = 172; /* getpid, for svc */
    register void* x9 __asm__("x9") = code;
    __asm__ volatile("blr x9" : "+r"(x0), "+r"(x9) : "r"(x8) : "x1", "x30", "v0", "cc", "memory");
}

static char const* undefined_is_sigill(void)
{
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++) {
        uint32_t* const code = make(undefined[i].word);
        struct caught const seen = catch_signal(run, code);
        FAIL_UNLESS(seen.signal == SIGILL && seen.code == ILL_ILLOPC, "%08x %s: signal %d code %d", undefined[i].word,
            undefined[i].text, seen.signal, seen.code);
        FAIL_UNLESS(
            seen.address == code && seen.pc == (uint64_t)code, "%s: si_addr %p", undefined[i].text, seen.address);
    }
    return NULL;
}

static char const* hints_are_harmless(void)
{
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        struct caught const seen = catch_signal(run, make(harmless[i].word));
        FAIL_UNLESS(seen.signal == 0, "%s: signal %d code %d", harmless[i].text, seen.signal, seen.code);
    }
    return NULL;
}

static char const* software_breakpoint(void)
{
    uint32_t* const code = make(0xd4207d00); /* brk #1000 */
    struct caught const seen = catch_signal(run, code);
    FAIL_UNLESS(seen.signal == SIGTRAP && seen.code == TRAP_BRKPT && seen.address == code, "signal %d code %d at %p",
        seen.signal, seen.code, seen.address);
    return NULL;
}

struct check const undefined_checks[] = {
    { "undefined-is-sigill", undefined_is_sigill },
    { "hints-are-harmless", hints_are_harmless },
    { "software-breakpoint", software_breakpoint },
    { 0 },
};
