#pragma once

#include "backends/stream/console_stream.h"
#include "devices/bus.h"
#include "devices/gicv3/gicv3.h"
#include "devices/pl011/pl011.h"
#include "devices/pl031/pl031.h"
#include "devices/pl061/pl061.h"
#include "engine/engine.h"
#include "machine/console_tap.h"
#include "memory/memory_map.h"

#include <array>
#include <memory>
#include <vector>

namespace dormouse::machine {

// The hardware of one machine and the engine that executes it, wired together. Built by build_board() only.
// The order of the members is the order of construction: what is below uses what is above.
struct Board {
    Board(unsigned physical_address_bits, devices::Gicv3::Config, Clock const&, EventThread&, ConsoleTap::Observer);

    memory::MemoryMap memory;
    std::shared_ptr<memory::Backing> ram;
    devices::Bus bus;
    backends::ConsoleStream console;
    ConsoleTap console_tap;
    devices::Gicv3 gic;
    devices::Pl011 uart;
    devices::Pl031 rtc;
    devices::Pl061 gpio;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<engine::Vm> vm;
    std::vector<std::unique_ptr<engine::Vcpu>> vcpus;

    // In saving order. The interrupt controller comes last: the devices have driven its lines by then.
    std::array<devices::Device*, 4> devices() { return { &uart, &rtc, &gpio, &gic }; }
};

}
