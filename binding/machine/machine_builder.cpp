#include "machine/machine_builder.h"

#include "engine/emulator/emulated_engine.h"
#include "machine/event_thread.h"
#include "machine/memory_layout.h"

namespace dormouse::machine {

Board::Board(unsigned physical_address_bits, devices::Gicv3::Config gic_config, Clock const& clock, EventThread& events,
    ConsoleTap::Observer observer)
    : memory(physical_address_bits)
    , console_tap(console, events, std::move(observer))
    , gic(std::move(gic_config))
    , uart(console_tap, gic.irq_line(32 + layout::kUart0Spi))
    , rtc(clock, events, gic.irq_line(32 + layout::kRtcSpi))
    , gpio(clock, events, gic.irq_line(32 + layout::kGpioSpi))
{
}

std::vector<EngineChoice> engine_choices()
{
    return {
        { "emulator", true, "" },
        { "kvm", false, "This build has no KVM engine" },
    };
}

Result<std::unique_ptr<engine::Engine>> create_engine(std::string const& name)
{
    for (EngineChoice const& choice : engine_choices()) {
        if (choice.name != name)
            continue;
        if (!choice.available)
            return Error { Code::Unsupported, choice.reason };
        return emulator::create_emulator_engine();
    }
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
        "gic-distributor", { layout::kGicDistributor.base }, layout::kGicDistributor.size, board.gic.distributor()));
    unsigned index = 0;
    for (auto const& [region, cpus] : layout::redistributor_regions(config.cpus, config.memory_bytes)) {
        TRY(board.bus.attach("gic-redistributors-" + std::to_string(index), { region.base },
            cpus * layout::kRedistributorSize, board.gic.redistributor_region(index)));
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

static Result<void> add_vcpus(Board& board, MachineConfig const& config, Clock const& clock, EventThread& events)
{
    TRY_PUT(vm, board.engine->create_vm(board.memory, clock, events));
    board.vm = std::move(vm);
    for (unsigned cpu = 0; cpu < config.cpus; ++cpu) {
        TRY_PUT(vcpu, board.vm->create_vcpu(cpu, layout::mpidr_of_cpu(cpu)));
        board.vm->wire(*vcpu,
            { &board.bus, &board.gic.cpu_interface(cpu), &board.gic.private_line(cpu, layout::kVirtualTimerIntid),
                &board.gic.private_line(cpu, layout::kPhysicalTimerIntid),
                &board.gic.private_line(cpu, layout::kPmuIntid) });
        board.gic.connect_cpu(cpu, board.vm->signals(*vcpu));
        board.vcpus.push_back(std::move(vcpu));
    }
    return {};
}

Result<std::unique_ptr<Board>> build_board(MachineConfig const& config, std::unique_ptr<engine::Engine> engine,
    Clock const& clock, EventThread& events, wires::Quiesced const& quiesced, ConsoleTap::Observer observer)
{
    auto const capabilities = engine->capabilities();
    if (capabilities.max_vcpus != 0 && config.cpus > capabilities.max_vcpus)
        return Error { Code::InvalidArgument,
            "cpus is " + std::to_string(config.cpus) + ": the " + capabilities.name + " engine runs at most "
                + std::to_string(capabilities.max_vcpus) };
    auto board = std::make_unique<Board>(
        capabilities.physical_address_bits, gic_config(config), clock, events, std::move(observer));
    board->engine = std::move(engine);
    TRY(add_ram(*board, config, quiesced));
    TRY(attach_interrupt_controller(*board, config));
    TRY(attach_devices(*board));
    TRY(add_vcpus(*board, config, clock, events));
    return board;
}

}
