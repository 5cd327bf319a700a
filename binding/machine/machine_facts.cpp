#include "machine/machine_facts.h"

#include "machine/memory_layout.h"

namespace dormouse::machine {

namespace {

    constexpr size_t kMaxName = 64;
    constexpr uint32_t kMaxList = 1024;

    void save_list(state::Writer& writer, std::vector<uint32_t> const& list)
    {
        writer.u32(static_cast<uint32_t>(list.size()));
        for (uint32_t const value : list)
            writer.u32(value);
    }

    std::vector<uint32_t> parse_list(state::Reader& reader, char const* field)
    {
        uint32_t const count = reader.u32(field);
        if (reader.ok() && count > kMaxList)
            reader.fail(field, "has " + std::to_string(count) + " entries");
        std::vector<uint32_t> list;
        for (uint32_t i = 0; i < count && reader.ok(); ++i)
            list.push_back(reader.u32(field));
        return list;
    }

}

void MachineFacts::save(state::Writer& writer) const
{
    writer.text(engine);
    writer.text(cpu_profile);
    writer.u64(counter_frequency_hz);
    writer.u32(zero_block_bytes);
    writer.u64(firmware::psci::describe_version(psci_version).value);
    writer.boolean(sdei);
    save_list(writer, sdei_events);
    writer.u32(cpus);
    writer.u64(memory_bytes);
    writer.u32(gic_lines);
    save_list(writer, gic_cpus_per_region);
}

MachineFacts MachineFacts::parse(state::Reader& reader)
{
    MachineFacts facts;
    facts.engine = reader.text("engine", kMaxName);
    facts.cpu_profile = reader.text("cpuProfile", kMaxName);
    facts.counter_frequency_hz = reader.u64("counterFrequencyHz");
    facts.zero_block_bytes = reader.u32("zeroBlockBytes");
    uint64_t const version = reader.u64("psciVersion");
    if (auto const known = firmware::psci::version_from_value(version))
        facts.psci_version = *known;
    else if (reader.ok())
        reader.fail("psciVersion", "is " + std::to_string(version) + ", which is no version");
    facts.sdei = reader.boolean("sdei");
    facts.sdei_events = parse_list(reader, "sdeiEvents");
    facts.cpus = reader.u32("cpus");
    if (reader.ok() && (facts.cpus == 0 || facts.cpus > layout::kMaxCpus))
        reader.fail("cpus", "is " + std::to_string(facts.cpus) + ", which no board has");
    facts.memory_bytes = reader.u64("memoryBytes");
    facts.gic_lines = reader.u32("gicLines");
    facts.gic_cpus_per_region = parse_list(reader, "gicCpusPerRegion");
    return facts;
}

}
