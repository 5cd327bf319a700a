#pragma once

#include "engine/exit.h"

#include <cstdint>

namespace dormouse::emulator {

// ESR_ELx.EC values that can occur at EL1 in this machine. [Arm DDI 0487, ESR_EL1, "EC"]
enum class ExceptionClass : uint32_t {
    Unknown = 0x00,
    TrappedWfx = 0x01,
    SimdFpAccess = 0x07,
    IllegalExecutionState = 0x0e,
    Svc64 = 0x15,
    Hvc64 = 0x16,
    Smc64 = 0x17,
    TrappedSystemRegister = 0x18,
    InstructionAbortLower = 0x20,
    InstructionAbortSame = 0x21,
    PcAlignment = 0x22,
    DataAbortLower = 0x24,
    DataAbortSame = 0x25,
    SpAlignment = 0x26,
    FloatingPoint = 0x2c,
    SError = 0x2f,
    BreakpointLower = 0x30,
    BreakpointSame = 0x31,
    SoftwareStepLower = 0x32,
    SoftwareStepSame = 0x33,
    WatchpointLower = 0x34,
    WatchpointSame = 0x35,
    Brk64 = 0x3c,
};

// A synchronous exception that an instruction has raised and the run loop is about to take. For aborts, steps,
// breakpoints and watchpoints `exception_class` is the "lower EL" form; taking it adds one when it comes from EL1.
struct PendingException {
    ExceptionClass exception_class { ExceptionClass::Unknown };
    uint32_t iss { 0 };
    bool has_far { false };
    uint64_t far { 0 };
    uint64_t return_address { 0 }; // preferred exception return address (ELR_EL1)
};

// Why Flow::Stop was returned: any engine exit.
using StopReason = engine::Exit;

}
