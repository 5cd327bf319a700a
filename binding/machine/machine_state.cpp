// Power-on, reset in place, save and restore: everything that replaces the state of the whole machine.
#include "devices/gicv3/gicv3_state.h"
#include "machine/machine.h"
#include "machine/memory_layout.h"
#include "machine/memory_state.h"
#include "machine/saved_machine.h"
#include "machine/vcpu_registers.h"
#include "state/section.h"

#include <map>

namespace dormouse::machine {

using firmware::PowerState;
using state::read_section;
using state::SectionWriter;

Result<void> Machine::power_on(Memory memory, wires::Quiesced const& quiesced)
{
    if (memory == Memory::Clear)
        TRY(clear_memory(*m_board, quiesced));
    m_firmware.psci().reset(memory != Memory::Keep);
    for (devices::Device* device : m_board->devices())
        device->reset();
    TRY(m_board->take_failure());
    m_board->console.discard_input();
    m_panic_watch.forget();
    for (unsigned index = 0; index < m_config.cpus; ++index) {
        m_board->vcpus[index]->reset();
        starting(index);
        m_threads[index]->set_power({ PowerState::Off, {} }, quiesced);
    }
    TRY_PUT(entry, m_boot_image->place(*m_board->memory.view(), quiesced));
    m_board->vm->guest_code_changed(quiesced);
    // An engine with firmware of its own keeps the others off inside until the guest turns them on.
    if (!m_board->engine->capabilities().firmware_in_user_space)
        for (auto const& thread : m_threads)
            thread->set_power({ PowerState::OnPending, {} }, quiesced);
    m_threads[0]->set_power({ PowerState::OnPending, entry }, quiesced);
    return {};
}

Result<void> Machine::reset_in_place(ResetCause const& cause, wires::Quiesced const& quiesced)
{
    ++m_epoch;
    TRY(power_on(cause.warm ? Memory::Keep : Memory::Clear, quiesced));
    set_last_reset(cause);
    m_listener.was_reset(++m_resets, cause);
    return {};
}

// --- Save ----------------------------------------------------------------------------------------------------------

template <typename Source> static Result<std::vector<engine::RegisterEntry>> all_registers(Source const& source)
{
    std::vector<engine::RegisterEntry> registers;
    for (engine::RegisterId const id : source.register_list()) {
        TRY_PUT(value, source.read_register(id));
        registers.push_back({ id, value });
    }
    return registers;
}

MachineFacts Machine::facts() const
{
    auto const capabilities = m_board->engine->capabilities();
    MachineFacts facts;
    facts.engine = capabilities.name;
    facts.cpu_profile = capabilities.cpu_profile;
    facts.counter_frequency_hz = m_counter_frequency_hz;
    facts.zero_block_bytes = capabilities.zero_block_bytes;
    facts.psci_version = m_config.psci_version;
    facts.sdei = m_firmware.sdei() != nullptr;
    if (facts.sdei)
        facts.sdei_events = m_config.sdei_events;
    facts.cpus = m_config.cpus;
    facts.memory_bytes = m_config.memory_bytes;
    facts.gic_lines = devices::gic::kLines;
    for (auto const& region : layout::redistributor_regions(m_config.cpus, m_config.memory_bytes))
        facts.gic_cpus_per_region.push_back(region.cpus);
    return facts;
}

// The section "machine": everything but memory.
Result<void> Machine::write_state(state::Writer& writer, wires::Quiesced const& quiesced)
{
    SectionWriter const machine { writer, "machine", kMachineFormat };
    {
        SectionWriter const section { writer, "facts", 1 };
        facts().save(writer);
    }
    {
        SectionWriter const section { writer, "clock", 1 };
        writer.u64(m_clock.now_ns());
    }
    {
        SectionWriter const section { writer, "firmware", 1 };
        TRY_PUT(registers, all_registers(m_firmware));
        save_registers(writer, registers);
    }
    {
        SectionWriter const section { writer, "last reset", 1 };
        save_last_reset(writer, last_reset());
    }
    for (unsigned index = 0; index < m_config.cpus; ++index) {
        SectionWriter const section { writer, "vcpu", 1 };
        save_power(writer, m_threads[index]->power(quiesced));
        TRY_PUT(registers, all_registers(VcpuRegisters { *m_board->vcpus[index], m_firmware.sdei(), index }));
        save_registers(writer, registers);
    }
    {
        SectionWriter const section { writer, "psci", 1 };
        m_firmware.psci().ledger().save(writer);
    }
    for (devices::Device const* device : m_board->devices()) {
        SectionWriter const section { writer, device->name(), 1 };
        device->save(writer);
    }
    TRY(m_board->take_failure());
    SectionWriter const section { writer, "slots", 1 };
    save_slots(writer, *m_board, quiesced);
    return {};
}

Result<void> Machine::save_with(std::function<Result<void>(wires::Quiesced const&)> const& write)
{
    std::lock_guard const operation { m_operation };
    TRY(m_board->owns_firmware("Saving"));
    std::optional<wires::Quiesced> own;
    if (!m_pause)
        own.emplace(quiesce());
    wires::Quiesced const& quiesced = m_pause ? *m_pause : *own;
    if (state() == MachineState::Ended)
        return Error { Code::InvalidState, "Saving needs a machine that has not ended" };
    bool const was_running = m_clock.running();
    // The counters of the vCPUs are part of their registers: they must stand while they are read one by one.
    set_clock_running(false, quiesced);
    auto const written = write(quiesced);
    if (was_running)
        set_clock_running(true, quiesced);
    return written;
}

Result<std::vector<uint8_t>> Machine::save()
{
    state::Writer writer;
    TRY(save_with([&](wires::Quiesced const& quiesced) -> Result<void> {
        TRY(write_state(writer, quiesced));
        SectionWriter const memory { writer, "memory", 1 };
        save_memory(writer, *m_board->memory.view());
        return {};
    }));
    return writer.take();
}

Result<void> Machine::save_file(std::string const& path, StateProgress const& progress)
{
    return save_with([&](wires::Quiesced const& quiesced) -> Result<void> {
        state::Writer writer;
        TRY(write_state(writer, quiesced));
        return write_state_file(path, writer.data(), *m_board->memory.view(), progress);
    });
}

// --- Restore -------------------------------------------------------------------------------------------------------

Result<MachineOffer> Machine::offer(wires::Quiesced const&)
{
    MachineOffer offer;
    offer.facts = facts();
    offer.any_counter_frequency = m_board->engine->capabilities().any_counter_frequency;
    for (unsigned index = 0; index < m_config.cpus; ++index) {
        VcpuRegisters const registers { *m_board->vcpus[index], m_firmware.sdei(), index };
        auto& list = offer.vcpus.emplace_back();
        for (engine::RegisterId const id : registers.register_list()) {
            TRY_PUT(value, registers.read_register(id));
            list.push_back({ id, value, registers.fixed_bits(id) });
        }
    }
    return offer;
}

Result<void> Machine::set_counter_frequency(uint64_t hertz, wires::Quiesced const& quiesced)
{
    // 0: an engine without a counter of its own saved the machine.
    if (hertz == 0 || hertz == m_counter_frequency_hz)
        return {};
    TRY(m_board->vm->set_counter_frequency(hertz, quiesced));
    m_counter_frequency_hz = hertz;
    return {};
}

static Result<void> restore_firmware(std::vector<engine::RegisterEntry> const& entries, firmware::Firmware& target)
{
    for (engine::RegisterEntry const& entry : entries)
        TRY(target.write_register(entry.id, entry.value));
    return {};
}

// In the order of the target's list, which is right for loading whatever engine saved.
static Result<void> restore_registers(
    SavedVcpu const& saved, std::vector<MachineOffer::Register> const& offered, VcpuRegisters& target)
{
    std::map<engine::RegisterId, engine::RegisterValue> values;
    for (engine::RegisterEntry const& entry : saved.registers)
        values.emplace(entry.id, entry.value);
    for (MachineOffer::Register const& each : offered) {
        auto const found = values.find(each.id);
        auto const value = found != values.end() ? adapted({ each.id, found->second }, each) : value_if_absent(each);
        if (auto const written = target.write_register(each.id, value); !written.ok())
            return Error { Code::Corrupt, "Saved state: registers cannot be loaded: " + written.error().message };
    }
    return {};
}

Result<void> Machine::read_state(SavedMachine& saved, std::function<Result<void>()> const& read_memory, bool& touched,
    wires::Quiesced const& quiesced)
{
    TRY_PUT(offered, offer(quiesced));
    for (Finding const& finding : preflight(saved, offered))
        if (finding.verdict == Finding::Verdict::Refused)
            return Error { Code::Unsupported, "Saved state: " + finding.reason };
    TRY(restore_firmware(saved.firmware, m_firmware));

    touched = true; // from here on a failure leaves a mixture behind
    m_clock.set(saved.clock_ns);
    TRY(set_counter_frequency(saved.facts.counter_frequency_hz, quiesced));
    TRY_PUT(psci, saved.part("psci"));
    TRY(m_firmware.psci().ledger().restore(psci));
    set_last_reset(saved.last_reset);
    for (unsigned index = 0; index < m_config.cpus; ++index) {
        VcpuRegisters registers { *m_board->vcpus[index], m_firmware.sdei(), index };
        TRY(restore_registers(saved.vcpus[index], offered.vcpus[index], registers));
        m_threads[index]->set_power(saved.vcpus[index].power, quiesced);
    }
    size_t known = 2; // "psci" and "slots"
    for (devices::Device* device : m_board->devices()) {
        TRY_PUT(part, saved.part(device->name()));
        TRY(device->restore(part));
        ++known;
    }
    TRY(m_board->take_failure());
    if (saved.parts.size() != known)
        return Error { Code::Unsupported, "Saved state: it has parts of a machine that this one does not have" };
    TRY_PUT(slots, saved.part("slots"));
    TRY(restore_slots(slots, *m_board, quiesced));
    TRY(clear_memory(*m_board, quiesced));
    TRY(read_memory());
    m_board->vm->guest_code_changed(quiesced);
    m_panic_watch.forget();
    return {};
}

static Result<void> may_restore(MachineState state)
{
    if (state == MachineState::Created || state == MachineState::Paused)
        return {};
    return Error { Code::InvalidState, "Restoring needs a machine that is created or paused" };
}

Result<void> Machine::restore_with(state::Reader& content, std::function<Result<void>()> const& read_memory)
{
    TRY_PUT(section, read_section(content, "machine", kMachineFormat));
    TRY_PUT(saved, parse_machine(section.content));
    std::lock_guard const operation { m_operation };
    TRY(m_board->owns_firmware("Restoring"));
    MachineState const before = state();
    TRY(may_restore(before));
    std::optional<Ending> ending;
    Result<void> result;
    {
        std::optional<wires::Quiesced> own;
        if (!m_pause)
            own.emplace(quiesce());
        wires::Quiesced const& quiesced = m_pause ? *m_pause : *own;
        bool touched = false;
        uint64_t const frequency = m_counter_frequency_hz;
        result = read_state(saved, read_memory, touched, quiesced);
        if (result.ok())
            ++m_epoch;
        if (!result.ok() && touched) {
            bool const repaired = before == MachineState::Created && set_counter_frequency(frequency, quiesced).ok()
                && power_on(Memory::Clear, quiesced).ok();
            if (!repaired)
                ending = end({ Outcome::Error, "Restoring failed: " + result.error().message, std::nullopt }, quiesced);
            m_clock.set(0);
        }
    }
    if (ending) {
        m_pause.reset();
        report(ending);
    }
    return result;
}

Result<void> Machine::restore(std::span<uint8_t const> bytes)
{
    TRY(may_restore(state()));
    state::Reader content { "state", bytes };
    // Both sections must be whole before anything is touched.
    state::Reader ahead = content;
    TRY_PUT(machine, read_section(ahead, "machine", kMachineFormat));
    TRY_PUT(memory, read_section(ahead, "memory", 1));
    TRY(ahead.finish());
    return restore_with(content, [&] { return restore_memory(memory.content, *m_board->memory.view()); });
}

Result<void> Machine::restore_file(std::string const& path, StateProgress const& progress)
{
    TRY(may_restore(state()));
    TRY_PUT(file, StateFile::open(path));
    state::Reader content { "state", file.machine() };
    return restore_with(content, [&] { return file.read_memory(*m_board->memory.view(), progress); });
}

Result<Preflight> Machine::preflight_file(std::string const& path)
{
    TRY_PUT(file, StateFile::open(path));
    state::Reader content { "state", file.machine() };
    TRY_PUT(section, read_section(content, "machine", kMachineFormat));
    TRY_PUT(saved, parse_machine(section.content));
    std::lock_guard const operation { m_operation };
    if (state() == MachineState::Ended)
        return Error { Code::InvalidState, "A preflight needs a machine that has not ended" };
    std::optional<wires::Quiesced> own;
    if (!m_pause)
        own.emplace(quiesce());
    TRY_PUT(offered, offer(m_pause ? *m_pause : *own));
    return Preflight { saved.facts, offered.facts, preflight(saved, offered) };
}

}
