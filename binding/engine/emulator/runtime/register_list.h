#pragma once

#include "base/result.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/register_id.h"

#include <vector>

// ONE_REG access to an emulated vCPU: the state of a vCPU at an instruction boundary is exactly this list. The counters
// CNTPCT and CNTVCT are in it as KVM has them: writing one sets its offset, so they must be read and written while the
// machine's clock stands still (under Quiesced). [Linux, Documentation/virt/kvm/api.rst, KVM_GET_ONE_REG, arm64]
namespace dormouse::emulator::runtime {

using engine::kRegisterPhysicalCounter;
using engine::kRegisterPhysicalTimerCompare;
using engine::kRegisterPhysicalTimerControl;
using engine::kRegisterVirtualCounter;
using engine::kRegisterVirtualTimerCompare;
using engine::kRegisterVirtualTimerControl;

// What the guest can see but no architectural register holds, in the implementation defined space (op0=3 op1=7 CRn=15).
constexpr engine::RegisterId kRegisterEvent = engine::system_register_id(0xff88); // bit 0: event register of WFE
constexpr engine::RegisterId kRegisterExclusiveControl = engine::system_register_id(0xff89); // [0] armed, [15:8] bytes
constexpr engine::RegisterId kRegisterExclusiveAddress = engine::system_register_id(0xff8a);
constexpr engine::RegisterId kRegisterExclusiveValue { engine::kRegArm64 | engine::kRegSizeU128 | engine::kRegSystem
    | 0xff8b };

// All ids in saving order; loading in the same order is right.
std::vector<engine::RegisterId> register_list(CpuProfile const&);
// Fails with InvalidArgument that names an unknown id.
Result<engine::RegisterValue> read_register(Cpu const&, engine::RegisterId);
// Fails with InvalidArgument that names the register and the field, and then has changed nothing.
Result<void> write_register(Cpu&, engine::RegisterId, engine::RegisterValue);
// Which of the value's lower 64 bits write_register() accepts only as they are.
uint64_t fixed_bits(Cpu const&, engine::RegisterId);

}
