#pragma once

#include "engine/engine.h"
#include "machine/board.h"
#include "machine/engine_offer.h"
#include "machine/machine_config.h"

#include <memory>
#include <string>
#include <vector>

namespace dormouse::machine {

// Every engine this product knows, whether this build and host have it or not.
std::vector<EngineOffer> engine_offers();

// Why `jit` can not be on here; empty when it can.
std::string why_no_jit();

// Fails with Unsupported and the reason. `jit` and `perf_map` are the emulator's.
Result<std::unique_ptr<engine::Engine>> create_engine(
    std::string const& name, std::string const& cpu_profile, bool jit, bool perf_map);

// Config and engine -> board: RAM, interrupt controller, devices, vCPUs, each by one function, in this order.
Result<std::unique_ptr<Board>> build_board(MachineConfig const&, std::unique_ptr<engine::Engine>, Clock const&,
    EventThread&, wires::Quiesced const&, ConsoleTap::Observer);

}
