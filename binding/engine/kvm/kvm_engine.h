#pragma once

#include "base/result.h"
#include "engine/engine.h"

#include <memory>

namespace dormouse::kvm {

// The engine that lets the host's processor run the guest. Fails with Unsupported and one sentence that says why it
// cannot here, and what to do about it.
Result<std::unique_ptr<engine::Engine>> create_kvm_engine();

}
