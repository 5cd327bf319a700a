#include "machine/policy_desk.h"

namespace dormouse::machine {

Policy PolicyDesk::policy() const
{
    std::lock_guard const lock { m_mutex };
    return m_policy;
}

void PolicyDesk::set_policy(Policy const& policy)
{
    std::lock_guard const lock { m_mutex };
    m_policy = policy;
}

uint64_t PolicyDesk::open()
{
    std::lock_guard const lock { m_mutex };
    m_open = true;
    m_answer.reset();
    return ++m_last;
}

PolicyDesk::Answer PolicyDesk::wait(Policy const& policy)
{
    std::unique_lock lock { m_mutex };
    m_changed.wait_for(lock, policy.timeout, [this] { return m_closed || m_answer; });
    m_open = false;
    if (m_closed)
        return Answer::Closed;
    return m_answer.value_or(policy.allow_by_default) ? Answer::Allow : Answer::Deny;
}

bool PolicyDesk::answer(uint64_t id, bool allow)
{
    std::lock_guard const lock { m_mutex };
    if (!m_open || id != m_last || m_answer || m_closed)
        return false;
    m_answer = allow;
    m_changed.notify_all();
    return true;
}

void PolicyDesk::close()
{
    std::lock_guard const lock { m_mutex };
    m_closed = true;
    m_changed.notify_all();
}

}
