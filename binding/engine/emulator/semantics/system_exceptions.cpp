// Exception generating instructions and exception return. [Arm DDI 0487, C6.2: SVC, HVC, SMC, BRK, HLT, ERET]
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/runtime/exceptions.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // HVC and SMC leave the guest, as if EL2 had taken them: the software step machine advances, and the monitor is
    // clear when the guest goes on, as after any exception return.
    Flow call_firmware(Cpu& cpu, engine::Conduit conduit, uint32_t immediate)
    {
        if (cpu.pstate.el == 0)
            return cpu.undefined();
        cpu.pstate.ss = false;
        cpu.exclusive.armed = false;
        return cpu.stop_with(engine::ExitHypercall { conduit, static_cast<uint16_t>(immediate) }, cpu.pc + 4);
    }

}

Flow SVC(Cpu& cpu, uint32_t word)
{
    fields::SVC const f { word };
    cpu.pstate.ss = false; // SSAdvance: SPSR_EL1.SS shows that the step is done
    Flow const flow = cpu.raise(ExceptionClass::Svc64, f.imm16());
    cpu.exception.return_address = cpu.pc + 4;
    return flow;
}

Flow HVC(Cpu& cpu, uint32_t word)
{
    return call_firmware(cpu, engine::Conduit::Hvc, fields::HVC { word }.imm16());
}

Flow SMC(Cpu& cpu, uint32_t word)
{
    return call_firmware(cpu, engine::Conduit::Smc, fields::SMC { word }.imm16());
}

Flow BRK(Cpu& cpu, uint32_t word)
{
    return cpu.raise(ExceptionClass::Brk64, fields::BRK { word }.imm16());
}

// Halting debug does not exist here, so HLT is undefined. [C6.2, HLT]
Flow HLT(Cpu& cpu, uint32_t)
{
    return cpu.undefined();
}

Flow ERET(Cpu& cpu, uint32_t)
{
    if (cpu.pstate.el == 0)
        return cpu.undefined();
    runtime::return_from_exception(cpu);
    return Flow::Branch;
}

}
