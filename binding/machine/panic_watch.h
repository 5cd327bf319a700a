#pragma once

#include "base/clock.h"
#include "wires/timer_service.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dormouse::machine {

// Notices a Linux kernel that panicked and will not come back. A kernel without panic= prints "---[ end Kernel panic"
// as its very last line and then spins for ever; one that reboots, or starts a crash kernel, does not get there.
// [Linux, kernel/panic.c, vpanic()] So: that line, then kGraceNs of guest time without any further output, is a
// suspicion. It is confirmed by looking at the vCPUs a few times, which every engine allows: one that is found in the
// kernel and not asleep each time spins. A guest that merely showed the text of an old panic sleeps, runs a program, or
// prints on.
class PanicWatch {
public:
    static constexpr uint64_t kGraceNs = 2'000'000'000;
    static constexpr uint64_t kLookNs = 20'000'000;
    static constexpr unsigned kConvincing = 10; // looks at one vCPU
    static constexpr unsigned kMaxLooks = 250;

    // `look`: saw() is to be called for each vCPU, soon. On the event thread; must not block.
    PanicWatch(Clock const&, wires::TimerService&, unsigned vcpus, std::function<void()> look);

    // What the guest prints, in order. Never blocks; any thread.
    void printed(std::span<uint8_t const> bytes);
    // What a vCPU was found doing: executing its kernel, or anything else. Returns the kernel's sentence when that
    // convinces, once. Any thread.
    std::optional<std::string> saw(unsigned vcpu, bool in_kernel);
    // The guest was reset or restored.
    void forget();

private:
    enum class Phase { Nothing, Silence, Looking };

    void line_ended(); // callers hold m_mutex
    void drop(); // the suspicion; callers hold m_mutex
    void fire();

    static constexpr size_t kLongestLine = 512;

    Clock const& m_clock;
    std::function<void()> m_look;
    std::mutex m_mutex;
    std::string m_line; // what the current line holds so far, cut at kLongestLine
    std::string m_sentence;
    Phase m_phase { Phase::Nothing };
    unsigned m_looks { 0 };
    std::vector<std::optional<unsigned>> m_spins; // how often each vCPU was found in its kernel; empty: not always
    std::unique_ptr<wires::TimerService::Timer> m_timer; // last: its callback uses the rest
};

}
