#include "devices/gicv3/gicv3.h"

namespace dormouse::devices {

using namespace gic;

namespace {

    constexpr uint32_t kMaxSavedCpus = 1u << 16; // a file may not make us allocate without limit

    void serialize_lines(state::Writer& writer, LineBits const& lines)
    {
        for (uint32_t const word : { lines.group, lines.enabled, lines.latched, lines.level, lines.active, lines.edge })
            writer.u32(word);
        writer.bytes(lines.priority);
    }

    LineBits parse_lines(state::Reader& reader)
    {
        LineBits lines;
        lines.group = reader.u32("lines.group");
        lines.enabled = reader.u32("lines.enabled");
        lines.latched = reader.u32("lines.latched");
        lines.level = reader.u32("lines.level");
        lines.active = reader.u32("lines.active");
        lines.edge = reader.u32("lines.edge");
        reader.bytes("lines.priority", lines.priority);
        return lines;
    }

    void serialize_cpu(state::Writer& writer, CpuState const& cpu)
    {
        serialize_lines(writer, cpu.lines);
        writer.boolean(cpu.processor_sleep);
        writer.u8(cpu.pmr);
        writer.u8(cpu.bpr0);
        writer.u8(cpu.bpr1);
        writer.boolean(cpu.cbpr);
        writer.boolean(cpu.eoimode);
        writer.boolean(cpu.igrpen0);
        writer.boolean(cpu.igrpen1);
        writer.u32(cpu.ap0r);
        writer.u32(cpu.ap1r);
    }

    CpuState parse_cpu(state::Reader& reader)
    {
        CpuState cpu;
        cpu.lines = parse_lines(reader);
        cpu.processor_sleep = reader.boolean("cpu.processor_sleep");
        cpu.pmr = reader.u8("cpu.pmr");
        cpu.bpr0 = reader.u8("cpu.bpr0");
        cpu.bpr1 = reader.u8("cpu.bpr1");
        cpu.cbpr = reader.boolean("cpu.cbpr");
        cpu.eoimode = reader.boolean("cpu.eoimode");
        cpu.igrpen0 = reader.boolean("cpu.igrpen0");
        cpu.igrpen1 = reader.boolean("cpu.igrpen1");
        cpu.ap0r = reader.u32("cpu.ap0r");
        cpu.ap1r = reader.u32("cpu.ap1r");
        return cpu;
    }

    bool priorities_valid(LineBits const& lines)
    {
        for (uint8_t const priority : lines.priority) {
            if (priority & ~kPriorityMask)
                return false;
        }
        return true;
    }

}

Result<void> Gicv3::validate(State const& state, size_t cpus)
{
    if (state.cpus.size() != cpus) {
        return Error { Code::Corrupt,
            "Saved state of device \"gicv3\" has " + std::to_string(state.cpus.size()) + " CPUs, this machine has "
                + std::to_string(cpus) };
    }
    if (state.ctlr & ~3u)
        return bad_state("gicv3", "ctlr");
    for (LineBits const& lines : state.spis) {
        if (!priorities_valid(lines))
            return bad_state("gicv3", "lines.priority of an SPI");
    }
    for (uint64_t const route : state.routes) {
        if (route & ~kRouteMask)
            return bad_state("gicv3", "route");
    }
    for (CpuState const& cpu : state.cpus) {
        if (!priorities_valid(cpu.lines))
            return bad_state("gicv3", "cpu.lines.priority");
        if ((cpu.lines.edge & kSgiMask) != kSgiMask)
            return bad_state("gicv3", "cpu.lines.edge");
        if (cpu.lines.level & kSgiMask)
            return bad_state("gicv3", "cpu.lines.level");
        if (cpu.pmr & ~kPriorityMask)
            return bad_state("gicv3", "cpu.pmr");
        if (cpu.bpr0 < kMinBpr0 || cpu.bpr0 > 7)
            return bad_state("gicv3", "cpu.bpr0");
        if (cpu.bpr1 < kMinBpr1 || cpu.bpr1 > 7)
            return bad_state("gicv3", "cpu.bpr1");
    }
    return {};
}

void Gicv3::reset()
{
    std::lock_guard const lock { m_mutex };
    m_state = m_state.reset();
    for (unsigned spi = 0; spi < kSpis; ++spi)
        route_changed(spi);
    update_all();
}

Gicv3::State Gicv3::save() const
{
    std::lock_guard const lock { m_mutex };
    return m_state;
}

Result<void> Gicv3::restore(State const& state)
{
    std::lock_guard const lock { m_mutex };
    TRY(validate(state, m_state.cpus.size()));
    m_state = state;
    for (unsigned spi = 0; spi < kSpis; ++spi)
        route_changed(spi);
    update_all();
    return {};
}

void Gicv3::serialize(state::Writer& writer, State const& state)
{
    writer.u32(state.ctlr);
    for (LineBits const& lines : state.spis)
        serialize_lines(writer, lines);
    for (uint64_t const route : state.routes)
        writer.u64(route);
    writer.u32(static_cast<uint32_t>(state.cpus.size()));
    for (CpuState const& cpu : state.cpus)
        serialize_cpu(writer, cpu);
}

Gicv3::State Gicv3::parse(state::Reader& reader)
{
    State state;
    state.ctlr = reader.u32("ctlr");
    for (LineBits& lines : state.spis)
        lines = parse_lines(reader);
    for (uint64_t& route : state.routes)
        route = reader.u64("route");
    uint32_t const cpus = reader.u32("cpu count");
    if (cpus > kMaxSavedCpus)
        reader.fail("cpu count", "is " + std::to_string(cpus));
    for (uint32_t cpu = 0; reader.ok() && cpu < cpus; ++cpu)
        state.cpus.push_back(parse_cpu(reader));
    return state;
}

}
