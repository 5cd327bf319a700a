#include "engine/emulator/runtime/reset.h"

#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/pmu.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/system_registers.h"
#include "engine/emulator/runtime/vcpu_services.h"

#include <algorithm>

namespace dormouse::emulator::runtime {

namespace {

    constexpr uint64_t kMpidrRes1 = uint64_t { 1 } << 31;
    constexpr uint64_t kMpidrAffinity = 0xff'00ff'ffff;

    void reset_system_registers(Cpu& cpu, uint64_t mpidr)
    {
        uint64_t const virtual_offset = cpu.system(SystemRegister::CNTVOFF_EL2);
        uint64_t const physical_offset = cpu.system(SystemRegister::CNTPOFF_EL2);
        // A part is what it is: what a saved machine brought along stays when a CPU is off and on again, as under KVM.
        bool const was_reset = cpu.system(SystemRegister::MPIDR_EL1) & kMpidrRes1;
        uint64_t before[kSystemRegisterCount];
        std::copy(std::begin(cpu.sys), std::end(cpu.sys), before);
        for (unsigned i = 0; i < kSystemRegisterCount; ++i)
            cpu.sys[i] = system_register_row(static_cast<SystemRegister>(i)).reset;
        for (IdentificationValue const& value : profile_of(cpu).identification)
            cpu.system(value.which) = value.value;
        for (RegisterBits const& part : profile_of(cpu).loadable)
            if (was_reset)
                cpu.system(part.which)
                    = (cpu.system(part.which) & ~part.bits) | (before[static_cast<unsigned>(part.which)] & part.bits);
        cpu.system(SystemRegister::MPIDR_EL1) = kMpidrRes1 | (mpidr & kMpidrAffinity);
        cpu.system(SystemRegister::CNTVOFF_EL2) = virtual_offset;
        cpu.system(SystemRegister::CNTPOFF_EL2) = physical_offset;
        cpu.system(SystemRegister::PMU_INSTRUCTIONS) = cpu.instructions_retired;
    }

}

void reset_cpu(Cpu& cpu, uint64_t mpidr)
{
    std::fill(std::begin(cpu.x), std::end(cpu.x), 0);
    std::fill(std::begin(cpu.v), std::end(cpu.v), Vector {});
    cpu.sp = 0;
    cpu.pc = 0;
    cpu.nzcv = 0;
    cpu.fpcr = 0;
    cpu.fpsr = 0;
    cpu.pstate = Pstate {};
    cpu.event_register = false;
    cpu.exclusive = ExclusiveMonitor {};
    cpu.exception = PendingException {};
    cpu.stop = StopReason {};
    reset_system_registers(cpu, mpidr);

    cpu.services->translation_regime_changed(cpu);
    cpu.services->debug_state_changed(cpu);
    cpu.services->timers_changed(cpu);
    pmu_update_interrupt(cpu);
    refresh_step_request(cpu);
}

}
