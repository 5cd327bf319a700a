#include "firmware/psci/power_ledger.h"

#include <map>

namespace dormouse::firmware::psci {

PowerLedger::PowerLedger(Clock const& clock, std::vector<uint64_t> const& mpidrs) : m_clock(clock)
{
    std::map<std::pair<unsigned, uint64_t>, size_t> index;
    for (uint64_t const mpidr : mpidrs) {
        Core core;
        uint64_t const groups[] { mpidr, mpidr >> 8, 0 };
        for (unsigned level = 0; level <= kSystemLevel; ++level) {
            auto const [found, fresh] = index.try_emplace({ level, groups[level] }, m_nodes.size());
            if (fresh)
                m_nodes.emplace_back();
            core.nodes[level] = found->second;
        }
        m_cores.push_back(core);
    }
}

PowerLedger::Activity PowerLedger::contribution(Core const& core, unsigned level)
{
    if (!core.asleep || core.asleep->level < level)
        return Activity::Running;
    return core.asleep->power_down ? Activity::PowerDown : Activity::Standby;
}

void PowerLedger::contribute(Core const& core, int sign)
{
    for (unsigned level = 0; level <= kSystemLevel; ++level) {
        Node& node = m_nodes[core.nodes[level]];
        Activity const part = contribution(core, level);
        node.running += part == Activity::Running ? static_cast<unsigned>(sign) : 0;
        node.standby += part == Activity::Standby ? static_cast<unsigned>(sign) : 0;
    }
}

void PowerLedger::settle(Node& node, uint64_t now)
{
    Activity const next = node.running ? Activity::Running : node.standby ? Activity::Standby : Activity::PowerDown;
    if (next == node.activity)
        return;
    if (node.activity != Activity::Running && node.counted)
        node.slept_ns[static_cast<size_t>(node.activity) - 1] += now - node.since_ns;
    node.activity = next;
    node.since_ns = next == Activity::Running ? 0 : now;
    node.counted = true;
    if (next != Activity::Running)
        ++node.count[static_cast<size_t>(next) - 1];
}

void PowerLedger::change(unsigned vcpu, std::optional<PowerRequest> asleep)
{
    Core& core = m_cores[vcpu];
    contribute(core, -1);
    core.asleep = asleep;
    contribute(core, 1);
    uint64_t const now = m_clock.now_ns();
    for (size_t const node : core.nodes)
        settle(m_nodes[node], now);
}

void PowerLedger::sleeps(unsigned vcpu, PowerRequest request)
{
    std::lock_guard const lock { m_mutex };
    change(vcpu, request);
}

void PowerLedger::runs(unsigned vcpu)
{
    std::lock_guard const lock { m_mutex };
    change(vcpu, std::nullopt);
}

void PowerLedger::restart(bool clear)
{
    std::lock_guard const lock { m_mutex };
    uint64_t const now = m_clock.now_ns();
    for (Core& core : m_cores)
        core.asleep = PowerRequest { true, kSystemLevel };
    for (Node& node : m_nodes) {
        Node const old = node;
        node = Node {};
        if (clear)
            continue;
        node.slept_ns = old.slept_ns;
        node.count = old.count;
        if (old.activity != Activity::Running && old.counted)
            node.slept_ns[static_cast<size_t>(old.activity) - 1] += now - old.since_ns;
    }
}

std::optional<PowerRequest> PowerLedger::asleep(unsigned vcpu) const
{
    std::lock_guard const lock { m_mutex };
    return m_cores[vcpu].asleep;
}

PowerLedger::Activity PowerLedger::activity(unsigned vcpu, unsigned level) const
{
    std::lock_guard const lock { m_mutex };
    return m_nodes[m_cores[vcpu].nodes[level]].activity;
}

PowerLedger::Figures PowerLedger::figures(unsigned vcpu, PowerRequest request) const
{
    std::lock_guard const lock { m_mutex };
    Node const& node = m_nodes[m_cores[vcpu].nodes[request.level]];
    Activity const kind = request.power_down ? Activity::PowerDown : Activity::Standby;
    size_t const index = static_cast<size_t>(kind) - 1;
    uint64_t slept = node.slept_ns[index];
    if (node.activity == kind && node.counted)
        slept += m_clock.now_ns() - node.since_ns;
    return { slept / 1000, node.count[index] };
}

// Per core: 0 running, else 1 + level * 2 + power-down. Per node: since when, counted, slept and used.
void PowerLedger::save(state::Writer& writer) const
{
    std::lock_guard const lock { m_mutex };
    for (Core const& core : m_cores)
        writer.u8(core.asleep ? static_cast<uint8_t>(1 + core.asleep->level * 2 + core.asleep->power_down) : 0);
    for (Node const& node : m_nodes) {
        writer.u64(node.since_ns);
        writer.boolean(node.counted);
        for (size_t kind = 0; kind < node.count.size(); ++kind) {
            writer.u64(node.slept_ns[kind]);
            writer.u64(node.count[kind]);
        }
    }
}

Result<void> PowerLedger::restore(state::Reader& reader)
{
    std::lock_guard const lock { m_mutex };
    auto cores = m_cores;
    for (Core& core : cores) {
        uint8_t const code = reader.u8("sleep");
        if (code > 1 + kSystemLevel * 2 + 1)
            reader.fail("sleep", "is " + std::to_string(code) + ", which is no state of a core");
        core.asleep = std::nullopt;
        if (code != 0)
            core.asleep = PowerRequest { (code - 1) % 2 == 1, (code - 1u) / 2 };
    }
    std::vector<Node> nodes(m_nodes.size());
    for (Node& node : nodes) {
        node.since_ns = reader.u64("since");
        node.counted = reader.boolean("counted");
        for (size_t kind = 0; kind < node.count.size(); ++kind) {
            node.slept_ns[kind] = reader.u64("residency");
            node.count[kind] = reader.u64("count");
        }
    }
    TRY(reader.finish());
    m_cores = std::move(cores);
    m_nodes = std::move(nodes);
    for (Core const& core : m_cores)
        contribute(core, 1);
    for (Node& node : m_nodes)
        node.activity = node.running ? Activity::Running : node.standby ? Activity::Standby : Activity::PowerDown;
    return {};
}

}
