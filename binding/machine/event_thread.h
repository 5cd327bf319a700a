#pragma once

#include "base/sys/alarm.h"
#include "machine/machine_clock.h"
#include "machine/quiesce_gate.h"
#include "wires/timer_service.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace dormouse::machine {

// Where the host's side of a machine happens: expired timers and posted host events (a key press, console input), one
// after the other on one thread, as a participant of the quiesce gate. So no callback runs while the machine is
// quiesced, and none while its clock stands (then no deadline passes, and posted events wait).
//
// create_timer() and post() from any thread. Every timer must be destroyed before the EventThread.
class EventThread final : public wires::TimerService {
public:
    EventThread(MachineClock const& clock, QuiesceGate& gate);
    ~EventThread() override; // stop()s
    EventThread(EventThread const&) = delete;
    EventThread& operator=(EventThread const&) = delete;

    std::unique_ptr<Timer> create_timer(std::function<void()> on_fire) override;
    // Runs `event` soon, in order. Dropped without a call when the machine ends first.
    void post(std::function<void()> event);

    // The clock was started, stopped or set: look at the deadlines again.
    void clock_changed();
    // Ends the thread; the gate must be closed or open, not held by the caller. Idempotent.
    void stop();

private:
    class TimerImpl;

    void loop();
    bool due() const; // callers hold m_mutex
    bool look_at(uint64_t deadline_ns); // the same
    void wake_after(auto const& change);
    void wait(std::unique_lock<std::mutex>&);
    void run_one(std::unique_lock<std::mutex>&);

    MachineClock const& m_clock;
    QuiesceGate& m_gate;
    std::mutex m_mutex;
    sys::Alarm m_alarm; // the thread waits for it
    std::condition_variable m_returned; // for destructors: a callback has returned
    std::set<std::pair<uint64_t, TimerImpl*>> m_armed; // by deadline
    std::vector<std::function<void()>> m_posted;
    TimerImpl* m_firing { nullptr };
    uint64_t m_sleeps_until { 0 }; // guest time at which the thread looks again by itself; 0: it is about to
    bool m_stopping { false };
    std::thread m_thread;
};

}
