#pragma once

#include "backends/stream/console_stream.h"
#include "machine/machine_events.h"

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace dormouse::napi {

struct ConsoleEvent {
    uint64_t position { 0 };
    std::vector<uint8_t> bytes;
};
struct StateEvent {
    machine::MachineState state { machine::MachineState::Created };
};
struct ResetEvent {
    uint64_t count { 0 };
    machine::ResetCause cause;
};
// How far saving to a file or restoring from it has come.
struct ProgressEvent {
    uint64_t done { 0 }; // bytes of memory
    uint64_t total { 0 };
};
using Event
    = std::variant<ConsoleEvent, StateEvent, ResetEvent, machine::PolicyQuestion, ProgressEvent, machine::Ending>;

// Machine events on their way to JS. The machine's threads put them down and ring once; nothing more is sent until JS
// has come for them with take(), when it wants to. So a busy guest costs the JS thread one call per visit, and what
// waits is bounded: console bytes by the console's ring, resets and a guest's naps by counting, other states by the
// user's own requests, questions and progress by being one at a time.
class EventPump final : public machine::MachineListener {
public:
    // On the JS thread. `wake` is called on it, without arguments.
    EventPump(Napi::Env env, Napi::Function wake);

    // machine::MachineListener, any thread.
    void state_changed(machine::MachineState) override;
    void was_reset(uint64_t count, machine::ResetCause const&) override;
    void policy_asked(machine::PolicyQuestion const&) override;
    void console_has_output() override { ring(); }
    // Any thread; called often, told once per visit at most.
    void progress(uint64_t done, uint64_t total);
    void ended(machine::Ending const&) override;

    // On the JS thread. At most one console event of kConsoleChunk bytes, before everything else; the ending only after
    // the last byte of the console. `more`: come again soon.
    struct Batch {
        std::vector<Event> events;
        bool more { false };
    };
    Batch take(backends::ConsoleStream&);

    // On the JS thread: a machine that runs keeps the process alive, any other does not.
    void keep_alive(Napi::Env, bool);
    // On the JS thread, when no thread of the machine is left. Idempotent.
    void release();

    static constexpr size_t kConsoleChunk = size_t { 64 } << 10;

private:
    void ring();

    Napi::ThreadSafeFunction m_wake;
    std::atomic<bool> m_rung { false };
    std::mutex m_mutex;
    std::vector<Event> m_waiting; // states, resets and questions
    std::optional<machine::Ending> m_ending;
    bool m_released { false };
};

}
