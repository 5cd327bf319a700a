#pragma once

#include "base/clock.h"
#include "wires/timer_service.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace dormouse::machine {

// Notices a Linux kernel that panicked and will not come back. A kernel without panic= prints "---[ end Kernel panic"
// as its very last line and then spins for ever; one that reboots, or starts a crash kernel, does not get there.
// [Linux, kernel/panic.c, vpanic()] So: that line, then kGrace of guest time without any further output, is a
// suspicion; the machine confirms it by
// looking at what the vCPUs do.
class PanicWatch {
public:
    static constexpr uint64_t kGraceNs = 2'000'000'000;

    struct Callbacks {
        std::function<void()> last_line; // it was printed; on the printing thread, must not block
        std::function<void(std::string)> silence; // and nothing came after it; the kernel's sentence; event thread
    };
    PanicWatch(Clock const&, wires::TimerService&, Callbacks);

    // What the guest prints, in order. Never blocks; any thread.
    void printed(std::span<uint8_t const> bytes);
    // The guest was reset or restored.
    void forget();

private:
    void line_ended(); // callers hold m_mutex
    void fire();

    static constexpr size_t kLongestLine = 512;

    Clock const& m_clock;
    Callbacks m_callbacks;
    std::mutex m_mutex;
    std::string m_line; // what the current line holds so far, cut at kLongestLine
    std::string m_sentence;
    bool m_last_line_seen { false };
    std::unique_ptr<wires::TimerService::Timer> m_timer; // last: its callback uses the rest
};

}
