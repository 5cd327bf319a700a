// Scalar comparison and selection. [Arm DDI 0487, C4.1.97 "Floating-point compare", "Floating-point conditional
// select"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::emit_fp_compare()
{
    bool const with_zero = m_instruction == Instruction::FCMP_zero || m_instruction == Instruction::FCMPE_zero;
    switch (m_instruction) {
    case Instruction::FCMP:
    case Instruction::FCMP_zero:
    case Instruction::FCMPE:
    case Instruction::FCMPE_zero:
        m_block.clobber_flags();
        compare_scalars(m_word >> 4 & 1, with_zero);
        m_block.set_flags(BlockTranslator::FlagKind::Subtraction);
        return true;
    case Instruction::FCCMP:
    case Instruction::FCCMPE: compare_conditionally(m_word >> 4 & 1); return true;
    case Instruction::FCSEL: select(); return true;
    default: return false;
    }
}

// Leaves NZCV in the host's flags as a subtraction does. AL - CL: greater 1 - 0, equal 0 - 0, less 0 - 1; unordered
// 0x80 - 1, which overflows.
void VectorEmitter::compare_scalars(bool is_signalling, bool with_zero)
{
    bool const is_double = m_word >> 22 & 1;
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Xmm m = Xmm::Xmm2;
    if (with_zero)
        code().vector(vex::kXorps, m, m, m);
    else
        m = read_scalar(rm_of(m_word), is_double, Xmm::Xmm2);
    Label ordered;
    code().vector(is_signalling ? vex::comis(is_double) : vex::ucomis(is_double), n, m);
    code().set(Condition::A, Reg::Rax);
    code().set(Condition::B, Reg::Rcx);
    code().jump(Condition::Np, ordered);
    code().mov(Reg::Rax, 0x80);
    code().bind(ordered);
    code().compare_bytes(Reg::Rax, Reg::Rcx);
}

void VectorEmitter::compare_conditionally(bool is_signalling)
{
    unsigned const condition = m_word >> 12 & 15;
    Label otherwise;
    Label done;
    // Both ways must find the registers in place.
    read(rn_of(m_word), Xmm::Xmm1);
    read(rm_of(m_word), Xmm::Xmm2);
    if (condition < 14) {
        m_block.flags_to_host();
        code().jump(!m_block.host_condition(condition), otherwise);
    }
    compare_scalars(is_signalling, false);
    code().lahf();
    code().set(Condition::O, Reg::Rax);
    code().jump(done);
    code().bind(otherwise);
    code().mov(Reg::Rax, frame_flags(m_word & 15));
    code().bind(done);
    code().store16({ Reg::Rsp, frame::kFlags }, Reg::Rax);
    m_block.set_frame_flags();
}

// By way of general registers: data decide these, and a jump would often be predicted wrong.
void VectorEmitter::select()
{
    bool const is_double = m_word >> 22 & 1;
    unsigned const condition = m_word >> 12 & 15;
    VectorOpcode const move = is_double ? vex::kMovq64Store : vex::kMovdStore;
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    if (condition >= 14)
        return written_scalar(rd_of(m_word), n, is_double);
    Xmm const m = read_scalar(rm_of(m_word), is_double, Xmm::Xmm2);
    m_block.flags_to_host();
    code().vector_and_general(move, m, Reg::Rcx);
    code().vector_and_general(move, n, Reg::Rdx);
    code().cmov(m_block.host_condition(condition), Width::W64, Reg::Rcx, Reg::Rdx);
    code().vector_from_general(vex::kMovq64, destination(rd_of(m_word)), Reg::Rcx);
    written(rd_of(m_word), destination(rd_of(m_word)));
}

}
