#pragma once

#include "base/result.h"
#include "engine/exit.h"
#include "engine/register_id.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dormouse::engine {

// What an engine counts for every vCPU; readable from any thread at any time (values may be a moment old).
struct VcpuCounters {
    uint64_t instructions_retired { 0 }; // 0 when the engine cannot tell (KVM without a PMU)
    uint64_t mmio_reads { 0 };
    uint64_t mmio_writes { 0 };
    uint64_t exceptions_taken { 0 };
};

// One thing that one engine counts, for people who look at it.
struct NamedCounter {
    std::string name; // "blocksDecoded"
    uint64_t value;
};

// One guest CPU. One thread owns it: run(), wait_for_interrupt(), the register calls, is_on() and reset() are made
// by that thread, or by a holder of wires::Quiesced. Only kick(), counters() and details() are callable from anywhere.
class Vcpu {
public:
    virtual ~Vcpu() = default;

    // Executes the guest until something ends it. A kick() since the last return makes it return ExitInterrupted at
    // once.
    virtual Exit run() = 0;

    // Makes run() or wait_for_interrupt() return soon (bounded latency). A kick that races with entry is never lost: it
    // ends the next call.
    virtual void kick() = 0;

    enum class Wake { Interrupt, Kick };
    // Sleeps the host thread until the guest has a pending interrupt (masked or not, as WFI is specified) or a kick.
    virtual Wake wait_for_interrupt() = 0;

    // All registers this vCPU has, in a fixed order; saving a vCPU is a blind loop over the list.
    virtual std::vector<RegisterId> register_list() const = 0;
    // Fails with InvalidArgument that names an unknown register.
    virtual Result<RegisterValue> read_register(RegisterId) const = 0;
    // Validates: fails with InvalidArgument naming the register and the field that the value violates, and changes
    // nothing.
    virtual Result<void> write_register(RegisterId, RegisterValue) = 0;

    // The bits of a listed register, among its lower 64, that write_register() accepts with their present value only:
    // what a guest was promised and this vCPU cannot change, what it does not implement.
    virtual uint64_t fixed_bits(RegisterId) const { return 0; }

    // Architectural reset to EL1h with all of DAIF set, MMU off, x0..x30 zero. [Arm DDI 0487, D1.8 "Reset"]
    // PC and x0 are then set by the caller with write_register().
    virtual void reset() = 0;

    // Whether the guest has it on, as far as the engine knows: false only of one whose firmware is the engine's own
    // (Capabilities::firmware_in_user_space), while the guest has it off. Then its registers tell nothing.
    virtual bool is_on() const { return true; }

    virtual VcpuCounters counters() const = 0;
    // What this engine counts beside, as counters() is; a name means the same in every engine that has it.
    virtual std::vector<NamedCounter> details() const { return {}; }
};

}
