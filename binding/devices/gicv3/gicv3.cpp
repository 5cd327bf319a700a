#include "devices/gicv3/gicv3.h"
#include "devices/gicv3/registers.h"

#include "base/bits.h"
#include "base/check.h"

namespace dormouse::devices {

using namespace gic;

namespace {

    constexpr uint64_t kAffinityMask = 0xff'00ff'ffff;
    constexpr uint64_t kRedistributorSize = 0x2'0000;

    // Wide accesses are made of 32-bit ones. Narrow ones exist for the priority bytes alone; reads of other registers
    // give the addressed bytes, writes are ignored. Anything misaligned or of an odd size reads zero.
    bool usable(uint64_t offset, unsigned size)
    {
        return (size == 1 || size == 2 || size == 4 || size == 8) && is_aligned(offset, size);
    }

    bool is_priority(uint64_t offset)
    {
        return offset >= 0x400 && offset < 0x800;
    }

}

class Gicv3::Distributor final : public MmioDevice {
public:
    explicit Distributor(Gicv3& gic) : m_gic(gic) { }

    uint64_t read(uint64_t offset, unsigned size) override
    {
        if (!usable(offset, size))
            return 0;
        std::lock_guard const lock { m_gic.m_mutex };
        uint64_t const low = m_gic.read_distributor(align_down(offset, 4));
        if (size == 8)
            return low | uint64_t { m_gic.read_distributor(offset + 4) } << 32;
        return (low >> (offset & 3) * 8) & low_mask(size * 8);
    }

    void write(uint64_t offset, unsigned size, uint64_t value) override
    {
        if (!usable(offset, size) || (size < 4 && !is_priority(offset)))
            return m_gic.ignored();
        std::lock_guard const lock { m_gic.m_mutex };
        unsigned const shift = (offset & 3) * 8;
        m_gic.write_distributor(align_down(offset, 4), static_cast<uint32_t>(value << shift),
            static_cast<uint32_t>(low_mask(size * 8) << shift));
        if (size == 8)
            m_gic.write_distributor(offset + 4, static_cast<uint32_t>(value >> 32), ~0u);
    }

private:
    Gicv3& m_gic;
};

class Gicv3::Region final : public MmioDevice {
public:
    Region(Gicv3& gic, unsigned first_cpu, unsigned cpus) : m_gic(gic), m_first_cpu(first_cpu), m_cpus(cpus) { }

    uint64_t read(uint64_t offset, unsigned size) override
    {
        unsigned cpu = 0;
        if (!usable(offset, size) || !locate(offset, cpu))
            return 0;
        std::lock_guard const lock { m_gic.m_mutex };
        uint64_t const low = m_gic.read_redistributor(cpu, align_down(offset, 4));
        if (size == 8)
            return low | uint64_t { m_gic.read_redistributor(cpu, offset + 4) } << 32;
        return (low >> (offset & 3) * 8) & low_mask(size * 8);
    }

