#pragma once

#include "machine/machine.h"
#include "napi/event_pump.h"

#include <napi.h>

#include <memory>

namespace dormouse::napi {

// One machine and what ties it to a JS environment. Lives on the JS thread; jobs hold it while they run elsewhere.
// Whatever comes first, close by hand, collection of the handle or the end of the environment, stops the machine.
class Session {
public:
    // Creates the machine. On failure nothing is left behind.
    static Result<std::shared_ptr<Session>> create(Napi::Env, machine::MachineConfig, Napi::Function wake);
    ~Session();
    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    // null after release().
    machine::Machine* machine() { return m_machine.get(); }
    EventPump& pump() { return m_pump; }

    // On the JS thread: ends the machine and its threads and gives everything back; harmless at any time, and again.
    // Must not be called while a job runs on the machine: jobs hold the session and index.js waits for them.
    void release();

private:
    Session(Napi::Env env, Napi::Function wake);
    static void environment_ends(void* session);

    Napi::Env m_env;
    EventPump m_pump;
    std::unique_ptr<machine::Machine> m_machine;
    bool m_hooked { false };
};

// The JS object that stands for a session: an External with our type tag.
Napi::Value to_handle(Napi::Env, std::shared_ptr<Session>);
// null when the value is no such handle.
std::shared_ptr<Session> from_handle(Napi::Value);

}
