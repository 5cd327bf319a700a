#include "machine/saved_machine.h"

#include <set>

namespace dormouse::machine {

using firmware::PowerState;
using state::read_section;

Result<state::Reader> SavedMachine::part(std::string_view name) const
{
    auto const found = parts.find(name);
    if (found == parts.end())
        return Error { Code::Corrupt, "Saved state: section \"" + std::string { name } + "\" is missing" };
    return found->second;
}

void save_registers(state::Writer& writer, std::vector<engine::RegisterEntry> const& registers)
{
    writer.u32(static_cast<uint32_t>(registers.size()));
    for (auto const& [id, value] : registers) {
        writer.u64(id.value);
        writer.u64(value.low);
        writer.u64(value.high);
    }
}

static std::vector<engine::RegisterEntry> parse_registers(state::Reader& reader)
{
    std::vector<engine::RegisterEntry> registers;
    std::set<engine::RegisterId> seen;
    uint32_t const count = reader.u32("register count");
    for (uint32_t i = 0; i < count && reader.ok(); ++i) {
        engine::RegisterId const id { reader.u64("register id") };
        uint64_t const low = reader.u64("register value");
        uint64_t const high = reader.u64("register value");
        if (reader.ok() && !seen.insert(id).second)
            reader.fail("register id", "comes twice");
        registers.push_back({ id, { low, high } });
    }
    return registers;
}

void save_power(state::Writer& writer, VcpuThread::Power const& power)
{
    writer.u8(static_cast<uint8_t>(power.state));
    writer.u64(power.entry.address);
    writer.u64(power.entry.context_id);
    writer.u8(static_cast<uint8_t>(power.sleep));
}

static VcpuThread::Power parse_power(state::Reader& reader)
{
    uint8_t const state = reader.u8("power");
    uint64_t const address = reader.u64("entry");
    uint64_t const context_id = reader.u64("context id");
    uint8_t const sleep = reader.u8("sleep");
    if (sleep > static_cast<uint8_t>(VcpuThread::Sleep::Waking))
        reader.fail("sleep", "is " + std::to_string(sleep) + ", which is no way to sleep");
    if (state > static_cast<uint8_t>(PowerState::Suspended))
        reader.fail("power", "is " + std::to_string(state) + ", which is no power state");
    return { static_cast<PowerState>(state), { address, context_id }, static_cast<VcpuThread::Sleep>(sleep) };
}

void save_last_reset(state::Writer& writer, std::optional<ResetCause> const& cause)
{
    writer.boolean(cause.has_value());
    writer.boolean(cause && cause->warm);
    writer.u32(cause ? cause->type : 0);
    writer.u64(cause ? cause->cookie : 0);
}

static std::optional<ResetCause> parse_last_reset(state::Reader& reader)
{
    bool const any = reader.boolean("any");
    bool const warm = reader.boolean("warm");
    uint32_t const type = reader.u32("type");
    uint64_t const cookie = reader.u64("cookie");
    return any ? std::optional { ResetCause { warm, type, cookie } } : std::nullopt;
}

Result<SavedMachine> parse_machine(state::Reader& machine)
{
    SavedMachine saved;
    TRY_PUT(facts, read_section(machine, "facts", 1));
    saved.facts = MachineFacts::parse(facts.content);
    TRY(facts.content.finish());
    TRY_PUT(clock, read_section(machine, "clock", 1));
    saved.clock_ns = clock.content.u64("now");
    TRY(clock.content.finish());
    TRY_PUT(firmware, read_section(machine, "firmware", 1));
    saved.firmware = parse_registers(firmware.content);
    TRY(firmware.content.finish());
    TRY_PUT(reset, read_section(machine, "last reset", 1));
    saved.last_reset = parse_last_reset(reset.content);
    TRY(reset.content.finish());
    for (uint32_t index = 0; index < saved.facts.cpus; ++index) {
        TRY_PUT(section, read_section(machine, "vcpu", 1));
        SavedVcpu vcpu;
        vcpu.power = parse_power(section.content);
        vcpu.registers = parse_registers(section.content);
        TRY(section.content.finish());
        saved.vcpus.push_back(std::move(vcpu));
    }
    while (!machine.at_end()) {
        TRY_PUT(section, read_section(machine));
        if (section.version > 1)
            return Error { Code::Unsupported,
                "Saved state, section \"" + section.content.section() + "\" has version "
                    + std::to_string(section.version) + ", made by a newer Dormouse; this one reads up to version 1" };
        if (!saved.parts.emplace(section.name, section.content).second)
            return Error { Code::Corrupt, "Saved state: section \"" + section.name + "\" comes twice" };
    }
    return saved;
}

}
