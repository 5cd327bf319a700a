/* What the kernel found out about the processor is what the profile dormouse-v1 promises. */
#include "probe.h"

#include <asm/hwcap.h>
#include <sys/auxv.h>

static char const* exact_hwcaps(void)
{
    unsigned long const promised = HWCAP_FP | HWCAP_ASIMD | HWCAP_EVTSTRM | HWCAP_AES | HWCAP_PMULL | HWCAP_SHA1
        | HWCAP_SHA2 | HWCAP_CRC32 | HWCAP_ATOMICS | HWCAP_CPUID | HWCAP_ASIMDRDM | HWCAP_LRCPC | HWCAP_DCPOP
        | HWCAP_ASIMDDP | HWCAP_DIT | HWCAP_ILRCPC | HWCAP_FLAGM | HWCAP_SSBS | HWCAP_SB;
    unsigned long const found = getauxval(AT_HWCAP);
    FAIL_UNLESS(found == promised, "HWCAP %lx, promised %lx", found, promised);
    FAIL_UNLESS(getauxval(AT_HWCAP2) == 0, "HWCAP2 %lx", getauxval(AT_HWCAP2));
    return NULL;
}

/* The kernel answers these for EL0, from what it saw on every CPU. */
static char const* identification(void)
{
    uint64_t isar0, isar1, midr, pfr0, mpidr;
    for (int cpu = 0; cpu < cpu_count(); cpu++) {
        pin_to(cpu);
        __asm__ volatile("mrs %0, s3_0_c0_c6_0" : "=r"(isar0));
        __asm__ volatile("mrs %0, s3_0_c0_c6_1" : "=r"(isar1));
        __asm__ volatile("mrs %0, s3_0_c0_c4_0" : "=r"(pfr0));
        __asm__ volatile("mrs %0, midr_el1" : "=r"(midr));
        __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
        FAIL_UNLESS((midr >> 24 & 0xff) == 0 && (midr & 0xfff0) == 0x0d00, "cpu %d: MIDR %lx", cpu, midr);
        FAIL_UNLESS((isar0 >> 20 & 15) == 2 && (isar0 >> 44 & 15) == 1, "cpu %d: ISAR0 %lx", cpu, isar0);
        FAIL_UNLESS((isar1 >> 20 & 15) == 2 && (isar1 >> 4 & 0xff) == 0, "cpu %d: ISAR1 %lx", cpu, isar1);
        FAIL_UNLESS((pfr0 >> 32 & 15) == 0 && (pfr0 >> 16 & 0xff) == 0, "cpu %d: PFR0 %lx", cpu, pfr0);
    }
    return NULL;
}

static char const* cache_geometry(void)
{
    uint64_t ctr, dczid;
    __asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
    __asm__ volatile("mrs %0, dczid_el0" : "=r"(dczid));
    FAIL_UNLESS((ctr & 15) == 4 && (ctr >> 16 & 15) == 4, "CTR_EL0 %lx: lines of 64 bytes expected", ctr);
    FAIL_UNLESS((ctr >> 28 & 3) == 1, "CTR_EL0 %lx: IDC without DIC expected", ctr);
    FAIL_UNLESS(dczid == 4, "DCZID_EL0 %lx", dczid);
    unsigned char* const memory = pages(1, PROT_READ | PROT_WRITE);
    memset(memory, 0xaa, 256);
    __asm__ volatile("dc zva, %0" ::"r"(memory + 70) : "memory");
    for (int i = 0; i < 256; i++)
        FAIL_UNLESS(memory[i] == (i / 64 == 1 ? 0 : 0xaa), "DC ZVA left %x in byte %d", memory[i], i);
    return NULL;
}

struct check const processor_checks[] = {
    { "hwcaps", exact_hwcaps },
    { "identification-registers", identification },
    { "cache-geometry", cache_geometry },
    { 0 },
};
