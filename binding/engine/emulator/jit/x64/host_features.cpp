#include "engine/emulator/jit/x64/host_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <cstdint>

namespace dormouse::emulator::jit::x64 {

#if defined(__x86_64__)

namespace {

    bool has(uint32_t word, unsigned bit)
    {
        return word >> bit & 1;
    }

    // Whether the operating system keeps XMM and YMM registers. [Intel SDM, volume 1, 14.3]
    bool keeps_vectors(uint32_t leaf1_ecx)
    {
        constexpr unsigned kOsxsave = 27;
        if (!has(leaf1_ecx, kOsxsave))
            return false;
        uint32_t low;
        uint32_t high;
        asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
        return (low & 6) == 6;
    }

}

// [Intel SDM, volume 2, CPUID, leaves 1 and 7]
HostFeatures host_features()
{
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
    HostFeatures features;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        return features;
    bool const avx = has(ecx, 28) && keeps_vectors(ecx);
    bool const fma = has(ecx, 12);
    features.crc32 = has(ecx, 20);
    features.aes = avx && has(ecx, 25);
    features.polynomial = avx && has(ecx, 1);
    features.half_precision = avx && has(ecx, 29);
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
        return features;
    features.bit_manipulation = avx && has(ebx, 3) && has(ebx, 8); // their prefix needs what AVX needs
    features.vectors = avx && fma && has(ebx, 5);
    features.sha = features.vectors && has(ebx, 29);
    if (eax >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx))
        features.dot_product = features.vectors && has(eax, 4);
    return features;
}

#else

HostFeatures host_features()
{
    return {};
}

#endif

}
