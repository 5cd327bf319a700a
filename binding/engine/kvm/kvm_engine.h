#pragma once

#include "base/result.h"
#include "engine/engine.h"

#include <memory>
#include <string_view>

namespace dormouse::kvm {

// The engine that lets the host's processor run the guest. Fails with Unsupported and one sentence that says why it
// cannot here, and what to do about it. `cpu_profile`: see CpuProfile.
Result<std::unique_ptr<engine::Engine>> create_kvm_engine(std::string_view cpu_profile = "native");

}
