#pragma once

#include "base/clock.h"

#include <atomic>
#include <cstdint>

namespace dormouse::machine {

// The guest's time. now_ns() counts from 0 at creation, only while the clock runs, and never jumps: after a pause or a
// restore it goes on where it stood. Reading is lock-free from any thread; start(), stop() and set() are for a holder
// of wires::Quiesced or before the machine runs.
class MachineClock final : public Clock {
public:
    // Created stopped. The offset is added to the host's wall clock.
    explicit MachineClock(int64_t wall_offset_seconds = 0) : m_wall_offset_seconds(wall_offset_seconds) { }

    uint64_t now_ns() const override;
    uint64_t wall_ns() const override;

    bool running() const { return m_stopped_at.load(std::memory_order_acquire) == kRunning; }
    void start();
    void stop();
    // Only while stopped: the time it will go on from.
    void set(uint64_t now_ns);

    static uint64_t host_ns();

private:
    static constexpr uint64_t kRunning = ~uint64_t { 0 };

    int64_t m_wall_offset_seconds;
    std::atomic<uint64_t> m_stopped_at { 0 }; // guest time while stopped
    std::atomic<uint64_t> m_offset { 0 }; // guest minus host time while running, modulo 2^64
};

}
