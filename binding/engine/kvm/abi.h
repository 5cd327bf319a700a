#pragma once

#include <cstddef>
#include <cstdint>

// What Linux and we say to each other about KVM on arm64. Written down here and not taken from the system's headers:
// those of a distribution are older than the kernels we run on, and other hosts have none. [Linux,
// include/uapi/linux/kvm.h and arch/arm64/include/uapi/asm/kvm.h]
namespace dormouse::kvm::abi {

constexpr int kApiVersion = 12;

// Ioctl numbers: direction [31:30], size of the argument [29:16], type 0xae [15:8], number [7:0].
enum class Request : uint32_t {
    GetApiVersion = 0x0000'ae00,
    CreateVm = 0x0000'ae01,
    CheckExtension = 0x0000'ae03,
    GetVcpuMmapSize = 0x0000'ae04,
    CreateVcpu = 0x0000'ae41,
    GetDirtyLog = 0x4010'ae42,
    SetUserMemoryRegion = 0x4020'ae46,
    IrqLine = 0x4008'ae61,
    Run = 0x0000'ae80,
    GetMpState = 0x8004'ae98,
    SetMpState = 0x4004'ae99,
    EnableCap = 0x4068'aea3,
    GetOneReg = 0x4010'aeab,
    SetOneReg = 0x4010'aeac,
    ArmVcpuInit = 0x4020'aeae,
    ArmPreferredTarget = 0x8020'aeaf,
    GetRegList = 0xc008'aeb0,
    ArmSetCounterOffset = 0x4010'aeb5,
    ArmGetRegWritableMasks = 0x8040'aeb6,
    CreateDevice = 0xc00c'aee0,
    SetDeviceAttr = 0x4018'aee1,
    GetDeviceAttr = 0x4018'aee2,
    HasDeviceAttr = 0x4018'aee3,
};

enum class Cap : uint32_t {
    MaxVcpus = 66,
    OneReg = 70,
    ReadonlyMem = 81,
    DeviceCtrl = 89,
    ArmPmuV3 = 126,
    ImmediateExit = 136,
    ArmVmIpaSize = 165,
    ArmNisvToUser = 177,
    ArmSystemSuspend = 216,
    CounterOffset = 227,
    ArmWritableImpIdRegs = 239,
};

enum class ExitReason : uint32_t {
    Unknown = 0,
    Hypercall = 3,
    Debug = 4,
    Mmio = 6,
    FailEntry = 9,
    Intr = 10,
    InternalError = 17,
    SystemEvent = 24,
    ArmNisv = 28,
    MemoryFault = 39,
};

constexpr uint64_t kHypercallSmc = 1; // of Run::hypercall.flags

enum class SystemEvent : uint32_t { Shutdown = 1, Reset = 2, Crash = 3, Wakeup = 4, Suspend = 5 };
constexpr uint64_t kShutdownFlagOff2 = 1;
constexpr uint64_t kResetFlagReset2 = 1;

enum class MpState : uint32_t { Runnable = 0, Stopped = 5, Suspended = 10 };

// What comes with an exit, by its reason.
struct HypercallExit {
    uint64_t nr;
    uint64_t args[6];
    uint64_t ret;
    uint64_t flags;
};
struct MmioExit {
    uint64_t phys_addr;
    uint8_t data[8];
    uint32_t len;
    uint8_t is_write;
};
struct FailEntryExit {
    uint64_t hardware_entry_failure_reason;
    uint32_t cpu;
};
struct InternalErrorExit {
    uint32_t suberror;
    uint32_t ndata;
    uint64_t data[16];
};
struct SystemEventExit {
    uint32_t type;
    uint32_t ndata;
    uint64_t data[16];
};
struct NisvExit {
    uint64_t esr_iss;
    uint64_t fault_ipa;
};
struct MemoryFaultExit {
    uint64_t flags;
    uint64_t gpa;
    uint64_t size;
};
struct DebugExit {
    uint32_t hsr;
    uint32_t hsr_high;
    uint64_t far;
};

// The page that a vCPU shares with the kernel: struct kvm_run.
struct Run {
    uint8_t request_interrupt_window;
    uint8_t immediate_exit; // atomic: set by any thread, read by the kernel when KVM_RUN begins
    uint8_t padding1[6];
    uint32_t exit_reason;
    uint8_t ready_for_interrupt_injection;
    uint8_t if_flag;
    uint16_t flags;
    uint64_t cr8;
    uint64_t apic_base;
    union {
        HypercallExit hypercall;
        MmioExit mmio;
        FailEntryExit fail_entry;
        InternalErrorExit internal;
        SystemEventExit system_event;
        NisvExit arm_nisv;
        MemoryFaultExit memory_fault;
        DebugExit debug;
        uint8_t padding[256];
    };
};
static_assert(offsetof(Run, exit_reason) == 8);
static_assert(offsetof(Run, hypercall) == 32 && sizeof(Run) == 288);

struct UserspaceMemoryRegion {
    uint32_t slot;
    uint32_t flags;
    uint64_t guest_phys_addr;
    uint64_t memory_size; // 0 deletes the slot
    uint64_t userspace_addr;
};
static_assert(sizeof(UserspaceMemoryRegion) == 32);
constexpr uint32_t kMemLogDirtyPages = 1;
constexpr uint32_t kMemReadonly = 2;

struct DirtyLog {
    uint32_t slot;
    uint32_t padding;
    uint64_t dirty_bitmap; // address
};
static_assert(sizeof(DirtyLog) == 16);

struct OneReg {
    uint64_t id;
    uint64_t addr;
};

struct VcpuInit {
    uint32_t target;
    uint32_t features[7];
};
static_assert(sizeof(VcpuInit) == 32);
// Bits of VcpuInit::features[0].
constexpr uint32_t kFeaturePowerOff = 1u << 0;
constexpr uint32_t kFeaturePsci02 = 1u << 2;
constexpr uint32_t kFeaturePmuV3 = 1u << 3;

struct EnableCap {
    uint32_t cap;
    uint32_t flags;
    uint64_t args[4];
    uint8_t padding[64];
};
static_assert(sizeof(EnableCap) == 104);

struct RegMaskRange {
    uint64_t addr; // of 192 masks
    uint32_t range; // 0: the identification registers
    uint32_t reserved[13];
};
static_assert(sizeof(RegMaskRange) == 64);

struct CounterOffset {
    uint64_t counter_offset;
    uint64_t reserved;
};

struct IrqLevel {
    uint32_t irq;
    uint32_t level;
};
// kvm_irq_level.irq of a shared peripheral interrupt: type 1 in [27:24], INTID in [15:0].
constexpr uint32_t kIrqTypeSpi = 1u << 24;

struct CreateDevice {
    uint32_t type;
    uint32_t fd; // out
    uint32_t flags;
};
static_assert(sizeof(CreateDevice) == 12);
constexpr uint32_t kDeviceArmVgicV3 = 7;
constexpr uint32_t kCreateDeviceTest = 1; // only asks whether it could be made

struct DeviceAttr {
    uint32_t flags;
    uint32_t group;
    uint64_t attr;
    uint64_t addr;
};
static_assert(sizeof(DeviceAttr) == 24);

// Attributes of the VM.
constexpr uint32_t kVmSmcccCtrl = 0;
constexpr uint64_t kVmSmcccFilter = 0;
struct SmcccFilter {
    uint32_t base;
    uint32_t nr_functions;
    uint8_t action;
    uint8_t padding[15];
};
static_assert(sizeof(SmcccFilter) == 24);
constexpr uint8_t kSmcccForwardToUser = 2;

// Attributes of a vCPU.
constexpr uint32_t kVcpuPmuV3Ctrl = 0;
constexpr uint64_t kVcpuPmuV3Irq = 0;
constexpr uint64_t kVcpuPmuV3Init = 1;

// Attributes of the vGICv3. [Linux, Documentation/virt/kvm/devices/arm-vgic-v3.rst]
namespace vgic {
    constexpr uint32_t kAddr = 0;
    constexpr uint64_t kAddrDist = 2;
    constexpr uint64_t kAddrRedistRegion = 5;
    constexpr uint32_t kDistRegs = 1;
    constexpr uint32_t kNrIrqs = 3;
    constexpr uint32_t kCtrl = 4;
    constexpr uint64_t kCtrlInit = 0;
    constexpr uint32_t kRedistRegs = 5;
    constexpr uint32_t kCpuSysregs = 6;
    constexpr uint32_t kLevelInfo = 7;
}

// Pseudo-register of the in-kernel PSCI: its version.
constexpr uint64_t kRegPsciVersion = 0x6030'0000'0014'0000;
// Group of a register: id bits [31:16].
constexpr uint32_t kGroupFirmware = 0x0014;
constexpr uint32_t kGroupFirmwareBitmap = 0x0016;
// Timers and counters; KVM's ids of CNTV_CVAL and CNTVCT are exchanged, for ever. [api.rst, 4.68]
constexpr uint64_t kRegVirtualControl = 0x6030'0000'0013'df19;
constexpr uint64_t kRegVirtualCompare = 0x6030'0000'0013'df02;
constexpr uint64_t kRegVirtualCount = 0x6030'0000'0013'df1a;
constexpr uint64_t kRegPhysicalControl = 0x6030'0000'0013'df11;
constexpr uint64_t kRegPhysicalCompare = 0x6030'0000'0013'df12;
constexpr uint64_t kRegPhysicalCount = 0x6030'0000'0013'df01;

}
