#include "base/bits.h"
#include "devices/gicv3/gicv3.h"

#include <bit>

// Which interrupt each CPU sees. Nothing is cached but the CPU of each SPI: a CPU's best interrupt comes from nine
// words of bits, and usually all of them are zero.
namespace dormouse::devices {

using namespace gic;

namespace {

    constexpr int kNobody = -1;
    constexpr int kAnybody = -2;
    constexpr uint32_t kEnableGroup0 = 1;
    constexpr uint32_t kEnableGroup1 = 2;

}

LineBits& Gicv3::lines_of(unsigned cpu, unsigned intid)
{
    return intid < kPrivateLines ? m_state.cpus[cpu].lines : m_state.spis[intid / 32 - 1];
}

void Gicv3::set_input(unsigned cpu, unsigned intid, bool high)
{
    LineBits& lines = lines_of(cpu, intid);
    uint32_t const mask = 1u << (intid % 32);
    if (((lines.level & mask) != 0) == high)
        return;
    lines.level ^= mask;
    if (high && (lines.edge & mask))
        lines.latched |= mask;
    line_changed(cpu, intid);
}

int Gicv3::any_target(bool group1) const
{
    // Deterministic, so that a restored machine goes on like the saved one: the first CPU that takes part.
    for (unsigned cpu = 0; cpu < cpu_count(); ++cpu) {
        CpuState const& state = m_state.cpus[cpu];
        if (!state.processor_sleep && (group1 ? state.igrpen1 : state.igrpen0))
            return static_cast<int>(cpu);
    }
    return kNobody;
}

Gicv3::Best Gicv3::best_pending(unsigned cpu, bool for_wake) const
{
    CpuState const& state = m_state.cpus[cpu];
    bool const group0 = (m_state.ctlr & kEnableGroup0) && (for_wake || state.igrpen0);
    bool const group1 = (m_state.ctlr & kEnableGroup1) && (for_wake || state.igrpen1);
    Best best;
    auto const consider = [&](LineBits const& lines, unsigned first_intid, bool shared) {
        uint32_t const groups = (group1 ? lines.group : 0) | (group0 ? ~lines.group : 0);
        uint32_t candidates = lines.pending() & lines.enabled & ~lines.active & groups;
        for (; candidates; candidates &= candidates - 1) {
            unsigned const line = static_cast<unsigned>(std::countr_zero(candidates));
            unsigned const intid = first_intid + line;
            bool const is_group1 = (lines.group >> line) & 1;
            if (shared) {
                int target = m_targets[intid - kPrivateLines];
                if (target == kAnybody) {
                    target = any_target(is_group1);
                    // When all are powered down, everybody is asked to wake.
                    if (for_wake && target == kNobody)
                        target = static_cast<int>(cpu);
                }
                if (target != static_cast<int>(cpu))
                    continue;
            }
            // Equal priorities: the lowest id wins, which came first.
            if (lines.priority[line] < best.priority)
                best = Best { intid, lines.priority[line], is_group1 };
        }
    };
    consider(state.lines, 0, false);
    for (unsigned bank = 0; bank < kSpiBanks; ++bank)
        consider(m_state.spis[bank], (bank + 1) * 32, true);
    return best;
}

uint8_t Gicv3::running_priority(CpuState const& state) const
{
    uint32_t const active = state.ap0r | state.ap1r;
    return active ? static_cast<uint8_t>(std::countr_zero(active) << (8 - kPriorityBits)) : kIdlePriority;
}

uint8_t Gicv3::group_priority_mask(CpuState const& state, bool group1) const
{
    // BPR1 splits one bit higher than BPR0, unless CBPR makes BPR0 rule both. [Arm IHI 0069, 4.8.4]
    unsigned const split = group1 && !state.cbpr ? state.bpr1 : state.bpr0 + 1u;
    return static_cast<uint8_t>(0xffu << split);
}

bool Gicv3::deliverable(CpuState const& state, Best const& best) const
{
    if (best.intid == kSpurious || best.priority >= state.pmr)
        return false;
    uint8_t const running = running_priority(state);
    return running == kIdlePriority || (best.priority & group_priority_mask(state, best.group1)) < running;
}

void Gicv3::update_cpu(unsigned cpu)
{
    CpuState const& state = m_state.cpus[cpu];
    bool irq = false;
    bool fiq = false;
    if (!state.processor_sleep && (state.igrpen0 || state.igrpen1)) {
        Best const best = best_pending(cpu, false);
        bool const signalled = deliverable(state, best);
        irq = signalled && best.group1;
        fiq = signalled && !best.group1;
    }
    Output& output = m_outputs[cpu];
    if (output.watched && best_pending(cpu, true).intid != kSpurious)
        m_on_wake(cpu);
    if (!output.signals)
        return;
    if (output.irq != irq)
        output.signals->set_irq(irq);
    if (output.fiq != fiq)
        output.signals->set_fiq(fiq);
    output.irq = irq;
    output.fiq = fiq;
}

void Gicv3::update_all()
{
    for (unsigned cpu = 0; cpu < cpu_count(); ++cpu)
        update_cpu(cpu);
}

void Gicv3::line_changed(unsigned cpu, unsigned intid)
{
    if (intid < kPrivateLines)
        return update_cpu(cpu);
    int const target = m_targets[intid - kPrivateLines];
    if (target == kAnybody)
        update_all();
    else if (target != kNobody)
        update_cpu(static_cast<unsigned>(target));
}

void Gicv3::interface_changed(unsigned cpu)
{
    // Who takes part decides where 1-of-N interrupts go.
    if (m_any_routes > 0)
        update_all();
    else
        update_cpu(cpu);
}

void Gicv3::route_changed(unsigned spi)
{
    uint64_t const route = m_state.routes[spi];
    int& target = m_targets[spi];
    m_any_routes -= target == kAnybody ? 1 : 0;
    if (route & kRouteAny) {
        target = kAnybody;
    } else {
        auto const found = m_cpu_of_affinity.find(route);
        target = found == m_cpu_of_affinity.end() ? kNobody : static_cast<int>(found->second);
    }
    m_any_routes += target == kAnybody ? 1 : 0;
}

void Gicv3::watch_wake(unsigned cpu, bool watched)
{
    std::lock_guard const lock { m_mutex };
    m_outputs[cpu].watched = watched && m_on_wake;
}

bool Gicv3::wake_request(unsigned cpu) const
{
    std::lock_guard const lock { m_mutex };
    return best_pending(cpu, true).intid != kSpurious;
}

}
