#pragma once

#include "base/result.h"
#include "engine/engine.h"

#include <memory>

namespace dormouse::emulator {

// The engine that runs on every host.
Result<std::unique_ptr<engine::Engine>> create_emulator_engine();

}
