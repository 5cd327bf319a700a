#include "engine/emulator/jit/x64/fp_thunks.h"

#include "engine/emulator/jit/x64/fp_shape.h"
#include "engine/emulator/jit/x64/vector_constants.h"

namespace dormouse::emulator::jit::x64 {

namespace {

    // FPCR's rounding mode counts the directions in another order than MXCSR. Operands are flushed as well: the
    // results of comparisons are made of those. [Arm DDI 0487, C5.2.9 "FPCR"; Intel SDM, volume 1, 10.2.3]
    void emit_enter(Assembler& code, CpuLayout const& layout, uint32_t leave, FpThunks& thunks)
    {
        constexpr int32_t kAllMasked = 0x1f80;
        constexpr int32_t kFlushes = 1 << 15 | 1 << 6; // FTZ, DAZ
        Label entered;
        Label plain;
        Label refused;
        Mem const mode { Reg::Rsp, frame::kReturnAddress + frame::kFpMode };
        Mem const mxcsr { Reg::Rsp, frame::kReturnAddress + frame::kGuestMxcsr };
        thunks.enter = code.position();
        code.load(Width::W32, Reg::Rax, CpuLayout::at(layout.fpcr));
        code.test(Width::W32, Reg::Rax, kFpcrFlushes);
        code.jump(Condition::E, plain);
        code.test(Width::W32, Reg::Rdx, Reg::Rdx);
        code.jump(Condition::Ns, refused);
        code.load(Width::W32, Reg::Rcx, CpuLayout::at(layout.fpsr));
        code.test(Width::W32, Reg::Rcx, kFpsrInexact);
        code.jump(Condition::E, refused);
        code.bind(plain);
        thunks.reenter = code.position();
        code.alu_memory(Alu::Cmp, Width::W32, mode, frame::kHostFp);
        code.jump(Condition::Ne, entered);
        code.load(Width::W32, Reg::Rax, CpuLayout::at(layout.fpcr));
        code.mov(Width::W32, Reg::Rcx, Reg::Rax);
        code.shift(Shift::Shr, Width::W32, Reg::Rax, 22 - 14);
        code.alu(Alu::And, Width::W32, Reg::Rax, 1 << 14);
        code.shift(Shift::Shr, Width::W32, Reg::Rcx, 23 - 13);
        code.alu(Alu::And, Width::W32, Reg::Rcx, 1 << 13);
        code.alu(Alu::Or, Width::W32, Reg::Rax, Reg::Rcx);
        code.alu(Alu::Or, Width::W32, Reg::Rax, kAllMasked);
        code.store_immediate(Width::W32, mode, frame::kPlainFp);
        code.load(Width::W32, Reg::Rcx, CpuLayout::at(layout.fpcr));
        code.test(Width::W32, Reg::Rcx, kFpcrFlushes);
        Label ready;
        code.jump(Condition::E, ready);
        code.alu(Alu::Or, Width::W32, Reg::Rax, kFlushes);
        code.store_immediate(Width::W32, mode, frame::kFlushingFp);
        code.bind(ready);
        code.store(Width::W32, mxcsr, Reg::Rax);
        code.store_mxcsr({ Reg::Rsp, frame::kReturnAddress + frame::kHostMxcsr });
        code.load_mxcsr(mxcsr);
        code.bind(entered);
        code.ret();
        code.bind(refused);
        code.lea(Width::W64, Reg::Rsp, { Reg::Rsp, frame::kReturnAddress });
        code.mov(Width::W32, Reg::Rax, Reg::Rdx);
        code.alu(Alu::And, Width::W32, Reg::Rax, 0xffc);
        code.jump_position(leave);
    }

    // The host takes the first operand that is a NaN, made quiet, as the guest does unless the second is a signalling
    // one, and without such operands a default NaN of the wrong sign. [Intel SDM, volume 1, 4.8.3.5; Arm DDI 0487,
    // A1.5.5 "NaN handling"]
    void settle_nan(Assembler& code, CpuLayout const& layout, FpShape shape, Mem const& default_nan)
    {
        constexpr int32_t kDefaultNan = 1 << 25; // FPCR.DN
        VectorOpcode const compare = shape.arithmetic(vex::kCompare);
        VectorOpcode const signs = vex::lane_signs(shape.is_double);
        Label replace;
        Label done;
        code.load(Width::W32, Reg::Rax, CpuLayout::at(layout.fpcr));
        code.vector(compare, Xmm::Xmm3, Xmm::Xmm0, Xmm::Xmm0, vex::kUnorderedQuiet);
        code.test(Width::W32, Reg::Rax, kDefaultNan);
        code.jump(Condition::Ne, replace);
        code.vector(compare, Xmm::Xmm3, Xmm::Xmm1, Xmm::Xmm1, vex::kUnorderedQuiet);
        code.general_from_vector(signs, Reg::Rax, Xmm::Xmm3);
        code.vector(compare, Xmm::Xmm3, Xmm::Xmm2, Xmm::Xmm2, vex::kUnorderedQuiet);
        code.general_from_vector(signs, Reg::Rcx, Xmm::Xmm3);
        code.alu(Alu::And, Width::W32, Reg::Rax, Reg::Rcx);
        // Of these lanes, those whose second operand has no quiet bit.
        unsigned const size = shape.is_double ? 3 : 2;
        uint8_t const above_quiet_bit = shape.is_double ? 12 : 9;
        code.vector_shift(vex::kShiftGroup[size], vex::kShiftLeft, Xmm::Xmm3, Xmm::Xmm2, above_quiet_bit);
        code.general_from_vector(signs, Reg::Rcx, Xmm::Xmm3);
        code.unary(Unary::Not, Width::W32, Reg::Rcx);
        code.alu(Alu::And, Width::W32, Reg::Rax, Reg::Rcx);
        code.test_byte(Reg::Rax, shape.is_scalar ? 1 : 15);
        code.jump(Condition::Ne, done);
        code.vector(compare, Xmm::Xmm3, Xmm::Xmm1, Xmm::Xmm2, vex::kUnorderedQuiet);
        code.vector(compare, Xmm::Xmm1, Xmm::Xmm0, Xmm::Xmm0, vex::kUnorderedQuiet);
        code.vector(vex::kPandn, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm1);
        code.bind(replace);
        code.vector(vex::kMovups, Xmm::Xmm1, default_nan);
        code.vector_select(vex::blend_by_sign(shape.is_double), Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1, Xmm::Xmm3);
        code.alu(Alu::Xor, Width::W32, Reg::Rax, Reg::Rax);
        code.bind(done);
        code.ret();
    }

}

FpThunks emit_fp_thunks(Assembler& code, CpuLayout const& layout, uint32_t constants, uint32_t leave)
{
    FpThunks thunks;
    emit_enter(code, layout, leave, thunks);
    for (bool const is_scalar : { false, true }) {
        for (bool const is_double : { false, true }) {
            auto const index = static_cast<unsigned>(VectorConstant::DefaultNanS) + is_double;
            thunks.settle_nan[is_scalar][is_double] = code.position();
            settle_nan(code, layout, { is_double, is_scalar, true }, Mem::at_position(constants + 16 * index));
        }
    }
    return thunks;
}

}
