#pragma once

#include "arch/addresses.h"

#include <cstdint>

namespace dormouse::firmware {

// Power state of one vCPU. [Arm DEN 0022, PSCI, section 6.6]
// SUSPENDED answers "on" to AFFINITY_INFO; it is its own state because a suspended vCPU is woken by an interrupt.
enum class PowerState { Off, OnPending, On, Suspended };

// Where a vCPU that was turned on starts, and what it finds in x0.
struct EntryPoint {
    uint64_t address { 0 }; // guest physical
    uint64_t context_id { 0 };
};

enum class SystemRequest {
    Off,
    Reset, // as a power cycle: memory is cleared
    WarmReset, // SYSTEM_RESET2: memory keeps its contents
};

enum class SystemVerdict {
    Committed, // done, or made void by a request that came first: the caller executes no further instruction
    Failed, // the machine could not do it and nothing has changed
};

// What the firmware may ask of the machine it runs in. Called on the thread of the vCPU that made the call.
class Platform {
public:
    virtual ~Platform() = default;

    virtual unsigned vcpu_count() const = 0;
    // Affinity fields of MPIDR_EL1, all other bits zero.
    virtual uint64_t mpidr(unsigned vcpu) const = 0;
    virtual PowerState power_state(unsigned vcpu) const = 0;
    // Is there memory to execute from?
    virtual bool is_memory(arch::Gpa) const = 0;

    // OFF -> ON_PENDING in one step. Returns the state that was found; only Off means that the vCPU will start.
    virtual PowerState turn_on(unsigned vcpu, EntryPoint) = 0;
    // ON -> OFF for the calling vCPU, which executes no further instruction until somebody turns it on.
    virtual void turn_off(unsigned caller) = 0;
    // Makes a vCPU that runs or sleeps look for SDEI events soon. Any thread, never blocks.
    virtual void look_for_events(unsigned vcpu) = 0;
    // Quiesces the machine, decides and commits. With Committed the caller's registers may already be those of a reset.
    virtual SystemVerdict request(unsigned caller, SystemRequest) = 0;
};

}
