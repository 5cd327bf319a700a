#pragma once

#include "arch/addresses.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace dormouse::firmware {

// Power state of one vCPU. [Arm DEN 0022, PSCI, section 6.6]
// SUSPENDED answers "on" to AFFINITY_INFO; it is its own state because a suspended vCPU is woken by an interrupt.
enum class PowerState { Off, OnPending, On, Suspended };

// Where a vCPU that was turned on starts, and what it finds in x0.
struct EntryPoint {
    uint64_t address { 0 }; // guest physical
    uint64_t context_id { 0 };
    bool operator==(EntryPoint const&) const = default;
};

// The calls that change the whole machine, by the names of Arm.
enum class SystemCallKind : uint8_t { Off, Off2, Reset, Reset2, Suspend };
constexpr std::array<std::string_view, 5> kSystemCallNames { "SYSTEM_OFF", "SYSTEM_OFF2", "SYSTEM_RESET",
    "SYSTEM_RESET2", "SYSTEM_SUSPEND" };
constexpr std::string_view name_of(SystemCallKind kind)
{
    return kSystemCallNames[static_cast<size_t>(kind)];
}

// One system-wide call whose arguments hold together.
struct SystemCall {
    SystemCallKind kind { SystemCallKind::Off };
    uint32_t type { 0 }; // of SYSTEM_OFF2 and SYSTEM_RESET2
    uint64_t cookie { 0 }; // of both
    EntryPoint entry; // of SYSTEM_SUSPEND
    bool operator==(SystemCall const&) const = default;

    // SYSTEM_RESET2 with type 0: memory keeps its contents. Any other reset is like a power cycle.
    constexpr bool warm() const { return kind == SystemCallKind::Reset2 && type == 0; }
};

enum class SystemVerdict {
    Committed, // done, or made void by a request that came first: the caller executes no further instruction
    NotAlone, // SYSTEM_SUSPEND while another vCPU is not off; nothing has changed
    Refused, // the host's policy; nothing has changed
};

// What the firmware may ask of the machine it runs in. Called on the thread of the vCPU that made the call.
class Platform {
public:
    virtual ~Platform() = default;

    virtual unsigned vcpu_count() const = 0;
    // Affinity fields of MPIDR_EL1, all other bits zero.
    virtual uint64_t mpidr(unsigned vcpu) const = 0;
    virtual PowerState power_state(unsigned vcpu) const = 0;
    // Is all of [base, base + length) memory to execute from? `length` is at least 1 and nothing overflows.
    virtual bool is_memory(arch::Gpa base, uint64_t length) const = 0;

    // OFF -> ON_PENDING in one step. Returns the state that was found; only Off means that the vCPU will start.
    virtual PowerState turn_on(unsigned vcpu, EntryPoint) = 0;
    // ON -> OFF for the calling vCPU, which executes no further instruction until somebody turns it on.
    virtual void turn_off(unsigned caller) = 0;
    // ON -> SUSPENDED for the calling vCPU, which loses its context: when an interrupt wakes it, it starts at the
    // entry.
    virtual void power_down(unsigned caller, EntryPoint) = 0;
    // Makes a vCPU that runs or sleeps look for SDEI events soon. Any thread, never blocks.
    virtual void look_for_events(unsigned vcpu) = 0;
    // Quiesces the machine, decides and commits. With Committed the caller's registers may already be those of a reset;
    // with every other verdict the caller is as it was and may go on.
    virtual SystemVerdict request(unsigned caller, SystemCall const&) = 0;
};

}
