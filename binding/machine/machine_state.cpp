// Power-on, reset in place, save and restore: everything that replaces the state of the whole machine.
#include "machine/machine.h"
#include "machine/memory_state.h"
#include "machine/vcpu_registers.h"
#include "state/section.h"

namespace dormouse::machine {

using firmware::PowerState;
using state::read_section;
using state::SectionWriter;

constexpr uint32_t kFormatVersion = 1;

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

static void save_registers(state::Writer& writer, std::vector<engine::RegisterEntry> const& registers)
{
    writer.u32(static_cast<uint32_t>(registers.size()));
    for (auto const& [id, value] : registers) {
        writer.u64(id.value);
        writer.u64(value.low);
        writer.u64(value.high);
    }
}

template <typename Source> static Result<std::vector<engine::RegisterEntry>> all_registers(Source const& source)
{
    std::vector<engine::RegisterEntry> registers;
    for (engine::RegisterId const id : source.register_list()) {
        TRY_PUT(value, source.read_register(id));
        registers.push_back({ id, value });
    }
    return registers;
}

Result<void> Machine::write_state(state::Writer& writer, wires::Quiesced const& quiesced)
{
    SectionWriter const machine { writer, "machine", kFormatVersion };
    {
        SectionWriter const section { writer, "config", 1 };
        writer.u32(m_config.cpus);
        writer.u64(m_config.memory_bytes);
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
        SectionWriter const section { writer, "psci", 1 };
        m_firmware.psci().ledger().save(writer);
    }
    {
        SectionWriter const section { writer, "last reset", 1 };
        auto const cause = last_reset();
        writer.boolean(cause.has_value());
        writer.boolean(cause && cause->warm);
        writer.u32(cause ? cause->type : 0);
        writer.u64(cause ? cause->cookie : 0);
    }
    for (unsigned index = 0; index < m_config.cpus; ++index) {
        SectionWriter const section { writer, "vcpu", 1 };
        auto const power = m_threads[index]->power(quiesced);
        writer.u8(static_cast<uint8_t>(power.state));
        writer.u64(power.entry.address);
        writer.u64(power.entry.context_id);
        writer.u8(static_cast<uint8_t>(power.sleep));
        TRY_PUT(registers, all_registers(VcpuRegisters { *m_board->vcpus[index], m_firmware.sdei(), index }));
        save_registers(writer, registers);
    }
    for (devices::Device const* device : m_board->devices()) {
        SectionWriter const section { writer, device->name(), 1 };
        device->save(writer);
    }
    TRY(m_board->take_failure());
    {
        SectionWriter const section { writer, "slots", 1 };
        save_slots(writer, *m_board, quiesced);
    }
    SectionWriter const section { writer, "memory", 1 };
    save_memory(writer, *m_board->memory.view());
    return {};
}

Result<std::vector<uint8_t>> Machine::save()
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
    state::Writer writer;
    auto const written = write_state(writer, quiesced);
    if (was_running)
        set_clock_running(true, quiesced);
    if (!written.ok())
        return written.error();
    return writer.take();
}

// --- Restore -------------------------------------------------------------------------------------------------------

template <typename Target> static Result<void> restore_registers(state::Reader& reader, Target& target)
{
    auto const known = target.register_list();
    uint32_t const count = reader.u32("register count");
    if (reader.ok() && count != known.size())
        reader.fail(
            "register count", "is " + std::to_string(count) + ", this machine has " + std::to_string(known.size()));
    for (uint32_t i = 0; i < count && reader.ok(); ++i) {
        engine::RegisterId const id { reader.u64("register id") };
        uint64_t const low = reader.u64("register value");
        uint64_t const high = reader.u64("register value");
        if (!reader.ok())
            break;
        if (auto const written = target.write_register(id, { low, high }); !written.ok())
            reader.fail("registers", "cannot be loaded: " + written.error().message);
    }
    return reader.finish();
}

static Result<void> check_config(state::Reader& reader, MachineConfig const& config)
{
    auto const differs = [&](char const* field, uint64_t saved, uint64_t here) {
        if (saved != here)
            reader.fail(field, "is " + std::to_string(saved) + ", this machine has " + std::to_string(here));
    };
    uint32_t const cpus = reader.u32("cpus");
    uint64_t const memory_bytes = reader.u64("memoryBytes");
    if (reader.ok()) {
        differs("cpus", cpus, config.cpus);
        differs("memoryBytes", memory_bytes, config.memory_bytes);
    }
    return reader.finish();
}

