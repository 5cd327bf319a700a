#pragma once

#include "base/result.h"
#include "engine/engine.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace dormouse::emulator {

// How guest code is executed. The guest cannot tell.
struct EmulatorOptions {
    bool jit { false }; // translate hot code for the host; else interpret everything
    uint64_t code_bytes { uint64_t { 64 } << 20 }; // see jit::Settings
    uint32_t threshold { 16 }; // see jit::Settings
    uint32_t batch { 16 }; // see jit::Settings
    bool base_features_only { false }; // see jit::Settings
    uint32_t hot_rounds { 512 }; // see jit::Settings
    bool stores_flags { false }; // see jit::Settings
    bool calls_exceptions { false }; // see jit::Settings
    bool perf_map { false }; // with the JIT: see jit::PerfMap
};

// Why this host has no JIT; empty when it has one.
std::string why_no_jit();

// The engine that runs on every host. `cpu_profile`: dormouse-v1, which is also "native", or portable-v1; Unsupported
// for others, and when options.jit is set and this host has none.
Result<std::unique_ptr<engine::Engine>> create_emulator_engine(
    std::string_view cpu_profile = "native", EmulatorOptions const& options = {});

}
