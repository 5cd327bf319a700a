#pragma once

#include "base/result.h"
#include "engine/engine.h"

#include <memory>
#include <string_view>

namespace dormouse::emulator {

// The engine that runs on every host. `cpu_profile`: dormouse-v1, which is also "native", or portable-v1; Unsupported
// for others.
Result<std::unique_ptr<engine::Engine>> create_emulator_engine(std::string_view cpu_profile = "native");

}
