#include "base/sys/alarm.h"

#include "base/check.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <unistd.h>
#ifdef __linux__
#include <sys/timerfd.h>
#endif

namespace dormouse::sys {

using std::chrono::steady_clock;

Alarm::Alarm()
{
#ifdef __linux__
    m_descriptor = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
#endif
}

Alarm::~Alarm()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

void Alarm::set(std::chrono::nanoseconds delay)
{
#ifdef __linux__
    if (m_descriptor >= 0) {
        constexpr int64_t kSecond = 1'000'000'000;
        int64_t const ns = std::max<int64_t>(delay.count(), 1); // 0 would mean never
        itimerspec const time { {}, { ns / kSecond, ns % kSecond } };
        CHECK(::timerfd_settime(m_descriptor, 0, &time, nullptr) == 0);
        return;
    }
#endif
    {
        std::lock_guard const lock { m_mutex };
        m_deadline = steady_clock::now() + delay;
    }
    m_changed.notify_one();
}

void Alarm::wait()
{
    if (m_descriptor >= 0) {
        uint64_t times = 0;
        while (::read(m_descriptor, &times, sizeof(times)) < 0)
            CHECK(errno == EINTR);
        return;
    }
    std::unique_lock lock { m_mutex };
    while (steady_clock::now() < m_deadline) {
        if (m_deadline == steady_clock::time_point::max())
            m_changed.wait(lock);
        else
            m_changed.wait_until(lock, m_deadline);
    }
    m_deadline = steady_clock::time_point::max();
}

}
