#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace dormouse::wires {

// One-shot timers on the machine's guest-monotonic clock (base/clock.h, now_ns()).
class TimerService {
public:
    class Timer {
    public:
        virtual ~Timer() = default; // cancels; returns only when a running callback has returned
        // Fires once at `deadline_ns`, at once when it has passed. Replaces an earlier deadline. Any thread.
        virtual void arm(uint64_t deadline_ns) = 0;
        virtual void disarm() = 0;
    };

    virtual ~TimerService() = default;
    // `on_fire` runs on the timer thread, never while the machine is quiesced or its clock stopped; it must not block.
    virtual std::unique_ptr<Timer> create_timer(std::function<void()> on_fire) = 0;
};

}
