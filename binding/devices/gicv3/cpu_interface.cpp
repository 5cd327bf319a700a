#include "arch/system_register_encoding.h"
#include "base/bits.h"
#include "devices/gicv3/gicv3.h"

#include <algorithm>

namespace dormouse::devices {

using namespace gic;

namespace {

    constexpr uint16_t icc(unsigned crm, unsigned op2)
    {
        return arch::system_register(3, 0, 12, crm, op2);
    }

    constexpr uint16_t kPmr = arch::system_register(3, 0, 4, 6, 0);
    constexpr uint16_t kIar0 = icc(8, 0);
    constexpr uint16_t kEoir0 = icc(8, 1);
    constexpr uint16_t kHppir0 = icc(8, 2);
    constexpr uint16_t kBpr0 = icc(8, 3);
    constexpr uint16_t kAp0r0 = icc(8, 4); // AP0R1..3 need more than five priority bits: UNDEFINED
    constexpr uint16_t kAp1r0 = icc(9, 0);
    constexpr uint16_t kDir = icc(11, 1);
    constexpr uint16_t kRpr = icc(11, 3);
    constexpr uint16_t kSgi1r = icc(11, 5);
    constexpr uint16_t kAsgi1r = icc(11, 6);
    constexpr uint16_t kSgi0r = icc(11, 7);
    constexpr uint16_t kIar1 = icc(12, 0);
    constexpr uint16_t kEoir1 = icc(12, 1);
    constexpr uint16_t kHppir1 = icc(12, 2);
    constexpr uint16_t kBpr1 = icc(12, 3);
    constexpr uint16_t kCtlr = icc(12, 4);
    constexpr uint16_t kSre = icc(12, 5);
    constexpr uint16_t kIgrpen0 = icc(12, 6);
    constexpr uint16_t kIgrpen1 = icc(12, 7);

    constexpr uint64_t kSreFixed = 7; // system registers only, no bypass
    constexpr uint64_t kCtlrFixed = (kPriorityBits - 1) << 8 | 1u << 15; // 16-bit ids, affinity level 3 valid

