#include "machine/panic_watch.h"

namespace dormouse::machine {

constexpr std::string_view kPanic = "Kernel panic - not syncing";
constexpr std::string_view kEnd = "---[ end Kernel panic - not syncing";

PanicWatch::PanicWatch(Clock const& clock, wires::TimerService& timers, Callbacks callbacks)
    : m_clock(clock)
    , m_callbacks(std::move(callbacks))
    , m_timer(timers.create_timer([this] { fire(); }))
{
}

void PanicWatch::printed(std::span<uint8_t const> bytes)
{
    std::lock_guard const lock { m_mutex };
    for (uint8_t const byte : bytes) {
        if (byte == '\r')
            continue;
        if (byte == '\n') {
            line_ended();
            continue;
        }
        if (m_last_line_seen) {
            // Somebody goes on talking, so the text above was shown, not lived through.
            m_last_line_seen = false;
            m_timer->disarm();
        }
        if (m_line.size() < kLongestLine)
            m_line.push_back(static_cast<char>(byte));
    }
}

void PanicWatch::line_ended()
{
    if (m_line.find(kEnd) != std::string::npos) {
        m_last_line_seen = true;
        m_callbacks.last_line();
        m_timer->arm(m_clock.now_ns() + kGraceNs);
    } else if (auto const start = m_line.find(kPanic); start != std::string::npos) {
        m_sentence = m_line.substr(start);
    }
    m_line.clear();
}

void PanicWatch::forget()
{
    std::lock_guard const lock { m_mutex };
    m_line.clear();
    m_sentence.clear();
    m_last_line_seen = false;
    m_timer->disarm();
}

void PanicWatch::fire()
{
    std::string sentence;
    {
        std::lock_guard const lock { m_mutex };
        if (!m_last_line_seen)
            return;
        m_last_line_seen = false;
        sentence = m_sentence;
    }
    m_callbacks.silence(std::move(sentence));
}

}
