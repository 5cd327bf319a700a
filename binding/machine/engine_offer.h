#pragma once

#include "engine/engine.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dormouse::machine {

// One value of a setting that an engine does not grant on this host. Names and values are those of
// binding/index.d.ts: "psciVersion" "1.3", "sdei" "true", "cpuProfile" "portable-v1".
struct EngineRefusal {
    std::string setting;
    std::string value;
    std::string reason; // one sentence with setting and value
};

// What an engine can do for a machine here: found out by trying, so that who chooses an engine and who builds with it
// never disagree.
struct EngineOffer {
    std::string name;
    bool available { false };
    std::string reason; // why not; empty when available
    std::vector<EngineRefusal> refusals;
    unsigned max_cpus { 0 }; // of one machine
    uint64_t counter_frequency_hz { 0 }; // the only one that its guests can have; 0: any
    uint64_t max_memory_bytes { 0 }; // that the board has addresses for; the host may have less
};

// Makes the engine with a CPU profile, or says why not.
using EngineFactory = std::function<Result<std::unique_ptr<engine::Engine>>(std::string const& cpu_profile)>;

// Makes engines, VMs and vCPUs that never run, one for each value that could be refused.
EngineOffer find_offer(std::string name, EngineFactory const&);

// Whether the engine can give a guest SDEI. Fails with Unsupported, the reason and the way out.
Result<void> check_sdei(engine::Capabilities const&);

// Fails with InvalidArgument when the engine cannot have so many vCPUs.
Result<void> check_cpus(engine::Capabilities const&, unsigned cpus);

}
