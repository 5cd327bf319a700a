#include "machine/quiesce_gate.h"

#include "base/check.h"

namespace dormouse::wires {

struct QuiesceGateAccess {
    static Quiesced mint(std::function<void()> release) { return QuiescedMint::mint(std::move(release)); }
};

}

namespace dormouse::machine {

// Nobody is woken by one that holds the mutex: the host may let the woken thread run at once in the waker's place, and
// everybody else would then wait until the waker has its turn again, milliseconds later.

bool QuiesceGate::enter()
{
    std::unique_lock lock { m_mutex };
    m_opened.wait(lock, [this] { return m_closed || m_next_ticket == m_now_serving; });
    if (m_closed)
        return false;
    ++m_inside;
    return true;
}

void QuiesceGate::leave()
{
    bool all_parked;
    {
        std::lock_guard const lock { m_mutex };
        all_parked = one_leaves();
    }
    if (all_parked)
        m_parked.notify_all();
}

bool QuiesceGate::one_leaves()
{
    CHECK(m_inside > 0);
    if (--m_inside || m_next_ticket == m_now_serving)
        return false;
    m_last_parking = std::chrono::steady_clock::now() - m_asked;
    return true;
}

void QuiesceGate::begin_parking()
{
    m_asked = std::chrono::steady_clock::now();
    m_last_parking = {};
}

wires::Quiesced QuiesceGate::request(Caller caller)
{
    uint64_t ticket;
    bool all_parked = false;
    {
        std::lock_guard const lock { m_mutex };
        if (m_next_ticket == m_now_serving)
            begin_parking();
        ticket = m_next_ticket++;
        m_wanted.store(true, std::memory_order_release);
        if (caller == Caller::Participant)
            all_parked = one_leaves();
    }
    // After m_wanted is set: a vCPU that enters its engine now has either seen the flag or gets this kick, and a kick
    // that races with entry is never lost.
    m_kick_all();
    if (all_parked)
        m_parked.notify_all(); // who asked before
    std::unique_lock lock { m_mutex };
    m_parked.wait(lock, [&] { return m_now_serving == ticket && m_inside == 0; });
    return wires::QuiesceGateAccess::mint([this] { release(); });
}

void QuiesceGate::rejoin(wires::Quiesced token)
{
    wires::Quiesced const given_back { std::move(token) };
    std::lock_guard const lock { m_mutex };
    ++m_inside;
}

void QuiesceGate::release()
{
    bool opens;
    {
        std::lock_guard const lock { m_mutex };
        ++m_now_serving;
        opens = m_next_ticket == m_now_serving;
        m_wanted.store(m_closed || !opens, std::memory_order_release);
        if (!opens)
            begin_parking();
    }
    (opens ? m_opened : m_parked).notify_all();
}

uint64_t QuiesceGate::requests() const
{
    std::lock_guard const lock { m_mutex };
    return m_next_ticket - m_now_serving;
}

std::chrono::nanoseconds QuiesceGate::last_parking() const
{
    std::lock_guard const lock { m_mutex };
    return m_last_parking;
}

void QuiesceGate::close()
{
    {
        std::lock_guard const lock { m_mutex };
        m_closed = true;
        m_wanted.store(true, std::memory_order_release);
    }
    m_opened.notify_all();
    m_kick_all();
}

}
