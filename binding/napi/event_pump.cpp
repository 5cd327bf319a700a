#include "napi/event_pump.h"

namespace dormouse::napi {

EventPump::EventPump(Napi::Env env, Napi::Function wake)
    : m_wake(Napi::ThreadSafeFunction::New(env, wake, "dormouse", 0, 1))
{
    m_wake.Unref(env);
}

void EventPump::ring()
{
    // The queue is unbounded for napi, but never holds more than this one call. A failure means that the environment is
    // closing: then nobody is left to be told.
    if (!m_rung.exchange(true))
        m_wake.NonBlockingCall();
}

void EventPump::state_changed(machine::MachineState state)
{
    {
        std::lock_guard const lock { m_mutex };
        // A guest that falls asleep and wakes all the time is told once.
        auto const is = [this](size_t from_end, machine::MachineState what) {
            auto const* const event = m_waiting.size() < from_end
                ? nullptr
                : std::get_if<StateEvent>(&m_waiting[m_waiting.size() - from_end]);
            return event && event->state == what;
        };
        bool const again = state == machine::MachineState::Running && is(1, machine::MachineState::Suspended)
            && is(2, machine::MachineState::Running);
        if (again)
            m_waiting.pop_back();
        else
            m_waiting.push_back(StateEvent { state });
    }
    ring();
}

void EventPump::was_reset(uint64_t count, machine::ResetCause const& cause)
{
    {
        std::lock_guard const lock { m_mutex };
        if (!m_waiting.empty() && std::holds_alternative<ResetEvent>(m_waiting.back()))
            m_waiting.back() = ResetEvent { count, cause };
        else
            m_waiting.push_back(ResetEvent { count, cause });
    }
    ring();
}

void EventPump::policy_asked(machine::PolicyQuestion const& question)
{
    {
        std::lock_guard const lock { m_mutex };
        // The question before, when it still waits here, has been answered by the timeout.
        std::erase_if(
            m_waiting, [](Event const& event) { return std::holds_alternative<machine::PolicyQuestion>(event); });
        m_waiting.push_back(question);
    }
    ring();
}

void EventPump::progress(uint64_t done, uint64_t total)
{
    constexpr uint64_t kStep = uint64_t { 16 } << 20;
    if (done % kStep != 0 && done != total)
        return;
    {
        std::lock_guard const lock { m_mutex };
        if (!m_waiting.empty() && std::holds_alternative<ProgressEvent>(m_waiting.back()))
            m_waiting.back() = ProgressEvent { done, total };
        else
            m_waiting.push_back(ProgressEvent { done, total });
    }
    ring();
}

void EventPump::ended(machine::Ending const& ending)
{
    {
        std::lock_guard const lock { m_mutex };
        m_ending = ending;
    }
    ring();
}

EventPump::Batch EventPump::take(backends::ConsoleStream& console)
{
    // First of all, so that whatever comes from here on rings again.
    m_rung.store(false);
    Batch batch;
    std::optional<machine::Ending> ending;
    {
        std::lock_guard const lock { m_mutex };
        ending = m_ending;
    }
    auto output = console.drain(kConsoleChunk);
    batch.more = output.bytes.size() == kConsoleChunk;
    if (!output.bytes.empty())
        batch.events.push_back(ConsoleEvent { output.position, std::move(output.bytes) });

    std::lock_guard const lock { m_mutex };
    for (Event& event : m_waiting)
        batch.events.push_back(std::move(event));
    m_waiting.clear();
    // The ending was there before the console was drained, and the console is empty now: nothing can follow.
    if (ending && !batch.more) {
        batch.events.push_back(std::move(*ending));
        m_ending.reset();
    }
    return batch;
}

void EventPump::keep_alive(Napi::Env env, bool wanted)
{
    if (m_released)
        return;
    if (wanted)
        m_wake.Ref(env);
    else
        m_wake.Unref(env);
}

void EventPump::release()
{
    if (!m_released)
        m_wake.Release();
    m_released = true;
}

}
