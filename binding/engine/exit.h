#pragma once

#include "arch/addresses.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace dormouse::engine {

// How the guest called its firmware. [Arm DEN 0028, SMC Calling Convention, section 2]
enum class Conduit { Hvc, Smc };

enum class AccessKind { Read, Write, Fetch };

// The guest executed HVC or SMC. Function id and arguments are in x0..x17; PC is already after the instruction.
struct ExitHypercall {
    Conduit conduit { Conduit::Hvc };
    uint16_t immediate { 0 };
    bool immediate_known { true }; // false: the engine is not told; the instruction before PC has it
};

// An access or a fetch that no slot and no device answers, after the engine made sure that the memory map did not
// change since the instruction was fetched: the guest is in the weeds. PC is the faulting instruction.
struct ExitMemoryFault {
    arch::Gpa address;
    std::optional<arch::Gva> virtual_address; // empty: the engine is not told
    AccessKind kind { AccessKind::Read };
    unsigned size { 0 };
};

// WFI or WFE found nothing to do. The run loop calls Vcpu::wait_for_interrupt() and then run() again.
struct ExitIdle { };

// kick() was called; nothing else happened.
struct ExitInterrupted { };

// A debug event the host asked for (not the guest's own breakpoints, those are guest exceptions).
struct ExitDebug {
    uint64_t pc { 0 };
};

// In-kernel firmware of KVM without the SMCCC filter ended the machine. Never from the emulator.
struct ExitSystemEvent {
    uint32_t type { 0 };
    uint64_t flags { 0 };
};

// The engine itself failed; the machine stops with this sentence in its crash report.
struct ExitInternalError {
    std::string message;
};

// Everything that ends Vcpu::run(). Ordinary MMIO is a call through wires::GuestBus and no exit.
using Exit = std::variant<ExitHypercall, ExitMemoryFault, ExitIdle, ExitInterrupted, ExitDebug, ExitSystemEvent,
    ExitInternalError>;

}
