#include "base/bits.h"
#include "devices/gicv3/gicv3.h"
#include "devices/gicv3/registers.h"

namespace dormouse::devices {

using namespace gic;

namespace {

    constexpr uint64_t kCtlr = 0x0000;
    constexpr uint64_t kTyper = 0x0004;
    constexpr uint64_t kIidrOffset = 0x0008;
    constexpr uint64_t kIrouter = 0x6000;
    constexpr uint32_t kCtlrDs = 1u << 6;
    constexpr uint32_t kCtlrAre = 1u << 4;
    constexpr uint32_t kCtlrWritable = 3;
    // 16 bits of interrupt id, affinity level 3 valid, no LPIs, no security extension, 1-of-N supported.
    constexpr uint32_t kTyperValue = (kLines / 32 - 1) | 15u << 19 | 1u << 24;

    bool is_router(uint64_t offset)
    {
        return offset >= kIrouter + 8 * kPrivateLines && offset < kIrouter + 8 * kLines;
    }

}

uint32_t Gicv3::read_distributor(uint64_t offset)
{
    if (is_router(offset)) {
        uint64_t const route = m_state.routes[(offset - kIrouter) / 8 - kPrivateLines];
        return static_cast<uint32_t>(offset & 4 ? route >> 32 : route);
    }
    switch (offset) {
    case kCtlr: return m_state.ctlr | kCtlrDs | kCtlrAre;
    case kTyper: return kTyperValue;
    case kIidrOffset: return kIidr;
    default: break;
    }
    // The private lines, bank 0, read zero here: they live in the redistributors.
    return offset >= 0xffd0 ? read_identification(offset, 0x92) : read_lines(m_state.spis.data(), 1, kSpiBanks, offset);
}

void Gicv3::write_distributor(uint64_t offset, uint32_t value, uint32_t mask)
{
    if (is_router(offset)) {
        unsigned const spi = static_cast<unsigned>((offset - kIrouter) / 8 - kPrivateLines);
        uint64_t& route = m_state.routes[spi];
        unsigned const shift = offset & 4 ? 32 : 0;
        route = ((route & ~(uint64_t { 0xffff'ffff } << shift)) | uint64_t { value } << shift) & kRouteMask;
        route_changed(spi);
        return update_all();
    }
    if (offset == kCtlr)
        m_state.ctlr = value & kCtlrWritable;
    else if (!write_lines(m_state.spis.data(), 1, kSpiBanks, offset, value, mask))
        return ignored();
    update_all();
}

}
