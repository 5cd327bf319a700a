#pragma once

#include "base/result.h"
#include "engine/vcpu.h"
#include "firmware/sdei/vcpu_state.h"

namespace dormouse::firmware::sdei {

// Saves x0..x17, PC and PSTATE into `context` and puts the vCPU at the first instruction of the handler. Everything
// else stays as interrupted: x18..x30, the stack pointers, ELR_EL1, SPSR_EL1. [Arm DEN 0054 C, SDEI, 5.2.1, Table 5]
Result<void> enter_handler(engine::Vcpu&, Event, Handler const&, Context&);

// The way back: x0..x17 as interrupted. Without `resume_address` to where the handler interrupted; with it as if that
// place had taken an exception to EL1 whose vector is there. [Arm DEN 0054 C, SDEI, 5.1.6, 5.1.7, 5.2.2]
Result<void> leave_handler(engine::Vcpu&, Context const&, std::optional<uint64_t> resume_address);

// PSTATE in SPSR format, after an exception to AArch64 EL1h out of `interrupted`, with all of DAIF set.
// [Arm DDI 0487, AArch64.TakeException]
struct ExceptionControls {
    uint64_t sctlr_el1 { 0 };
    uint64_t id_aa64mmfr1_el1 { 0 };
    uint64_t id_aa64pfr1_el1 { 0 };
};
uint64_t exception_pstate(uint64_t interrupted, ExceptionControls const&);

}
