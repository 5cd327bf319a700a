#pragma once

#include "backends/stream/console_stream.h"
#include "devices/bus.h"
#include "devices/gicv3/gicv3.h"
#include "devices/pl011/pl011.h"
#include "devices/pl031/pl031.h"
#include "devices/pl061/pl061.h"
#include "engine/engine.h"
#include "machine/console_tap.h"
#include "machine/engine_gic.h"
#include "memory/memory_map.h"

#include <array>
#include <memory>
#include <vector>

namespace dormouse::machine {

// The hardware of one machine and the engine that executes it, wired together. Built by build_board() only.
// The order of the members is the order of construction: what is below uses what is above.
struct Board {
    Board(engine::Capabilities const&, devices::Gicv3::Config const&, Clock const&, EventThread&, ConsoleTap::Observer);

    // The input of a shared interrupt, 32 up.
    wires::IrqLine& irq_line(unsigned intid) { return gic ? gic->irq_line(intid) : engine_gic->irq_line(intid); }
    devices::Device& interrupt_controller()
    {
        return gic ? static_cast<devices::Device&>(*gic) : static_cast<devices::Device&>(*engine_gic);
    }

    // What the guest knows of the power of its CPUs is in the kernel when that answers PSCI: it cannot be saved.
    Result<void> owns_firmware(char const* request) const
    {
        if (engine->capabilities().firmware_in_user_space)
            return {};
        return Error { Code::Unsupported,
            std::string { request }
                + " needs our own PSCI firmware: this host's kernel has its own in place of it (Linux 6.4 and newer "
                  "let us)" };
    }
    // Of an interrupt controller outside our hands, since the last call.
    Result<void> take_failure() { return engine_gic ? engine_gic->take_failure() : Result<void> {}; }

    memory::MemoryMap memory;
    std::shared_ptr<memory::Backing> ram;
    devices::Bus bus;
    backends::ConsoleStream console;
    ConsoleTap console_tap;
    std::unique_ptr<devices::Gicv3> gic; // one of the two; this one is null when the engine brings its own
    std::unique_ptr<EngineGic> engine_gic;
    devices::Pl011 uart;
    devices::Pl031 rtc;
    devices::Pl061 gpio;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<engine::Vm> vm;
    std::vector<std::unique_ptr<engine::Vcpu>> vcpus;

    // In saving order. The interrupt controller comes last: the devices have driven its lines by then.
    std::array<devices::Device*, 4> devices() { return { &uart, &rtc, &gpio, &interrupt_controller() }; }
};

}