    uint8_t clamp_bpr(uint64_t value, uint8_t minimum)
    {
        return std::max(static_cast<uint8_t>(value & 7), minimum);
    }

}

bool Gicv3::read_interface(unsigned cpu, uint16_t encoding, uint64_t& value)
{
    CpuState const& state = m_state.cpus[cpu];
    auto const highest = [&](bool group1) {
        Best const best = best_pending(cpu, false);
        return best.group1 == group1 ? best.intid : kSpurious;
    };
    switch (encoding) {
    case kPmr: value = state.pmr; return true;
    case kIar0: value = acknowledge(cpu, false); return true;
    case kIar1: value = acknowledge(cpu, true); return true;
    case kHppir0: value = highest(false); return true;
    case kHppir1: value = highest(true); return true;
    case kBpr0: value = state.bpr0; return true;
    case kBpr1: value = state.cbpr ? std::min(state.bpr0 + 1, 7) : state.bpr1; return true;
    case kAp0r0: value = state.ap0r; return true;
    case kAp1r0: value = state.ap1r; return true;
    case kRpr: value = running_priority(state); return true;
    case kCtlr: value = kCtlrFixed | (state.eoimode ? 2 : 0) | (state.cbpr ? 1 : 0); return true;
    case kSre: value = kSreFixed; return true;
    case kIgrpen0: value = state.igrpen0; return true;
    case kIgrpen1: value = state.igrpen1; return true;
    default: return false;
    }
}

bool Gicv3::write_interface(unsigned cpu, uint16_t encoding, uint64_t value)
{
    CpuState& state = m_state.cpus[cpu];
    switch (encoding) {
    case kPmr: state.pmr = static_cast<uint8_t>(value) & kPriorityMask; break;
    case kEoir0: end_of_interrupt(cpu, false, value & 0xff'ffff); return true;
    case kEoir1: end_of_interrupt(cpu, true, value & 0xff'ffff); return true;
    case kDir:
        if (state.eoimode) // otherwise EOIR has deactivated already
            deactivate(cpu, value & 0xff'ffff);
        return true;
    case kBpr0: state.bpr0 = clamp_bpr(value, kMinBpr0); break;
    case kBpr1:
        if (!state.cbpr)
            state.bpr1 = clamp_bpr(value, kMinBpr1);
        break;
    case kAp0r0: state.ap0r = static_cast<uint32_t>(value); break;
    case kAp1r0: state.ap1r = static_cast<uint32_t>(value); break;
    case kSgi1r: send_sgi(cpu, value, true); return true;
    case kAsgi1r: // the other security state's Group 1: with one state only Group 0 is left
    case kSgi0r: send_sgi(cpu, value, false); return true;
    case kCtlr:
        state.cbpr = bit<0>(value);
        state.eoimode = bit<1>(value);
        break;
    case kSre: return true; // all bits fixed
    case kIgrpen0: state.igrpen0 = bit<0>(value); break;
    case kIgrpen1: state.igrpen1 = bit<0>(value); break;
    default: return false;
    }
    interface_changed(cpu);
    return true;
}

unsigned Gicv3::acknowledge(unsigned cpu, bool group1)
{
    CpuState& state = m_state.cpus[cpu];
    if (state.processor_sleep)
        return kSpurious;
    Best const best = best_pending(cpu, false);
    if (best.group1 != group1 || !deliverable(state, best))
        return kSpurious;
    uint8_t const preemption = best.priority & group_priority_mask(state, group1);
    (group1 ? state.ap1r : state.ap0r) |= 1u << (preemption >> (8 - kPriorityBits));
    LineBits& lines = lines_of(cpu, best.intid);
    uint32_t const mask = 1u << (best.intid % 32);
    lines.active |= mask;
    lines.latched &= ~mask;
    update_cpu(cpu);
    return best.intid;
}

void Gicv3::end_of_interrupt(unsigned cpu, bool group1, uint64_t intid)
{
    if (intid >= kLines)
        return; // special ids end nothing
    CpuState& state = m_state.cpus[cpu];
    // Priority drop: only when the highest active priority belongs to the group that is written.
    uint32_t& own = group1 ? state.ap1r : state.ap0r;
    uint32_t const other = group1 ? state.ap0r : state.ap1r;
    uint32_t const lowest = own & (~own + 1);
    if (lowest != 0 && (other == 0 || lowest < (other & (~other + 1))))
        own &= ~lowest;
    if (!state.eoimode)
        deactivate(cpu, intid);
    update_cpu(cpu);
}

void Gicv3::deactivate(unsigned cpu, uint64_t intid)
{
    if (intid >= kLines)
        return;
    lines_of(cpu, static_cast<unsigned>(intid)).active &= ~(1u << (intid % 32));
    line_changed(cpu, static_cast<unsigned>(intid));
}

void Gicv3::pend_sgi(unsigned cpu, unsigned intid, bool may_be_group1)
{
    LineBits& lines = m_state.cpus[cpu].lines;
    if (!may_be_group1 && ((lines.group >> intid) & 1))
        return;
    lines.latched |= 1u << intid;
    update_cpu(cpu);
}

void Gicv3::send_sgi(unsigned cpu, uint64_t value, bool may_be_group1)
{
    unsigned const intid = bits<27, 24>(value);
    if (bit<40>(value)) { // Interrupt_Routing_Mode: everybody else
        for (unsigned other = 0; other < cpu_count(); ++other) {
            if (other != cpu)
                pend_sgi(other, intid, may_be_group1);
        }
        return;
    }
    uint64_t const cluster = bits<55, 48>(value) << 32 | bits<39, 32>(value) << 16 | bits<23, 16>(value) << 8;
    uint64_t const first = bits<47, 44>(value) * 16; // Range Selector
    for (unsigned i = 0; i < 16; ++i) {
        if (!((value >> i) & 1))
            continue;
        auto const target = m_cpu_of_affinity.find(cluster | (first + i));
        if (target != m_cpu_of_affinity.end())
            pend_sgi(target->second, intid, may_be_group1);
    }
}

}
