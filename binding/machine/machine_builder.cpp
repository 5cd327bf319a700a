#include "machine/machine_builder.h"

#include "engine/emulator/emulated_engine.h"
#include "engine/kvm/kvm_engine.h"
#include "machine/event_thread.h"
#include "machine/memory_layout.h"

namespace dormouse::machine {

Board::Board(engine::Capabilities const& capabilities, devices::Gicv3::Config const& gic_config, Clock const& clock,
    EventThread& events, ConsoleTap::Observer observer)
    : memory(capabilities.physical_address_bits)
    , console_tap(console, events, std::move(observer))
    , gic(capabilities.in_kernel_gic ? nullptr : std::make_unique<devices::Gicv3>(gic_config))
    , engine_gic(capabilities.in_kernel_gic ? std::make_unique<EngineGic>(gic_config.mpidrs.size()) : nullptr)
    , uart(console_tap, irq_line(32 + layout::kUart0Spi))
    , rtc(clock, events, irq_line(32 + layout::kRtcSpi))
    , gpio(clock, events, irq_line(32 + layout::kGpioSpi))
{
}

std::vector<EngineOffer> engine_offers()
{
    std::vector<EngineOffer> offers;
    for (char const* const name : { "emulator", "kvm" })
        offers.push_back(find_offer(
            name, [name](std::string const& cpu_profile) { return create_engine(name, cpu_profile, false, false); }));
    return offers;
}

std::string why_no_jit()
{
    return emulator::why_no_jit();
}

Result<std::unique_ptr<engine::Engine>> create_engine(
    std::string const& name, std::string const& cpu_profile, bool jit, bool perf_map)
{
    if (name == "emulator") {
        emulator::EmulatorOptions options;
        options.jit = jit;
        options.perf_map = perf_map;
        return emulator::create_emulator_engine(cpu_profile, options);
    }
    if (name == "kvm")
        return kvm::create_kvm_engine(cpu_profile);
    return Error { Code::InvalidArgument, "engine is \"" + name + "\": there is no such engine" };
}

static devices::Gicv3::Config gic_config(MachineConfig const& config)
{
    devices::Gicv3::Config gic;
    for (unsigned cpu = 0; cpu < config.cpus; ++cpu)
        gic.mpidrs.push_back(layout::mpidr_of_cpu(cpu));
    for (auto const& region : layout::redistributor_regions(config.cpus, config.memory_bytes))
        gic.cpus_per_region.push_back(region.cpus);
    return gic;
}

static Result<void> add_ram(Board& board, MachineConfig const& config, wires::Quiesced const& quiesced)
{
    TRY_PUT(ram, memory::Backing::create_anonymous(config.memory_bytes));
    board.ram = std::move(ram);
    auto transaction = board.memory.begin();
    transaction.add("ram", { layout::kRamBase }, config.memory_bytes, board.ram, 0, {});
    TRY_PUT(generation, board.memory.commit(std::move(transaction), quiesced));
    static_cast<void>(generation);
    return {};
}

static Result<void> attach_interrupt_controller(Board& board, MachineConfig const& config)
{
    TRY(board.bus.attach(
        "gic-distributor", { layout::kGicDistributor.base }, layout::kGicDistributor.size, board.gic->distributor()));
    unsigned index = 0;
    for (auto const& [region, cpus] : layout::redistributor_regions(config.cpus, config.memory_bytes)) {
        TRY(board.bus.attach("gic-redistributors-" + std::to_string(index), { region.base },
            cpus * layout::kRedistributorSize, board.gic->redistributor_region(index)));
        ++index;
    }
    return {};
}

static Result<void> attach_devices(Board& board)
{
    TRY(board.bus.attach("uart0", { layout::kUart0.base }, layout::kUart0.size, board.uart));
    TRY(board.bus.attach("rtc", { layout::kRtc.base }, layout::kRtc.size, board.rtc));
    TRY(board.bus.attach("gpio", { layout::kGpio.base }, layout::kGpio.size, board.gpio));
    return {};
}

// The engine's interrupt controller knows where it is and how many CPUs it has.
static Result<void> create_interrupt_controller(Board& board, MachineConfig const& config)
{
    engine::InterruptControllerLayout layout;
    layout.distributor = layout::kGicDistributor.base;
    for (auto const& [region, cpus] : layout::redistributor_regions(config.cpus, config.memory_bytes))
        layout.redistributors.push_back({ region.base, cpus });
    layout.pmu_intid = layout::kPmuIntid;
    TRY_PUT(controller, board.vm->create_interrupt_controller(layout));
    board.engine_gic->attach(*controller);
    return {};
}

static engine::VcpuWiring wiring(Board& board, unsigned cpu)
{
    if (!board.gic)
        return { &board.bus, nullptr, nullptr, nullptr, nullptr };
    return { &board.bus, &board.gic->cpu_interface(cpu), &board.gic->private_line(cpu, layout::kVirtualTimerIntid),
        &board.gic->private_line(cpu, layout::kPhysicalTimerIntid), &board.gic->private_line(cpu, layout::kPmuIntid) };
}

static Result<void> add_vcpus(Board& board, MachineConfig const& config, Clock const& clock, EventThread& events)
{
    TRY_PUT(vm, board.engine->create_vm(board.memory, clock, events));
    board.vm = std::move(vm);
    if (!board.engine->capabilities().firmware_in_user_space)
        TRY(board.vm->pin_psci_version(firmware::psci::describe_version(config.psci_version).value));
    for (unsigned cpu = 0; cpu < config.cpus; ++cpu) {
        TRY_PUT(vcpu, board.vm->create_vcpu(cpu, layout::mpidr_of_cpu(cpu)));
        board.vm->wire(*vcpu, wiring(board, cpu));
        if (board.gic)
            board.gic->connect_cpu(cpu, board.vm->signals(*vcpu));
        board.vcpus.push_back(std::move(vcpu));
    }
    if (board.engine_gic)
        TRY(create_interrupt_controller(board, config));
    return {};
}

static Result<void> choose_counter_frequency(
    Board& board, uint64_t wanted, engine::Capabilities const& capabilities, wires::Quiesced const& quiesced)
{
    if (wanted == 0 || wanted == capabilities.counter_frequency_hz)
        return {};
    if (capabilities.any_counter_frequency)
        return board.vm->set_counter_frequency(wanted, quiesced);
    return Error { Code::Unsupported,
        "counterFrequencyHz is " + std::to_string(wanted) + ": this computer counts at "
            + std::to_string(capabilities.counter_frequency_hz)
            + " Hz, which a guest on KVM sees as it is; the emulator counts at any frequency" };
}

Result<std::unique_ptr<Board>> build_board(MachineConfig const& config, std::unique_ptr<engine::Engine> engine,
    Clock const& clock, EventThread& events, wires::Quiesced const& quiesced, ConsoleTap::Observer observer)
{
    auto const capabilities = engine->capabilities();
    TRY(check_cpus(capabilities, config.cpus));
    auto board = std::make_unique<Board>(capabilities, gic_config(config), clock, events, std::move(observer));
    board->engine = std::move(engine);
    TRY(add_ram(*board, config, quiesced));
    if (board->gic)
        TRY(attach_interrupt_controller(*board, config));
    TRY(attach_devices(*board));
    TRY(add_vcpus(*board, config, clock, events));
    TRY(choose_counter_frequency(*board, config.counter_frequency_hz, capabilities, quiesced));
    return board;
}

}
