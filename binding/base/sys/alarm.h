#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace dormouse::sys {

// One thread waits for it, any thread sets it. To set it for later wakes nobody: on Linux the kernel's timer is moved,
// and what waits sleeps on; elsewhere, or when the process has no descriptor left, the waiting thread looks at its
// clock again. [Linux, timerfd_create(2)]
class Alarm {
public:
    Alarm();
    ~Alarm();
    Alarm(Alarm const&) = delete;
    Alarm& operator=(Alarm const&) = delete;

    // Goes off once, in `delay` (0: at once), instead of when it was to. That it has gone off without anybody's having
    // waited is forgotten.
    void set(std::chrono::nanoseconds delay);
    // Until it has gone off since the last wait.
    void wait();

private:
    int m_descriptor { -1 };
    // Without one:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::chrono::steady_clock::time_point m_deadline { std::chrono::steady_clock::time_point::max() };
};

}
