#include "devices/pl031/pl031.h"

#include "devices/primecell.h"
#include "state/fields.h"

namespace dormouse::devices {

namespace {

    enum Register : uint64_t {
        kDr = 0x00,
        kMr = 0x04,
        kLr = 0x08,
        kCr = 0x0c,
        kImsc = 0x10,
        kRis = 0x14,
        kMis = 0x18,
        kIcr = 0x1c,
    };

    constexpr uint32_t kPeripheralId = 0x0014'1031;
    constexpr uint64_t kSecond = 1'000'000'000;

    template <typename Fields, typename State> void each_field(Fields& fields, State& state)
    {
        fields("offset_seconds", state.offset_seconds);
        fields("load", state.load);
        fields("match", state.match);
        fields("irq_enabled", state.irq_enabled);
        fields("irq_pending", state.irq_pending);
    }

}

Pl031::Pl031(Clock const& clock, wires::TimerService& timers, wires::IrqLine& line) : m_clock(clock), m_line(line)
{
    m_timer = timers.create_timer([this] {
        std::lock_guard const lock { m_mutex };
        alarm();
    });
}

uint32_t Pl031::seconds() const
{
    return static_cast<uint32_t>(m_clock.wall_ns() / kSecond) + m_state.offset_seconds;
}

void Pl031::set_alarm()
{
    uint64_t const wall = m_clock.wall_ns();
    uint32_t const ahead = m_state.match - seconds();
    if (ahead == 0) {
        m_timer->disarm();
        m_state.irq_pending = true;
        return update_line();
    }
    m_timer->arm(m_clock.now_ns() + ahead * kSecond - wall % kSecond);
}

void Pl031::alarm()
{
    // The wall clock may have been set while the guest's own clock counted: behind the match it is early, and we wait
    // on; at it or up to half the range past it, the alarm is due.
    if (static_cast<int32_t>(seconds() - m_state.match) < 0)
        return set_alarm();
    m_state.irq_pending = true;
    update_line();
}

void Pl031::update_line()
{
    m_line.set_level(m_state.irq_pending && m_state.irq_enabled);
}

uint64_t Pl031::read(uint64_t offset, unsigned size)
{
    if (!primecell_access(offset, size))
        return 0;
    std::lock_guard const lock { m_mutex };
    switch (offset) {
    case kDr: return seconds();
    case kMr: return m_state.match;
    case kLr: return m_state.load;
    case kCr: return 1; // always running
    case kImsc: return m_state.irq_enabled;
    case kRis: return m_state.irq_pending;
    case kMis: return m_state.irq_pending && m_state.irq_enabled;
    default: return primecell_id(offset, kPeripheralId);
    }
}

void Pl031::write(uint64_t offset, unsigned size, uint64_t value)
{
    if (!primecell_access(offset, size)) {
        ++m_ignored_accesses;
        return;
    }
    std::lock_guard const lock { m_mutex };
    auto const word = static_cast<uint32_t>(value);
    switch (offset) {
    case kMr:
        m_state.match = word;
        set_alarm();
        break;
    case kLr:
        m_state.load = word;
        m_state.offset_seconds += word - seconds();
        set_alarm();
        break;
    case kCr: break; // cannot be stopped
    case kImsc: m_state.irq_enabled = word & 1; break;
    case kIcr:
        if (word & 1)
            m_state.irq_pending = false;
        break;
    default: ++m_ignored_accesses; break;
    }
    update_line();
}

void Pl031::reset()
{
    std::lock_guard const lock { m_mutex };
    // The time goes on over a reset, as that of a battery-backed clock does.
    m_state = State { .offset_seconds = m_state.offset_seconds, .load = m_state.load };
    m_timer->disarm();
    update_line();
}

Pl031::State Pl031::save() const
{
    std::lock_guard const lock { m_mutex };
    return m_state;
}

Result<void> Pl031::restore(State const& state)
{
    std::lock_guard const lock { m_mutex };
    m_state = state; // every value of every field is possible; the booleans were checked when parsed
    // An alarm that fell into the time the machine was away rings now. match == 0 has never been set.
    m_timer->disarm();
    if (!state.irq_pending && state.match != 0) {
        if (static_cast<int32_t>(seconds() - state.match) > 0 && state.irq_enabled)
            m_timer->arm(m_clock.now_ns());
        else if (seconds() != state.match)
            set_alarm();
        else
            m_timer->arm(m_clock.now_ns());
    }
    update_line();
    return {};
}

void Pl031::serialize(state::Writer& writer, State const& state)
{
    state::FieldWriter fields { writer };
    each_field(fields, state);
}

Pl031::State Pl031::parse(state::Reader& reader)
{
    State state;
    state::FieldReader fields { reader };
    each_field(fields, state);
    return state;
}

}