static Result<VcpuThread::Power> read_power(state::Reader& reader)
{
    uint8_t const state = reader.u8("power");
    uint64_t const address = reader.u64("entry");
    uint64_t const context_id = reader.u64("context id");
    uint8_t const sleep = reader.u8("sleep");
    if (sleep > static_cast<uint8_t>(VcpuThread::Sleep::Waking))
        reader.fail("sleep", "is " + std::to_string(sleep) + ", which is no way to sleep");
    if (state > static_cast<uint8_t>(PowerState::Suspended))
        reader.fail("power", "is " + std::to_string(state) + ", which is no power state");
    TRY(reader.result());
    return VcpuThread::Power { static_cast<PowerState>(state), { address, context_id },
        static_cast<VcpuThread::Sleep>(sleep) };
}

static Result<std::optional<ResetCause>> read_reset_cause(state::Reader& reader)
{
    bool const any = reader.boolean("any");
    bool const warm = reader.boolean("warm");
    uint32_t const type = reader.u32("type");
    uint64_t const cookie = reader.u64("cookie");
    TRY(reader.finish());
    return any ? std::optional { ResetCause { warm, type, cookie } } : std::nullopt;
}

Result<void> Machine::read_state(std::span<uint8_t const> bytes, bool& touched, wires::Quiesced const& quiesced)
{
    state::Reader file { "state", bytes };
    TRY_PUT(machine, read_section(file, "machine", kFormatVersion));
    TRY(file.finish());
    state::Reader& reader = machine.content;
    TRY_PUT(config, read_section(reader, "config", 1));
    TRY(check_config(config.content, m_config));
    TRY_PUT(clock, read_section(reader, "clock", 1));
    uint64_t const now = clock.content.u64("now");
    TRY(clock.content.finish());
    TRY_PUT(firmware, read_section(reader, "firmware", 1));
    TRY(restore_registers(firmware.content, m_firmware));

    touched = true; // from here on a failure leaves a mixture behind
    m_clock.set(now);
    TRY_PUT(psci, read_section(reader, "psci", 1));
    TRY(m_firmware.psci().ledger().restore(psci.content));
    TRY_PUT(reset, read_section(reader, "last reset", 1));
    TRY_PUT(cause, read_reset_cause(reset.content));
    set_last_reset(cause);
    for (unsigned index = 0; index < m_config.cpus; ++index) {
        TRY_PUT(section, read_section(reader, "vcpu", 1));
        TRY_PUT(power, read_power(section.content));
        VcpuRegisters registers { *m_board->vcpus[index], m_firmware.sdei(), index };
        TRY(restore_registers(section.content, registers));
        m_threads[index]->set_power(power, quiesced);
    }
    for (devices::Device* device : m_board->devices()) {
        TRY_PUT(section, read_section(reader, device->name(), 1));
        TRY(device->restore(section.content));
    }
    TRY_PUT(slots, read_section(reader, "slots", 1));
    TRY(restore_slots(slots.content, *m_board, quiesced));
    TRY_PUT(memory, read_section(reader, "memory", 1));
    TRY(clear_memory(*m_board, quiesced));
    TRY(restore_memory(memory.content, *m_board->memory.view()));
    m_board->vm->guest_code_changed(quiesced);
    m_panic_watch.forget();
    return reader.finish();
}

Result<void> Machine::restore(std::span<uint8_t const> bytes)
{
    std::lock_guard const operation { m_operation };
    TRY(m_board->owns_firmware("Restoring"));
    MachineState const before = state();
    if (before != MachineState::Created && before != MachineState::Paused)
        return Error { Code::InvalidState, "Restoring needs a machine that is created or paused" };
    std::optional<Ending> ending;
    Result<void> result;
    {
        std::optional<wires::Quiesced> own;
        if (!m_pause)
            own.emplace(quiesce());
        wires::Quiesced const& quiesced = m_pause ? *m_pause : *own;
        bool touched = false;
        result = read_state(bytes, touched, quiesced);
        if (result.ok())
            ++m_epoch;
        if (!result.ok() && touched) {
            bool const repaired = before == MachineState::Created && power_on(Memory::Clear, quiesced).ok();
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

}
