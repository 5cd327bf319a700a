#include "machine/quiesce_gate.h"

#include "base/check.h"

namespace dormouse::wires {

struct QuiesceGateAccess {
    static Quiesced mint(std::function<void()> release) { return QuiescedMint::mint(std::move(release)); }
};

}

namespace dormouse::machine {

bool QuiesceGate::enter()
{
    std::unique_lock lock { m_mutex };
    m_changed.wait(lock, [this] { return m_closed || m_next_ticket == m_now_serving; });
    if (m_closed)
        return false;
    ++m_inside;
    return true;
}

void QuiesceGate::leave()
{
    std::lock_guard const lock { m_mutex };
    CHECK(m_inside > 0);
    if (--m_inside == 0)
        m_changed.notify_all();
}

wires::Quiesced QuiesceGate::request(Caller caller)
{
    uint64_t ticket;
    {
        std::lock_guard const lock { m_mutex };
        ticket = m_next_ticket++;
        m_wanted.store(true, std::memory_order_release);
        if (caller == Caller::Participant) {
            CHECK(m_inside > 0);
            --m_inside;
        }
        m_changed.notify_all();
    }
    // After m_wanted is set: a vCPU that enters its engine now has either seen the flag or gets this kick, and a kick
    // that races with entry is never lost.
    m_kick_all();
    std::unique_lock lock { m_mutex };
    m_changed.wait(lock, [&] { return m_now_serving == ticket && m_inside == 0; });
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
    std::lock_guard const lock { m_mutex };
    ++m_now_serving;
    m_wanted.store(m_closed || m_next_ticket != m_now_serving, std::memory_order_release);
    m_changed.notify_all();
}

uint64_t QuiesceGate::requests() const
{
    std::lock_guard const lock { m_mutex };
    return m_next_ticket - m_now_serving;
}

void QuiesceGate::close()
{
    {
        std::lock_guard const lock { m_mutex };
        m_closed = true;
        m_wanted.store(true, std::memory_order_release);
        m_changed.notify_all();
    }
    m_kick_all();
}

}
