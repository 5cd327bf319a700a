#include "base/sys/arm_features.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <cstddef>
#include <sys/sysctl.h>
#endif

namespace dormouse::sys {

#if defined(__aarch64__) && defined(__linux__)

// [Linux, Documentation/arch/arm64/elf_hwcaps.rst]
ArmFeatures host_arm_features()
{
    unsigned long const first = getauxval(AT_HWCAP);
    unsigned long const second = getauxval(AT_HWCAP2);
    auto const has = [](unsigned long word, unsigned bit) { return (word >> bit & 1) != 0; };
    ArmFeatures features;
    features.aes = has(first, 3);
    features.pmull = has(first, 4);
    features.sha1 = has(first, 5);
    features.sha256 = has(first, 6);
    features.crc32 = has(first, 7);
    features.lse = has(first, 8);
    features.rdm = has(first, 12);
    features.rcpc = has(first, 15);
    features.dot_product = has(first, 20);
    features.flag_manipulation = has(first, 27);
    features.flag_conversion = has(second, 7);
    return features;
}

#elif defined(__aarch64__) && defined(__APPLE__)

static bool has(char const* name)
{
    int value = 0;
    size_t size = sizeof(value);
    return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

// [XNU, bsd/kern/kern_mib.c, "hw.optional.arm"]
ArmFeatures host_arm_features()
{
    ArmFeatures features;
    features.aes = has("hw.optional.arm.FEAT_AES");
    features.pmull = has("hw.optional.arm.FEAT_PMULL");
    features.sha1 = has("hw.optional.arm.FEAT_SHA1");
    features.sha256 = has("hw.optional.arm.FEAT_SHA256");
    features.crc32 = has("hw.optional.armv8_crc32");
    features.lse = has("hw.optional.arm.FEAT_LSE");
    features.rdm = has("hw.optional.arm.FEAT_RDM");
    features.rcpc = has("hw.optional.arm.FEAT_LRCPC");
    features.dot_product = has("hw.optional.arm.FEAT_DotProd");
    features.flag_manipulation = has("hw.optional.arm.FEAT_FlagM");
    features.flag_conversion = has("hw.optional.arm.FEAT_FlagM2");
    return features;
}

#else

ArmFeatures host_arm_features()
{
    return {};
}

#endif

}
