#include "machine/panic_watch.h"

#include <algorithm>

namespace dormouse::machine {

constexpr std::string_view kPanic = "Kernel panic - not syncing";
constexpr std::string_view kEnd = "---[ end Kernel panic - not syncing";

PanicWatch::PanicWatch(Clock const& clock, wires::TimerService& timers, unsigned vcpus, std::function<void()> look)
    : m_clock(clock)
    , m_look(std::move(look))
    , m_spins(vcpus)
    , m_timer(timers.create_timer([this] { fire(); }))
{
}

void PanicWatch::drop()
{
    m_phase = Phase::Nothing;
    m_timer->disarm();
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
        // Somebody goes on talking, so the text above was shown, not lived through.
        if (m_phase != Phase::Nothing)
            drop();
        if (m_line.size() < kLongestLine)
            m_line.push_back(static_cast<char>(byte));
    }
}

void PanicWatch::line_ended()
{
    if (m_line.find(kEnd) != std::string::npos) {
        m_phase = Phase::Silence;
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
    drop();
}

std::optional<std::string> PanicWatch::saw(unsigned vcpu, bool in_kernel)
{
    std::lock_guard const lock { m_mutex };
    if (m_phase != Phase::Looking)
        return std::nullopt;
    std::optional<unsigned>& spins = m_spins[vcpu];
    if (!in_kernel)
        spins.reset();
    if (!spins || ++*spins < kConvincing)
        return std::nullopt;
    drop();
    return m_sentence;
}

void PanicWatch::fire()
{
    {
        std::lock_guard const lock { m_mutex };
        if (m_phase == Phase::Silence) {
            m_phase = Phase::Looking;
            m_looks = 0;
            std::fill(m_spins.begin(), m_spins.end(), 0u);
        }
        bool const is_open = std::any_of(m_spins.begin(), m_spins.end(), [](auto const& spins) { return spins; });
        if (m_phase != Phase::Looking || !is_open || ++m_looks > kMaxLooks) {
            m_phase = Phase::Nothing;
            return;
        }
        m_timer->arm(m_clock.now_ns() + kLookNs);
    }
    m_look();
}

}
