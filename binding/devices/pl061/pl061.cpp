#include "devices/pl061/pl061.h"

#include "devices/primecell.h"
#include "state/fields.h"

namespace dormouse::devices {

namespace {

    enum Register : uint64_t {
        kDataEnd = 0x400, // below: DATA, address bits [9:2] select the pins
        kDir = 0x400,
        kIs = 0x404,
        kIbe = 0x408,
        kIev = 0x40c,
        kIe = 0x410,
        kRis = 0x414,
        kMis = 0x418,
        kIc = 0x41c,
        kAfsel = 0x420,
    };

    constexpr uint32_t kPeripheralId = 0x0004'1061;
    constexpr uint8_t kPowerMask = 1u << Pl061::kPowerPin;

    template <typename Fields, typename State> void each_field(Fields& fields, State& state)
    {
        fields("data", state.data);
        fields("dir", state.dir);
        fields("is", state.is);
        fields("ibe", state.ibe);
        fields("iev", state.iev);
        fields("ie", state.ie);
        fields("edges", state.edges);
        fields("afsel", state.afsel);
        fields("inputs", state.inputs);
    }

}

Pl061::Pl061(Clock const& clock, wires::TimerService& timers, wires::IrqLine& line) : m_clock(clock), m_line(line)
{
    m_timer = timers.create_timer([this] {
        std::lock_guard const lock { m_mutex };
        uint8_t const before = pins();
        m_state.inputs &= static_cast<uint8_t>(~kPowerMask);
        pins_changed(before);
    });
}

void Pl061::press_power_button()
{
    std::lock_guard const lock { m_mutex };
    uint8_t const before = pins();
    m_state.inputs |= kPowerMask;
    m_timer->arm(m_clock.now_ns() + kPressNs);
    pins_changed(before);
}

uint8_t Pl061::pins() const
{
    return static_cast<uint8_t>((m_state.data & m_state.dir) | (m_state.inputs & ~m_state.dir));
}

uint8_t Pl061::raw_status() const
{
    uint8_t const at_level = static_cast<uint8_t>(~(pins() ^ m_state.iev)) & m_state.is;
    return static_cast<uint8_t>((m_state.edges & ~m_state.is) | at_level);
}

void Pl061::pins_changed(uint8_t before)
{
    uint8_t const now = pins();
    uint8_t const rose = static_cast<uint8_t>(now & ~before);
    uint8_t const fell = static_cast<uint8_t>(before & ~now);
    uint8_t const wanted = static_cast<uint8_t>(
        ((rose | fell) & m_state.ibe) | (rose & m_state.iev & ~m_state.ibe) | (fell & ~m_state.iev & ~m_state.ibe));
    m_state.edges |= static_cast<uint8_t>(wanted & ~m_state.is);
    update_line();
}

void Pl061::update_line()
{
    m_line.set_level((raw_status() & m_state.ie) != 0);
}

uint64_t Pl061::read(uint64_t offset, unsigned size)
{
    if (!primecell_access(offset, size))
        return 0;
    std::lock_guard const lock { m_mutex };
    if (offset < kDataEnd)
        return pins() & (offset >> 2);
    switch (offset) {
    case kDir: return m_state.dir;
    case kIs: return m_state.is;
    case kIbe: return m_state.ibe;
    case kIev: return m_state.iev;
    case kIe: return m_state.ie;
    case kRis: return raw_status();
    case kMis: return raw_status() & m_state.ie;
    case kAfsel: return m_state.afsel;
    default: return primecell_id(offset, kPeripheralId);
    }
}

void Pl061::write(uint64_t offset, unsigned size, uint64_t value)
{
    if (!primecell_access(offset, size)) {
        ++m_ignored_accesses;
        return;
    }
    std::lock_guard const lock { m_mutex };
    uint8_t const before = pins();
    if (offset < kDataEnd) {
        auto const mask = static_cast<uint8_t>((offset >> 2) & m_state.dir);
        m_state.data = static_cast<uint8_t>((m_state.data & ~mask) | (value & mask));
    } else if (!write_register(offset, static_cast<uint8_t>(value))) {
        ++m_ignored_accesses;
    }
    pins_changed(before);
}

bool Pl061::write_register(uint64_t offset, uint8_t value)
{
    switch (offset) {
    case kDir: m_state.dir = value; return true;
    case kIs:
        m_state.is = value;
        m_state.edges &= static_cast<uint8_t>(~value);
        return true;
    case kIbe: m_state.ibe = value; return true;
    case kIev: m_state.iev = value; return true;
    case kIe: m_state.ie = value; return true;
    case kIc: m_state.edges &= static_cast<uint8_t>(~value); return true;
    case kAfsel: m_state.afsel = value; return true;
    default: return false;
    }
}

void Pl061::reset()
{
    std::lock_guard const lock { m_mutex };
    m_timer->disarm();
    m_state = {};
    update_line();
}

Pl061::State Pl061::save() const
{
    std::lock_guard const lock { m_mutex };
    return m_state;
}

Result<void> Pl061::restore(State const& state)
{
    if (state.inputs & ~kPowerMask)
        return bad_state(name(), "inputs");
    if (state.edges & state.is)
        return bad_state(name(), "edges");
    std::lock_guard const lock { m_mutex };
    m_state = state;
    m_timer->disarm();
    if (m_state.inputs & kPowerMask) // saved in the middle of a press: it ends once
        m_timer->arm(m_clock.now_ns() + kPressNs);
    update_line();
    return {};
}

void Pl061::serialize(state::Writer& writer, State const& state)
{
    state::FieldWriter fields { writer };
    each_field(fields, state);
}

Pl061::State Pl061::parse(state::Reader& reader)
{
    State state;
    state::FieldReader fields { reader };
    each_field(fields, state);
    return state;
}

}
