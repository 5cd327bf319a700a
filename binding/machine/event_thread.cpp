#include "machine/event_thread.h"

#include "base/sys/thread.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace dormouse::machine {

static constexpr uint64_t kForever = ~uint64_t { 0 };

// Capped, so that a deadline in the far future cannot overflow the host's clock.
static std::chrono::nanoseconds delay_until(uint64_t deadline, uint64_t now)
{
    constexpr uint64_t kLongest = 3600'000'000'000;
    return std::chrono::nanoseconds { std::min(deadline - now, kLongest) };
}

class EventThread::TimerImpl final : public wires::TimerService::Timer {
public:
    TimerImpl(EventThread& owner, std::function<void()> on_fire) : m_owner(owner), m_on_fire(std::move(on_fire)) { }

    ~TimerImpl() override
    {
        std::unique_lock lock { m_owner.m_mutex };
        unlink();
        // A callback may not destroy its own timer, so waiting here cannot be waiting for oneself.
        m_owner.m_returned.wait(lock, [this] { return m_owner.m_firing != this; });
    }

    void arm(uint64_t deadline_ns) override
    {
        bool wakes = false;
        {
            std::lock_guard const lock { m_owner.m_mutex };
            unlink();
            m_armed = true;
            m_deadline = deadline_ns;
            m_owner.m_armed.insert({ deadline_ns, this });
            wakes = m_owner.look_at(deadline_ns);
        }
        if (wakes)
            m_owner.m_alarm.set({});
    }

    void disarm() override
    {
        std::lock_guard const lock { m_owner.m_mutex };
        unlink();
    }

    void unlink() // callers hold the owner's mutex
    {
        if (m_armed)
            m_owner.m_armed.erase({ m_deadline, this });
        m_armed = false;
    }

    void fire() { m_on_fire(); }

private:
    EventThread& m_owner;
    std::function<void()> m_on_fire;
    bool m_armed { false };
    uint64_t m_deadline { 0 };
};

EventThread::EventThread(MachineClock const& clock, QuiesceGate& gate)
    : m_clock(clock)
    , m_gate(gate)
    , m_thread([this] { loop(); })
{
}

EventThread::~EventThread()
{
    stop();
}

std::unique_ptr<wires::TimerService::Timer> EventThread::create_timer(std::function<void()> on_fire)
{
    return std::make_unique<TimerImpl>(*this, std::move(on_fire));
}

// Woken by one that holds the mutex, the thread would take the waker's CPU and then wait for it.
void EventThread::wake_after(auto const& change)
{
    bool wakes = false;
    {
        std::lock_guard const lock { m_mutex };
        change();
        wakes = std::exchange(m_sleeps_until, 0) != 0;
    }
    if (wakes)
        m_alarm.set({});
}

void EventThread::post(std::function<void()> event)
{
    wake_after([&] { m_posted.push_back(std::move(event)); });
}

void EventThread::clock_changed()
{
    wake_after([] {});
}

void EventThread::stop()
{
    wake_after([this] { m_stopping = true; });
    if (m_thread.joinable())
        m_thread.join();
}

// Guests move their timers far more often than timers expire, and mostly into the future: only a deadline before the
// one that the thread sleeps until moves the alarm. True: it has passed, the thread is to be woken.
bool EventThread::look_at(uint64_t deadline_ns)
{
    if (deadline_ns >= m_sleeps_until || !m_clock.running())
        return false;
    uint64_t const now = m_clock.now_ns();
    if (deadline_ns <= now) {
        m_sleeps_until = 0;
        return true;
    }
    m_sleeps_until = deadline_ns;
    m_alarm.set(delay_until(deadline_ns, now));
    return false;
}

bool EventThread::due() const
{
    if (!m_clock.running())
        return false;
    return !m_posted.empty() || (!m_armed.empty() && m_armed.begin()->first <= m_clock.now_ns());
}

void EventThread::wait(std::unique_lock<std::mutex>& lock)
{
    uint64_t const now = m_clock.now_ns();
    uint64_t const deadline = m_armed.empty() || !m_clock.running() ? kForever : m_armed.begin()->first;
    if (deadline <= now)
        return;
    m_sleeps_until = deadline;
    if (deadline != kForever)
        m_alarm.set(delay_until(deadline, now));
    lock.unlock();
    m_alarm.wait();
    lock.lock();
    m_sleeps_until = 0;
}

void EventThread::run_one(std::unique_lock<std::mutex>& lock)
{
    if (!m_posted.empty()) {
        auto const event = std::move(m_posted.front());
        m_posted.erase(m_posted.begin());
        lock.unlock();
        event();
        lock.lock();
        return;
    }
    m_firing = m_armed.begin()->second;
    m_firing->unlink();
    lock.unlock();
    m_firing->fire();
    lock.lock();
    m_firing = nullptr;
    m_returned.notify_all();
}

void EventThread::loop()
{
    sys::name_this_thread("dm-events");
    sys::run_soon_when_woken(); // The guest's timers fire here: their jitter is what the guest sees.
    std::unique_lock lock { m_mutex };
    while (!m_stopping) {
        if (!due()) {
            wait(lock);
            continue;
        }
        // Through the gate first and only then look what is due: what a quiesced holder disarmed must not fire.
        lock.unlock();
        bool const inside = m_gate.enter();
        lock.lock();
        if (!inside)
            return;
        while (!m_stopping && due() && !m_gate.wanted())
            run_one(lock);
        lock.unlock();
        m_gate.leave();
        lock.lock();
    }
}

}
