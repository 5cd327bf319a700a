#include "machine/machine_clock.h"

#include <chrono>

namespace dormouse::machine {

uint64_t MachineClock::host_ns()
{
    auto const now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

uint64_t MachineClock::now_ns() const
{
    uint64_t const stopped_at = m_stopped_at.load(std::memory_order_acquire);
    if (stopped_at != kRunning)
        return stopped_at;
    return host_ns() + m_offset.load(std::memory_order_relaxed);
}

uint64_t MachineClock::wall_ns() const
{
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    auto const host = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    return static_cast<uint64_t>(host + m_wall_offset_seconds * 1'000'000'000);
}

void MachineClock::start()
{
    if (running())
        return;
    m_offset.store(m_stopped_at.load(std::memory_order_relaxed) - host_ns(), std::memory_order_relaxed);
    m_stopped_at.store(kRunning, std::memory_order_release);
}

void MachineClock::stop()
{
    m_stopped_at.store(now_ns(), std::memory_order_release);
}

void MachineClock::set(uint64_t now_ns)
{
    if (!running())
        m_stopped_at.store(now_ns, std::memory_order_release);
}

}