    void write(uint64_t offset, unsigned size, uint64_t value) override
    {
        unsigned cpu = 0;
        if (!usable(offset, size) || !locate(offset, cpu) || (size < 4 && !is_priority(offset - 0x1'0000)))
            return m_gic.ignored();
        std::lock_guard const lock { m_gic.m_mutex };
        unsigned const shift = (offset & 3) * 8;
        m_gic.write_redistributor(cpu, align_down(offset, 4), static_cast<uint32_t>(value << shift),
            static_cast<uint32_t>(low_mask(size * 8) << shift));
        if (size == 8)
            m_gic.write_redistributor(cpu, offset + 4, static_cast<uint32_t>(value >> 32), ~0u);
    }

    bool is_last(unsigned cpu) const { return cpu == m_first_cpu + m_cpus - 1; }

private:
    bool locate(uint64_t& offset, unsigned& cpu) const
    {
        uint64_t const frame = offset / kRedistributorSize;
        offset %= kRedistributorSize;
        cpu = m_first_cpu + static_cast<unsigned>(frame);
        return frame < m_cpus;
    }

    Gicv3& m_gic;
    unsigned m_first_cpu;
    unsigned m_cpus;
};

class Gicv3::Interface final : public wires::GicCpuInterface {
public:
    Interface(Gicv3& gic, unsigned cpu) : m_gic(gic), m_cpu(cpu) { }

    bool read(uint16_t encoding, uint64_t& value) override
    {
        std::lock_guard const lock { m_gic.m_mutex };
        return m_gic.read_interface(m_cpu, encoding, value);
    }
    bool write(uint16_t encoding, uint64_t value) override
    {
        std::lock_guard const lock { m_gic.m_mutex };
        return m_gic.write_interface(m_cpu, encoding, value);
    }

private:
    Gicv3& m_gic;
    unsigned m_cpu;
};

class Gicv3::Line final : public wires::IrqLine {
public:
    Line(Gicv3& gic, unsigned cpu, unsigned intid) : m_gic(gic), m_cpu(cpu), m_intid(intid) { }

    void set_level(bool high) override
    {
        std::lock_guard const lock { m_gic.m_mutex };
        m_gic.set_input(m_cpu, m_intid, high);
    }

private:
    Gicv3& m_gic;
    unsigned m_cpu;
    unsigned m_intid;
};

Gicv3::Gicv3(Config config) : m_mpidrs(std::move(config.mpidrs))
{
    CHECK(!m_mpidrs.empty());
    m_state.cpus.resize(m_mpidrs.size());
    m_outputs.resize(m_mpidrs.size());
    m_distributor = std::make_unique<Distributor>(*this);
    for (unsigned cpu = 0; cpu < cpu_count(); ++cpu) {
        m_mpidrs[cpu] &= kAffinityMask;
        CHECK(m_cpu_of_affinity.emplace(m_mpidrs[cpu], cpu).second);
        m_interfaces.push_back(std::make_unique<Interface>(*this, cpu));
        for (unsigned intid = 16; intid < kPrivateLines; ++intid)
            m_private_lines.push_back(std::make_unique<Line>(*this, cpu, intid));
    }
    for (unsigned intid = kPrivateLines; intid < kLines; ++intid)
        m_spi_lines.push_back(std::make_unique<Line>(*this, 0, intid));
    unsigned first = 0;
    for (unsigned const cpus : config.cpus_per_region) {
        m_regions.push_back(std::make_unique<Region>(*this, first, cpus));
        first += cpus;
    }
    CHECK(first == cpu_count());
    for (unsigned spi = 0; spi < kSpis; ++spi)
        route_changed(spi);
}

Gicv3::~Gicv3() = default;

void Gicv3::connect_cpu(unsigned cpu, wires::CpuSignals& signals)
{
    std::lock_guard const lock { m_mutex };
    m_outputs[cpu] = Output { &signals, false, false };
    signals.set_irq(false);
    signals.set_fiq(false);
    update_cpu(cpu);
}

MmioDevice& Gicv3::distributor()
{
    return *m_distributor;
}

MmioDevice& Gicv3::redistributor_region(unsigned region)
{
    CHECK(region < m_regions.size());
    return *m_regions[region];
}

wires::GicCpuInterface& Gicv3::cpu_interface(unsigned cpu)
{
    CHECK(cpu < m_interfaces.size());
    return *m_interfaces[cpu];
}

wires::IrqLine& Gicv3::irq_line(unsigned intid)
{
    CHECK(intid >= kPrivateLines && intid < kLines);
    return *m_spi_lines[intid - kPrivateLines];
}

wires::IrqLine& Gicv3::private_line(unsigned cpu, unsigned intid)
{
    CHECK(cpu < cpu_count() && intid >= 16 && intid < kPrivateLines);
    return *m_private_lines[cpu * 16 + intid - 16];
}

uint32_t Gicv3::read_redistributor(unsigned cpu, uint64_t offset)
{
    if (offset >= 0x1'0000)
        return read_lines(&m_state.cpus[cpu].lines, 0, 1, offset - 0x1'0000);
    switch (offset) {
    case 0x0000: return 0; // GICR_CTLR: no LPIs
    case 0x0004: return kIidr;
    case 0x0008: { // GICR_TYPER
        bool last = false;
        for (auto const& region : m_regions)
            last = last || region->is_last(cpu);
        return cpu << 8 | (last ? 1u << 4 : 0);
    }
    case 0x000c: // GICR_TYPER.Affinity_Value: Aff3 Aff2 Aff1 Aff0
        return static_cast<uint32_t>(bits<39, 32>(m_mpidrs[cpu]) << 24 | bits<23, 0>(m_mpidrs[cpu]));
    case 0x0014: return m_state.cpus[cpu].processor_sleep ? 6 : 0; // ChildrenAsleep follows at once
    default: return read_identification(offset, 0x93);
    }
}

void Gicv3::write_redistributor(unsigned cpu, uint64_t offset, uint32_t value, uint32_t mask)
{
    if (offset >= 0x1'0000) {
        if (!write_lines(&m_state.cpus[cpu].lines, 0, 1, offset - 0x1'0000, value, mask))
            return ignored();
        return update_cpu(cpu);
    }
    if (offset != 0x0014)
        return ignored();
    m_state.cpus[cpu].processor_sleep = bit<1>(value);
    interface_changed(cpu);
}

}
