#pragma once

#include "wires/quiesced.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace dormouse::machine {

// The one primitive for everything system-wide: it lets either the participants run (vCPU threads in their engines,
// the host event thread in a callback) or exactly one holder of a Quiesced token, never both.
//
// Requests come from any thread and are served one at a time in the order they arrived; participants wait until all of
// them have been served. A participant that asks counts as parked from then on and has to enter() again afterwards.
class QuiesceGate {
public:
    // `kick_all` makes every vCPU leave its engine soon; called without locks, from the requesting thread.
    explicit QuiesceGate(std::function<void()> kick_all) : m_kick_all(std::move(kick_all)) { }

    // Waits while the machine is quiesced or about to be. false: the gate is closed, the caller must not run (and must
    // not leave()).
    bool enter();
    void leave();
    // Should a participant leave() at its next boundary? Cheap; for run loops.
    bool wanted() const { return m_wanted.load(std::memory_order_acquire); }

    enum class Caller {
        Participant, // between enter() and leave(): the request is also its leave()
        Outsider,
    };
    // Blocks until all requests that came before have been served and every participant is parked.
    wires::Quiesced request(Caller);
    // Gives the token back and is a participant inside again, in one step: whoever asked meanwhile is served after the
    // caller's next leave(), so the caller can finish what it was about, such as a register of its vCPU.
    void rejoin(wires::Quiesced token);

    // How many requests wait or are being served.
    uint64_t requests() const;
    // From the last request, which kicked, until no participant was inside. How long the asker itself then took to be
    // woken is not in it.
    std::chrono::nanoseconds last_parking() const;

    // Every participant is turned away from now on. Requests are still served.
    void close();

private:
    void release();
    // Callers hold the mutex.
    void begin_parking();
    bool one_leaves(); // true: whoever asks can be served

    std::function<void()> m_kick_all;
    mutable std::mutex m_mutex;
    std::condition_variable m_opened; // participants wait for it
    std::condition_variable m_parked; // and those that ask
    std::atomic<bool> m_wanted { false }; // a request waits or is being served, or the gate is closed
    uint64_t m_next_ticket { 0 };
    uint64_t m_now_serving { 0 };
    unsigned m_inside { 0 };
    bool m_closed { false };
    std::chrono::steady_clock::time_point m_asked; // by the request that is being served
    std::chrono::nanoseconds m_last_parking { 0 };
};

}
