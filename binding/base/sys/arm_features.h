#pragma once

namespace dormouse::sys {

// Optional instructions of an arm64 host. All false on other hosts. [Arm DDI 0487, A2]
struct ArmFeatures {
    bool lse { false };
    bool crc32 { false };
    bool rdm { false };
    bool dot_product { false };
    bool rcpc { false };
    bool flag_manipulation { false }; // FEAT_FlagM
    bool flag_conversion { false }; // FEAT_FlagM2
    bool aes { false };
    bool pmull { false };
    bool sha1 { false };
    bool sha256 { false };
};

// What the operating system says of the processor it runs on.
ArmFeatures host_arm_features();

}
