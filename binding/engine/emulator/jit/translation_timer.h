#pragma once

#include "base/counter.h"
#include "base/sys/thread.h"

#include <algorithm>
#include <cstdint>

namespace dormouse::emulator::jit {

// CPU time of a vCPU's translations, batches of blocks and regions: a busy host changes it less than it does the time
// of day. Every fourth of them is timed: asking for the time takes as long as translating a few instructions.
class TranslationTimer {
public:
    // Only `ns` by `instructions` means something.
    struct Counters {
        Counter ns; // of those that were timed
        Counter instructions; // in them
    };

    TranslationTimer()
    {
        for (int attempt = 0; attempt < kAttempts; ++attempt) {
            uint64_t const first = sys::thread_cpu_nanoseconds();
            m_cost = std::min(m_cost, sys::thread_cpu_nanoseconds() - first);
        }
    }

    void begin()
    {
        m_is_timed = m_count++ % kOneOf == 0;
        if (m_is_timed)
            m_began = sys::thread_cpu_nanoseconds();
    }
    // Without it, what began has failed and does not count.
    void end(uint64_t instructions)
    {
        if (!m_is_timed)
            return;
        uint64_t const passed = sys::thread_cpu_nanoseconds() - m_began;
        m_counters.ns.add(passed - std::min(passed, m_cost));
        m_counters.instructions.add(instructions);
    }

    Counters const& counters() const { return m_counters; }

private:
    static constexpr uint64_t kOneOf = 4;
    static constexpr int kAttempts = 8;

    uint64_t m_cost { ~uint64_t { 0 } }; // of asking for the time
    uint64_t m_count { 0 };
    uint64_t m_began { 0 };
    bool m_is_timed { false };
    Counters m_counters;
};

}
