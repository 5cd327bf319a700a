#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace dormouse::engine {

// A vCPU register by its 64-bit id in KVM's ONE_REG encoding, on both engines.
// [Linux, Documentation/virt/kvm/api.rst, KVM_GET_ONE_REG, arm64]
struct RegisterId {
    uint64_t value { 0 };
    constexpr auto operator<=>(RegisterId const&) const = default;
    // Size of the register's value in bytes: 4, 8 or 16 (id bits [55:52] hold log2).
    constexpr size_t bytes() const { return size_t { 1 } << ((value >> 52) & 15); }
};

// Up to 128 bits, little-endian halves; registers narrower than 128 bits use the low part and keep the rest zero.
struct RegisterValue {
    uint64_t low { 0 };
    uint64_t high { 0 };
    constexpr bool operator==(RegisterValue const&) const = default;
};

struct RegisterEntry {
    RegisterId id;
    RegisterValue value;
    constexpr bool operator==(RegisterEntry const&) const = default;
};

constexpr uint64_t kRegArm64 = 0x6000'0000'0000'0000;
constexpr uint64_t kRegSizeU32 = 0x0020'0000'0000'0000;
constexpr uint64_t kRegSizeU64 = 0x0030'0000'0000'0000;
constexpr uint64_t kRegSizeU128 = 0x0040'0000'0000'0000;
constexpr uint64_t kRegCore = 0x0010'0000;
constexpr uint64_t kRegSystem = 0x0013'0000;
constexpr uint64_t kRegFirmware = 0x0014'0000;

// Core registers: the offset of the field in struct kvm_regs in 32-bit words.
constexpr RegisterId core_register_u64(unsigned word_offset)
{
    return { kRegArm64 | kRegSizeU64 | kRegCore | word_offset };
}
constexpr RegisterId x_register(unsigned n)
{
    return core_register_u64(2 * n);
}
constexpr RegisterId kRegisterSp = core_register_u64(0x3e); // SP_EL0
constexpr RegisterId kRegisterPc = core_register_u64(0x40);
constexpr RegisterId kRegisterPstate = core_register_u64(0x42);
constexpr RegisterId kRegisterSpEl1 = core_register_u64(0x44);
constexpr RegisterId kRegisterElrEl1 = core_register_u64(0x46);
constexpr RegisterId kRegisterSpsrEl1 = core_register_u64(0x48);
constexpr RegisterId v_register(unsigned n)
{
    return { kRegArm64 | kRegSizeU128 | kRegCore | (0x54 + 4 * n) };
}
constexpr RegisterId kRegisterFpsr { kRegArm64 | kRegSizeU32 | kRegCore | 0xd4 };
constexpr RegisterId kRegisterFpcr { kRegArm64 | kRegSizeU32 | kRegCore | 0xd5 };

// Generic timer, by the ids that KVM gives it: CNTV_CVAL and CNTVCT have each other's encoding.
// [Linux, uapi/asm/kvm.h, KVM_REG_ARM_TIMER_*, KVM_REG_ARM_PTIMER_*]
constexpr RegisterId kRegisterVirtualTimerControl { kRegArm64 | kRegSizeU64 | kRegSystem | 0xdf19 };
constexpr RegisterId kRegisterVirtualTimerCompare { kRegArm64 | kRegSizeU64 | kRegSystem | 0xdf02 };
constexpr RegisterId kRegisterVirtualCounter { kRegArm64 | kRegSizeU64 | kRegSystem | 0xdf1a };
constexpr RegisterId kRegisterPhysicalTimerControl { kRegArm64 | kRegSizeU64 | kRegSystem | 0xdf11 };
constexpr RegisterId kRegisterPhysicalTimerCompare { kRegArm64 | kRegSizeU64 | kRegSystem | 0xdf12 };
constexpr RegisterId kRegisterPhysicalCounter { kRegArm64 | kRegSizeU64 | kRegSystem | 0xdf01 };

// System registers: op0..op2 as arch::system_register() packs them.
constexpr RegisterId system_register_id(uint16_t encoding)
{
    return { kRegArm64 | kRegSizeU64 | kRegSystem | encoding };
}

}
