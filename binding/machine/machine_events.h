#pragma once

#include "machine/crash_report.h"

#include <cstdint>
#include <optional>
#include <string>

namespace dormouse::machine {

// Created -> Running <-> Paused; Running, Paused or Created -> Ended, for ever.
enum class MachineState { Created, Running, Paused, Ended };

enum class Outcome {
    PoweredOff, // SYSTEM_OFF
    Reset, // SYSTEM_RESET or SYSTEM_RESET2 under OnReset::Stop
    Stopped, // the user pulled the plug
    Crashed, // the guest is lost
    Error, // the host or the engine failed
};

struct Ending {
    Outcome outcome { Outcome::Stopped };
    std::string message; // one sentence
    std::optional<CrashReport> report;
};

// Told about a machine from its own threads, outside all locks; must return soon and must not call the machine.
class MachineListener {
public:
    virtual ~MachineListener() = default;
    virtual void state_changed(MachineState) = 0;
    virtual void was_reset(uint64_t count) = 0;
    // The console has output to drain (backends::ConsoleStream::on_output).
    virtual void console_has_output() = 0;
    // Exactly once, last; the console holds everything the guest printed.
    virtual void ended(Ending const&) = 0;
};

}
