#pragma once

#include "engine/engine.h"
#include "machine/board.h"
#include "machine/machine_config.h"

#include <memory>
#include <string>
#include <vector>

namespace dormouse::machine {

struct EngineChoice {
    std::string name;
    bool available { false };
    std::string reason; // why not; empty when available
};

// Every engine this product knows, whether this build and host have it or not.
std::vector<EngineChoice> engine_choices();

// Fails with Unsupported and the reason.
Result<std::unique_ptr<engine::Engine>> create_engine(std::string const& name, std::string const& cpu_profile);

// Config and engine -> board: RAM, interrupt controller, devices, vCPUs, each by one function, in this order.
Result<std::unique_ptr<Board>> build_board(MachineConfig const&, std::unique_ptr<engine::Engine>, Clock const&,
    EventThread&, wires::Quiesced const&, ConsoleTap::Observer);

}
