#pragma once

#include "firmware/platform.h"
#include "machine/crash_report.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace dormouse::machine {

// Created -> Running <-> Paused; Running <-> Suspended; any -> Ended, for ever. Suspended: the guest sleeps in
// SYSTEM_SUSPEND; paused it is Paused, and Suspended again when it is resumed.
enum class MachineState { Created, Running, Paused, Suspended, Ended };

enum class Outcome {
    PoweredOff, // SYSTEM_OFF
    Reset, // SYSTEM_RESET or SYSTEM_RESET2 under OnReset::Stop
    Hibernated, // SYSTEM_OFF2: off, and the guest means to go on from an image of its own
    Stopped, // the user pulled the plug
    Crashed, // the guest is lost
    Error, // the host or the engine failed
};

// How the guest asked for a reset.
struct ResetCause {
    bool warm { false }; // memory kept its contents
    uint32_t type { 0 }; // of SYSTEM_RESET2
    uint64_t cookie { 0 };
    bool operator==(ResetCause const&) const = default;
};

struct Ending {
    Outcome outcome { Outcome::Stopped };
    std::string message; // one sentence
    std::optional<CrashReport> report {};
    uint32_t off_type { 0 }; // of SYSTEM_OFF2
    std::optional<ResetCause> reset {}; // of Outcome::Reset
};

// A system-wide call of the guest that waits for Machine::answer_policy().
struct PolicyQuestion {
    uint64_t id { 0 };
    firmware::SystemCall call;
    unsigned vcpu { 0 };
    std::chrono::milliseconds timeout { 0 };
};

// Told about a machine from its own threads, outside all locks; must return soon and must not call the machine.
class MachineListener {
public:
    virtual ~MachineListener() = default;
    virtual void state_changed(MachineState) = 0;
    virtual void was_reset(uint64_t count, ResetCause const&) = 0;
    // The whole guest stands still until the answer, or until the timeout.
    virtual void policy_asked(PolicyQuestion const&) = 0;
    // The console has output to drain (backends::ConsoleStream::on_output).
    virtual void console_has_output() = 0;
    // Exactly once, last; the console holds everything the guest printed.
    virtual void ended(Ending const&) = 0;
};

}
