#include "devices/pl011/pl011.h"

#include "devices/primecell.h"
#include "state/fields.h"

#include <optional>

namespace dormouse::devices {

namespace {

    enum Register : uint64_t {
        kDr = 0x00,
        kRsr = 0x04,
        kFr = 0x18,
        kIlpr = 0x20,
        kIbrd = 0x24,
        kFbrd = 0x28,
        kLcrH = 0x2c,
        kCr = 0x30,
        kIfls = 0x34,
        kImsc = 0x38,
        kRis = 0x3c,
        kMis = 0x40,
        kIcr = 0x44,
        kDmacr = 0x48,
    };

    constexpr uint32_t kPeripheralId = 0x0014'1011; // revision 1: drivers assume 16-byte FIFOs

    constexpr uint32_t kFrRxfe = 1u << 4;
    constexpr uint32_t kFrRxff = 1u << 6;
    constexpr uint32_t kFrTxfe = 1u << 7;
    constexpr uint32_t kLcrBreak = 1u << 0;
    constexpr uint32_t kLcrFifos = 1u << 4;
    constexpr uint32_t kCrLoopback = 1u << 7;
    constexpr uint32_t kRxInterrupt = 1u << 4;
    constexpr uint32_t kTxInterrupt = 1u << 5;
    constexpr uint32_t kBreakInterrupt = 1u << 9;
    constexpr uint16_t kDataBreak = 1u << 10;

    constexpr uint32_t kDataMask = 0xfff;
    constexpr uint32_t kInterruptMask = 0x7ff;
    constexpr uint32_t kLcrMask = 0xff;
    constexpr uint32_t kCrMask = 0xff87;
    constexpr uint32_t kIflsMask = 0x3f;
    constexpr uint32_t kDmacrMask = 0x7;

