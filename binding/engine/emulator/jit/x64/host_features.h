#pragma once

namespace dormouse::emulator::jit::x64 {

// What this processor and its operating system have beyond the base of x86-64. Without a feature the instructions that
// would use it call their semantic functions.
struct HostFeatures {
    bool bit_manipulation { false }; // BMI1 and BMI2
    bool vectors { false }; // AVX2 and FMA
    bool crc32 { false }; // SSE4.2
    bool aes { false };
    bool polynomial { false }; // PCLMULQDQ
    bool sha { false };
    bool dot_product { false }; // AVX-VNNI
    bool half_precision { false }; // F16C
};

HostFeatures host_features();

}
