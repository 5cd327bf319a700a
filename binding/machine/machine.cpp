#include "machine/machine.h"

#include "base/check.h"
#include "machine/linux_boot.h"
#include "machine/machine_builder.h"
#include "machine/memory_layout.h"

namespace dormouse::machine {

Result<std::unique_ptr<Machine>> Machine::create(MachineConfig config, MachineListener& listener)
{
    TRY(validate(config));
    TRY_PUT(engine, create_engine(config.engine, config.cpu_profile, config.jit, config.perf_map));
    auto const capabilities = engine->capabilities();
    if (config.sdei)
        TRY(check_sdei(capabilities));
    TRY_PUT(boot_image, LinuxBoot::create(config, capabilities));
    return create(std::move(config), std::move(engine), std::move(boot_image), listener);
}

Result<std::unique_ptr<Machine>> Machine::create(MachineConfig config, std::unique_ptr<engine::Engine> engine,
    std::unique_ptr<BootImage> boot_image, MachineListener& listener)
{
    std::unique_ptr<Machine> machine { new Machine { std::move(config), std::move(boot_image), listener } };
    TRY(machine->build(std::move(engine)));
    return machine;
}

Machine::Machine(MachineConfig config, std::unique_ptr<BootImage> boot_image, MachineListener& listener)
    : m_config(std::move(config))
    , m_listener(listener)
    , m_boot_image(std::move(boot_image))
    , m_clock(m_config.wall_clock_offset_seconds)
    , m_gate([this] {
        if (m_board)
            for (auto const& vcpu : m_board->vcpus)
                vcpu->kick();
    })
    , m_events(m_clock, m_gate)
    , m_panic_watch(m_clock, m_events, m_config.cpus, [this] { look_at_vcpus(); })
    , m_nowhere(m_config.cpus)
    , m_firmware(
          m_config.psci_version, *this, m_clock, m_config.sdei ? std::optional { m_config.sdei_events } : std::nullopt)
{
}

Result<void> Machine::build(std::unique_ptr<engine::Engine> engine)
{
    auto const quiesced = quiesce();
    TRY_PUT(board,
        build_board(m_config, std::move(engine), m_clock, m_events, quiesced,
            [this](std::span<uint8_t const> bytes) { m_panic_watch.printed(bytes); }));
    m_board = std::move(board);
    m_counter_frequency_hz = m_config.counter_frequency_hz != 0 ? m_config.counter_frequency_hz
                                                                : m_board->engine->capabilities().counter_frequency_hz;
    m_board->console.on_output([this] { m_listener.console_has_output(); });
    for (unsigned index = 0; index < m_config.cpus; ++index)
        m_threads.emplace_back(new VcpuThread { index, *m_board->vcpus[index], m_gate, *this });
    if (m_board->gic)
        m_board->gic->on_wake([this](unsigned cpu) { m_board->vcpus[cpu]->kick(); });
    if (!m_board->engine->capabilities().sees_wild_fetches) {
        m_patrol = m_events.create_timer([this] { patrol(); });
        patrol();
    }
    return power_on(Memory::Fresh, quiesced);
}

Machine::~Machine()
{
    close();
}

static Error wrong_state(char const* request, char const* allowed, MachineState state)
{
    static constexpr char const* kNames[] { "created", "running", "paused", "suspended", "ended" };
    return { Code::InvalidState,
        std::string { request } + " needs a machine that is " + allowed + "; this one is "
            + kNames[static_cast<int>(state)] };
}

Result<void> Machine::start()
{
    std::lock_guard const operation { m_operation };
    if (state() != MachineState::Created)
        return wrong_state("Starting", "created", state());
    {
        auto const quiesced = quiesce();
        for (auto const& thread : m_threads)
            thread->start();
        set_clock_running(true, quiesced);
        set_state(system_sleeper(quiesced) ? MachineState::Suspended : MachineState::Running, quiesced);
    }
    return {};
}

static bool lives(MachineState state)
{
    return state == MachineState::Running || state == MachineState::Suspended;
}

Result<void> Machine::pause()
{
    std::lock_guard const operation { m_operation };
    if (!lives(state()))
        return wrong_state("Pausing", "running", state());
    auto quiesced = quiesce();
    // The guest may have switched itself off while we waited for our turn.
    if (!lives(state()))
        return wrong_state("Pausing", "running", state());
    set_clock_running(false, quiesced);
    set_state(MachineState::Paused, quiesced);
    m_pause.emplace(std::move(quiesced));
    return {};
}

Result<void> Machine::resume()
{
    std::lock_guard const operation { m_operation };
    if (state() != MachineState::Paused)
        return wrong_state("Resuming", "paused", state());
    set_clock_running(true, *m_pause);
    set_state(system_sleeper(*m_pause) ? MachineState::Suspended : MachineState::Running, *m_pause);
    m_pause.reset();
    return {};
}

Result<void> Machine::wake()
{
    std::lock_guard const operation { m_operation };
    if (state() != MachineState::Suspended)
        return wrong_state("Waking", "suspended", state());
    auto const quiesced = quiesce();
    // An interrupt may have been quicker.
    if (!wake_system(quiesced))
        return wrong_state("Waking", "suspended", state());
    return {};
}

void Machine::stop()
{
    // First of all: a request that waits for the lock's holder may wait behind an open question.
    m_desk.close();
    std::lock_guard const operation { m_operation };
    if (state() == MachineState::Ended) {
        // Somebody else ended it and is perhaps just telling the listener.
        m_reported.wait(false);
        return;
    }
    std::optional<Ending> ending;
    {
        auto const quiesced = m_pause ? std::move(*m_pause) : quiesce();
        m_pause.reset();
        ending = end({ Outcome::Stopped, "The machine was stopped" }, quiesced);
    }
    report(ending);
    m_reported.wait(false);
}

void Machine::close()
{
    if (m_board)
        stop();
    std::lock_guard const operation { m_operation };
    if (m_closed)
        return;
    m_closed = true;
    m_gate.close();
    for (auto const& thread : m_threads)
        thread->join();
    m_events.stop();
}

Result<void> Machine::press_power_button()
{
    // Not one of the serialised requests: it changes nothing by itself, and its caller must not wait for a save.
    if (!lives(state()))
        return wrong_state("Pressing the power button", "running", state());
    m_events.post([this] { m_board->gpio.press_power_button(); });
    return {};
}

void Machine::set_state(MachineState state, wires::Quiesced const&)
{
    m_state.store(state, std::memory_order_release);
    m_listener.state_changed(state);
}

void Machine::set_clock_running(bool running, wires::Quiesced const& quiesced)
{
    if (running)
        m_clock.start();
    else
        m_clock.stop();
    // With every vCPU parked there is nothing that could keep an engine from it.
    CHECK(m_board->vm->clock_changed(running, quiesced).ok());
    m_events.clock_changed();
}

std::optional<Ending> Machine::end(Ending ending, wires::Quiesced const& quiesced)
{
    if (state() == MachineState::Ended)
        return std::nullopt;
    ++m_epoch;
    set_clock_running(false, quiesced);
    set_state(MachineState::Ended, quiesced);
    m_gate.close();
    // Threads of vCPUs that are off sleep outside the gate: join() wakes them.
    return ending;
}

void Machine::report(std::optional<Ending> const& ending)
{
    if (!ending)
        return;
    m_listener.ended(*ending);
    m_reported.store(true);
    m_reported.notify_all();
}

MachineStatistics Machine::statistics() const
{
    MachineStatistics statistics;
    statistics.state = state();
    statistics.resets = m_resets.load();
    statistics.last_reset = last_reset();
    statistics.guest_time_ns = m_clock.now_ns();
    for (size_t index = 0; index < m_threads.size(); ++index) {
        ExitLog const& exits = m_threads[index]->exits();
        for (size_t kind = 0; kind < kExitKinds; ++kind)
            statistics.exits[kind] += exits.count(kind);
        engine::Vcpu const& vcpu = *m_board->vcpus[index];
        statistics.vcpus.push_back({ m_threads[index]->power(), vcpu.counters(), vcpu.details() });
    }
    statistics.memory_map = memory_map();
    statistics.console_bytes = m_board->console.bytes_printed();
    statistics.last_parking_ns = static_cast<uint64_t>(m_gate.last_parking().count());
    return statistics;
}

}