    template <typename Fields, typename State> void each_field(Fields& fields, State& state)
    {
        fields("rx_fifo", state.rx_fifo);
        fields("rx_count", state.rx_count);
        fields("rsr", state.rsr);
        fields("ilpr", state.ilpr);
        fields("ibrd", state.ibrd);
        fields("fbrd", state.fbrd);
        fields("lcr_h", state.lcr_h);
        fields("cr", state.cr);
        fields("ifls", state.ifls);
        fields("imsc", state.imsc);
        fields("ris", state.ris);
        fields("dmacr", state.dmacr);
    }

}

Pl011::Pl011(wires::ByteStream& stream, wires::IrqLine& line) : m_stream(stream), m_line(line)
{
    m_stream.on_readable([this] {
        std::lock_guard const lock { m_mutex };
        pull();
    });
}

Pl011::~Pl011()
{
    m_stream.on_readable({});
}

unsigned Pl011::depth() const
{
    return m_state.lcr_h & kLcrFifos ? kFifoDepth : 1;
}

void Pl011::update_line()
{
    m_line.set_level((m_state.ris & m_state.imsc) != 0);
}

void Pl011::receive(uint16_t entry)
{
    if (m_state.rx_count >= depth())
        return; // only a guest that talks to itself by loopback gets here
    m_state.rx_fifo[m_state.rx_count++] = entry;
    m_state.ris |= kRxInterrupt;
    if (entry & kDataBreak)
        m_state.ris |= kBreakInterrupt;
    update_line();
}

void Pl011::pull()
{
    if (m_state.cr & kCrLoopback)
        return; // the pin is disconnected; the stream keeps what it has
    while (m_state.rx_count < depth()) {
        std::array<uint8_t, kFifoDepth> bytes {};
        size_t const count = m_stream.read({ bytes.data(), depth() - m_state.rx_count });
        if (count == 0)
            return;
        for (size_t i = 0; i < count; ++i)
            receive(bytes[i]);
    }
}

uint32_t Pl011::read_data()
{
    uint32_t entry = 0;
    if (m_state.rx_count > 0) {
        entry = m_state.rx_fifo[0];
        --m_state.rx_count;
        for (unsigned i = 0; i < m_state.rx_count; ++i)
            m_state.rx_fifo[i] = m_state.rx_fifo[i + 1];
        m_state.rx_fifo[m_state.rx_count] = 0;
    }
    if (m_state.rx_count == 0)
        m_state.ris &= ~kRxInterrupt;
    m_state.rsr = entry >> 8;
    pull();
    update_line();
    return entry;
}

uint64_t Pl011::read(uint64_t offset, unsigned size)
{
    if (!primecell_access(offset, size))
        return 0;
    std::lock_guard const lock { m_mutex };
    switch (offset) {
    case kDr: return read_data();
    case kRsr: return m_state.rsr;
    case kFr: return kFrTxfe | (m_state.rx_count == 0 ? kFrRxfe : 0) | (m_state.rx_count >= depth() ? kFrRxff : 0);
    case kIlpr: return m_state.ilpr;
    case kIbrd: return m_state.ibrd;
    case kFbrd: return m_state.fbrd;
    case kLcrH: return m_state.lcr_h;
    case kCr: return m_state.cr;
    case kIfls: return m_state.ifls;
    case kImsc: return m_state.imsc;
    case kRis: return m_state.ris;
    case kMis: return m_state.ris & m_state.imsc;
    case kDmacr: return m_state.dmacr;
    default: return primecell_id(offset, kPeripheralId);
    }
}

void Pl011::write(uint64_t offset, unsigned size, uint64_t value)
{
    if (!primecell_access(offset, size)) {
        ++m_ignored_accesses;
        return;
    }
    std::optional<uint8_t> sent;
    {
        std::lock_guard const lock { m_mutex };
        if (offset == kDr) {
            if (m_state.cr & kCrLoopback)
                receive(static_cast<uint8_t>(value));
            else
                sent = static_cast<uint8_t>(value);
            m_state.ris |= kTxInterrupt;
        } else if (!write_register(offset, static_cast<uint32_t>(value))) {
            ++m_ignored_accesses;
        }
        update_line();
    }
    // Outside the lock: whoever listens to the stream may answer at once, through on_readable.
    if (sent)
        m_stream.write({ &*sent, 1 });
}

bool Pl011::write_register(uint64_t offset, uint32_t value)
{
    switch (offset) {
    case kRsr: m_state.rsr = 0; return true;
    case kIlpr: m_state.ilpr = value & 0xff; return true;
    case kIbrd: m_state.ibrd = value & 0xffff; return true;
    case kFbrd: m_state.fbrd = value & 0x3f; return true;
    case kLcrH:
        if ((value ^ m_state.lcr_h) & kLcrFifos) {
            m_state.rx_fifo = {};
            m_state.rx_count = 0;
            m_state.ris &= ~kRxInterrupt;
        }
        if ((value & ~m_state.lcr_h & kLcrBreak) && (m_state.cr & kCrLoopback))
            receive(kDataBreak);
        m_state.lcr_h = value & kLcrMask;
        pull();
        return true;
    case kCr:
        m_state.cr = value & kCrMask;
        pull();
        return true;
    case kIfls: m_state.ifls = value & kIflsMask; return true;
    case kImsc: m_state.imsc = value & kInterruptMask; return true;
    case kIcr: m_state.ris &= ~value; return true;
    case kDmacr: m_state.dmacr = value & kDmacrMask; return true;
    default: return false;
    }
}

void Pl011::reset()
{
    std::lock_guard const lock { m_mutex };
    m_state = {};
    update_line();
}

Pl011::State Pl011::save() const
{
    std::lock_guard const lock { m_mutex };
    return m_state;
}

Result<void> Pl011::restore(State const& state)
{
    unsigned const depth = state.lcr_h & kLcrFifos ? kFifoDepth : 1;
    if (state.rx_count > depth)
        return bad_state(name(), "rx_count");
    for (unsigned i = 0; i < kFifoDepth; ++i) {
        if (state.rx_fifo[i] & ~kDataMask || (i >= state.rx_count && state.rx_fifo[i]))
            return bad_state(name(), "rx_fifo");
    }
    struct Check {
        char const* field;
        uint32_t value;
        uint32_t mask;
    };
    for (auto const& check : { Check { "rsr", state.rsr, 0xf }, Check { "ilpr", state.ilpr, 0xff },
             Check { "ibrd", state.ibrd, 0xffff }, Check { "fbrd", state.fbrd, 0x3f },
             Check { "lcr_h", state.lcr_h, kLcrMask }, Check { "cr", state.cr, kCrMask },
             Check { "ifls", state.ifls, kIflsMask }, Check { "imsc", state.imsc, kInterruptMask },
             Check { "ris", state.ris, kInterruptMask }, Check { "dmacr", state.dmacr, kDmacrMask } }) {
        if (check.value & ~check.mask)
            return bad_state(name(), check.field);
    }
    std::lock_guard const lock { m_mutex };
    m_state = state;
    pull(); // bytes may have been waiting in the stream before we were there to hear of them
    update_line();
    return {};
}

void Pl011::serialize(state::Writer& writer, State const& state)
{
    state::FieldWriter fields { writer };
    each_field(fields, state);
}

Pl011::State Pl011::parse(state::Reader& reader)
{
    State state;
    state::FieldReader fields { reader };
    each_field(fields, state);
    return state;
}

}
