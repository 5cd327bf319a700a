#pragma once

#include "arch/system_register_encoding.h"
#include "engine/emulator/cpu/system_register_index.h"

#include <cstdint>
#include <optional>

namespace dormouse::emulator::runtime {

// Lowest exception level that may read (R) and write (W) a register without a trap control saying otherwise.
enum class RegisterAccess : uint8_t { RwEl1, RoEl1, WoEl1, RwEl0, RoEl0, WoEl0, RoEl0RwEl1, Never };

// Who serves a register beyond plain storage.
enum class RegisterBehaviour : uint8_t {
    Plain, // storage under the writable mask
    Identification, // constant from the CPU profile
    Translation, // storage, then VcpuServices::translation_regime_changed()
    StackPointer, // SP_EL0: undefined while it is the selected stack pointer
    ProcessState, // a view of PSTATE or NZCV
    FloatingPoint, // FPCR and FPSR: in Cpu, behind CPACR_EL1.FPEN
    CacheSize, // CCSIDR_EL1: by CSSELR_EL1
    InterruptStatus, // ISR_EL1
    Timer,
    Pmu,
    Debug,
    DebugChannel, // no debugger on the other end: reads zero, writes vanish
};

enum class RegisterListing : uint8_t { Listed, Hidden };

// One row of system_registers.inc.
struct SystemRegisterRow {
    char const* name;
    uint16_t encoding; // arch::system_register()
    RegisterAccess access;
    RegisterBehaviour behaviour;
    RegisterListing listing;
    uint64_t reset;
    uint64_t writable;
};

SystemRegisterRow const& system_register_row(SystemRegister);

// The register that an MRS or MSR encoding names; none for encodings without a row.
std::optional<SystemRegister> find_system_register(uint16_t encoding);

// op0=3 op1=0 CRn=0 CRm=1..7: registers without a row read as zero. [Arm DDI 0487, D22.3.1]
constexpr bool is_identification_space(uint16_t encoding)
{
    return (encoding & 0xff80) == arch::system_register(3, 0, 0, 0, 0) && ((encoding >> 3) & 15) >= 1
        && ((encoding >> 3) & 15) <= 7;
}

// ICC_*_EL1, answered by wires::GicCpuInterface. [Arm IHI 0069, 12.2]
constexpr bool is_gic_cpu_interface(uint16_t encoding)
{
    unsigned const crm = (encoding >> 3) & 15;
    return encoding == arch::system_register(3, 0, 4, 6, 0)
        || ((encoding & 0xff80) == arch::system_register(3, 0, 12, 0, 0) && crm >= 8 && crm != 10 && crm <= 12);
}

}
