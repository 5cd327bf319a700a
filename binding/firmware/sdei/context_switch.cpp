#include "firmware/sdei/context_switch.h"

#include "arch/system_register_encoding.h"
#include "base/bits.h"

namespace dormouse::firmware::sdei {

using arch::system_register;
using engine::system_register_id;
using engine::x_register;

namespace {

    constexpr auto kSctlrEl1 = system_register_id(system_register(3, 0, 1, 0, 0));
    constexpr auto kVbarEl1 = system_register_id(system_register(3, 0, 12, 0, 0));
    constexpr auto kIdAa64Mmfr1 = system_register_id(system_register(3, 0, 0, 7, 1));
    constexpr auto kIdAa64Pfr1 = system_register_id(system_register(3, 0, 0, 4, 1));

    // PSTATE in SPSR format. [Arm DDI 0487, SPSR_EL1]
    constexpr uint64_t kNzcv = uint64_t { 0xf } << 28;
    constexpr uint64_t kTco = uint64_t { 1 } << 25;
    constexpr uint64_t kDit = uint64_t { 1 } << 24;
    constexpr uint64_t kPan = uint64_t { 1 } << 22;
    constexpr uint64_t kSsbs = uint64_t { 1 } << 12;
    constexpr uint64_t kDaif = uint64_t { 0xf } << 6;
    constexpr uint64_t kEl1h = 5;

    constexpr unsigned kSctlrSpan = 23;
    constexpr unsigned kSctlrDssbs = 44;

    Result<void> write(engine::Vcpu& vcpu, engine::RegisterId id, uint64_t value)
    {
        return vcpu.write_register(id, { value, 0 });
    }

    Result<ExceptionControls> read_controls(engine::Vcpu const& vcpu)
    {
        TRY_PUT(sctlr, vcpu.read_register(kSctlrEl1));
        TRY_PUT(mmfr1, vcpu.read_register(kIdAa64Mmfr1));
        TRY_PUT(pfr1, vcpu.read_register(kIdAa64Pfr1));
        return ExceptionControls { sctlr.low, mmfr1.low, pfr1.low };
    }

}

uint64_t exception_pstate(uint64_t interrupted, ExceptionControls const& controls)
{
    bool const has_pan = bits<23, 20>(controls.id_aa64mmfr1_el1) != 0;
    bool const has_ssbs = bits<7, 4>(controls.id_aa64pfr1_el1) != 0;
    bool const has_mte = bits<11, 8>(controls.id_aa64pfr1_el1) >= 2;
    uint64_t pstate = (interrupted & (kNzcv | kDit | kPan)) | kDaif | kEl1h;
    if (has_pan && !bit<kSctlrSpan>(controls.sctlr_el1))
        pstate |= kPan;
    if (has_ssbs && bit<kSctlrDssbs>(controls.sctlr_el1))
        pstate |= kSsbs;
    if (has_mte)
        pstate |= kTco;
    return pstate;
}

Result<void> enter_handler(engine::Vcpu& vcpu, Event event, Handler const& handler, Context& context)
{
    TRY_PUT(pc, vcpu.read_register(engine::kRegisterPc));
    TRY_PUT(pstate, vcpu.read_register(engine::kRegisterPstate));
    TRY_PUT(controls, read_controls(vcpu));
    Context saved;
    saved.pc = pc.low;
    saved.pstate = pstate.low;
    for (unsigned n = 0; n < kContextRegisters; ++n) {
        TRY_PUT(x, vcpu.read_register(x_register(n)));
        saved.x[n] = x.low;
    }
    uint64_t entry = handler.entry;
    if (handler.relative) {
        TRY_PUT(vbar, vcpu.read_register(kVbarEl1));
        entry += vbar.low;
    }
    TRY(write(vcpu, x_register(0), event.number));
    TRY(write(vcpu, x_register(1), handler.argument));
    TRY(write(vcpu, x_register(2), saved.pc));
    TRY(write(vcpu, x_register(3), saved.pstate));
    TRY(write(vcpu, engine::kRegisterPstate, exception_pstate(saved.pstate, controls)));
    TRY(write(vcpu, engine::kRegisterPc, entry));
    context = saved;
    return {};
}

Result<void> leave_handler(engine::Vcpu& vcpu, Context const& context, std::optional<uint64_t> resume_address)
{
    uint64_t pc = context.pc;
    uint64_t pstate = context.pstate;
    if (resume_address) {
        TRY_PUT(controls, read_controls(vcpu));
        TRY(write(vcpu, engine::kRegisterElrEl1, context.pc));
        TRY(write(vcpu, engine::kRegisterSpsrEl1, context.pstate));
        pc = *resume_address;
        pstate = exception_pstate(context.pstate, controls);
    }
    for (unsigned n = 0; n < kContextRegisters; ++n)
        TRY(write(vcpu, x_register(n), context.x[n]));
    TRY(write(vcpu, engine::kRegisterPstate, pstate));
    return write(vcpu, engine::kRegisterPc, pc);
}

}
