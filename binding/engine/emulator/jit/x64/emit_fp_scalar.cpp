// Scalar floating-point arithmetic. [Arm DDI 0487, C4.1.97 "Floating-point data-processing"]
#include "base/bits.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    bool is_double_word(uint32_t word)
    {
        return word >> 22 & 1;
    }

    // [Arm DDI 0487, C2.2.3 "Modified immediate constants in A64 floating-point instructions"]
    uint64_t expand_immediate(unsigned imm8, bool is_double)
    {
        unsigned const exponent_bits = is_double ? 11 : 8;
        unsigned const fraction_bits = is_double ? 52 : 23;
        uint64_t const bias = low_mask(exponent_bits - 1);
        uint64_t const exponent = bias - 3 + ((imm8 >> 4 & 7) ^ 4);
        return uint64_t { imm8 >> 7 } << (exponent_bits + fraction_bits) | exponent << fraction_bits
            | uint64_t { imm8 & 15 } << (fraction_bits - 4);
    }

}

bool VectorEmitter::emit_fp_scalar()
{
    switch (m_instruction) {
    case Instruction::FADD_scalar: scalar_binary(vex::kAdd, false); return true;
    case Instruction::FSUB_scalar:
    case Instruction::FABD_scalar: scalar_binary(vex::kSub, false); return true;
    case Instruction::FMUL_scalar:
    case Instruction::FNMUL_scalar: scalar_binary(vex::kMul, true); return true;
    case Instruction::FDIV_scalar: scalar_binary(vex::kDiv, true); return true;
    case Instruction::FSQRT_scalar: scalar_unary(vex::kSqrt); return true;
    case Instruction::FMADD: scalar_fused(vex::kFmaddPacked + 1); return true;
    case Instruction::FMSUB: scalar_fused(vex::kFnmaddPacked + 1); return true;
    case Instruction::FNMADD: scalar_fused(vex::kFnmsubPacked + 1); return true;
    case Instruction::FNMSUB: scalar_fused(vex::kFmsubPacked + 1); return true;
    case Instruction::FMAX_scalar:
    case Instruction::FMAXNM_scalar: scalar_extreme(vex::kMax); return true;
    case Instruction::FMIN_scalar:
    case Instruction::FMINNM_scalar: scalar_extreme(vex::kMin); return true;
    case Instruction::FRINTN_scalar: scalar_round(0 | vex::kRoundQuietly); return true;
    case Instruction::FRINTM_scalar: scalar_round(1 | vex::kRoundQuietly); return true;
    case Instruction::FRINTP_scalar: scalar_round(2 | vex::kRoundQuietly); return true;
    case Instruction::FRINTZ_scalar: scalar_round(3 | vex::kRoundQuietly); return true;
    case Instruction::FRINTI_scalar: scalar_round(vex::kRoundCurrent | vex::kRoundQuietly); return true;
    case Instruction::FRINTX_scalar: scalar_round(vex::kRoundCurrent); return true;
    case Instruction::FABS_scalar: scalar_bitwise(vex::kAndps, Constant::AbsoluteS); return true;
    case Instruction::FNEG_scalar: scalar_bitwise(vex::kXorps, Constant::SignS); return true;
    case Instruction::FMOV_register:
        written_scalar(
            rd_of(m_word), read_scalar(rn_of(m_word), is_double_word(m_word), Xmm::Xmm0), is_double_word(m_word));
        return true;
    case Instruction::FMOV_scalar_immediate: move_immediate(); return true;
    case Instruction::FCVT: return convert_format();
    default: return false;
    }
}

// Goes to `slow` when the host's result may not be the guest's. XMM3 is lost.
void VectorEmitter::check_scalar(Xmm result, bool is_double, bool may_be_tiny, Label& slow)
{
    if (!may_be_tiny) {
        code().vector(vex::ucomis(is_double), result, result);
        code().jump(Condition::P, slow);
        return;
    }
    // Equal or unordered.
    code().vector(vex::kAndps, Xmm::Xmm3, result, constant(Constant::AbsoluteS, is_double));
    code().vector(vex::ucomis(is_double), Xmm::Xmm3, constant(Constant::SmallestNormalS, is_double));
    code().jump(Condition::E, slow);
}

void VectorEmitter::scalar_binary(uint8_t opcode, bool may_be_tiny)
{
    bool const is_double = is_double_word(m_word);
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Xmm const m = read_scalar(rm_of(m_word), is_double, Xmm::Xmm2);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word) | 1u << rm_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::scalar(opcode, is_double), to, n, m);
    check_scalar(to, is_double, may_be_tiny, slow);
    if (m_instruction == Instruction::FNMUL_scalar)
        code().vector(vex::kXorps, to, to, constant(Constant::SignS, is_double));
    if (m_instruction == Instruction::FABD_scalar)
        code().vector(vex::kAndps, to, to, constant(Constant::AbsoluteS, is_double));
    written_scalar(rd_of(m_word), to, is_double);
    end_slow();
}

void VectorEmitter::scalar_unary(uint8_t opcode)
{
    bool const is_double = is_double_word(m_word);
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::scalar(opcode, is_double), to, n, n);
    check_scalar(to, is_double, false, slow);
    written_scalar(rd_of(m_word), to, is_double);
    end_slow();
}

void VectorEmitter::scalar_fused(uint8_t opcode)
{
    bool const is_double = is_double_word(m_word);
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Xmm const m = read_scalar(rm_of(m_word), is_double, Xmm::Xmm2);
    Xmm const addend = read_scalar(ra_of(m_word), is_double, Xmm::Xmm0);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word) | 1u << rm_of(m_word) | 1u << ra_of(m_word));
    Label& slow = begin_slow();
    if (addend != to)
        code().vector(vex::kMovaps, to, addend);
    code().vector(vex::fused(opcode, is_double), to, n, m);
    check_scalar(to, is_double, true, slow);
    written_scalar(rd_of(m_word), to, is_double);
    end_slow();
}

// The host returns its second operand when the two are equal, as zeros of both signs are: both orders together have the
// right sign.
void VectorEmitter::scalar_extreme(uint8_t opcode)
{
    bool const is_double = is_double_word(m_word);
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Xmm const m = read_scalar(rm_of(m_word), is_double, Xmm::Xmm2);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word) | 1u << rm_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::ucomis(is_double), n, m);
    code().jump(Condition::P, slow);
    code().vector(vex::scalar(opcode, is_double), to, n, m);
    code().vector(vex::scalar(opcode, is_double), Xmm::Xmm3, m, n);
    code().vector(opcode == vex::kMax ? vex::kAndps : vex::kOrps, to, to, Xmm::Xmm3);
    written_scalar(rd_of(m_word), to, is_double);
    end_slow();
}

void VectorEmitter::scalar_round(uint8_t immediate)
{
    bool const is_double = is_double_word(m_word);
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::round_scalar(is_double), to, n, n, immediate);
    check_scalar(to, is_double, false, slow);
    written_scalar(rd_of(m_word), to, is_double);
    end_slow();
}

void VectorEmitter::scalar_bitwise(VectorOpcode op, Constant single)
{
    bool const is_double = is_double_word(m_word);
    Xmm const to = destination(rd_of(m_word));
    code().vector(op, to, read_scalar(rn_of(m_word), is_double, Xmm::Xmm0), constant(single, is_double));
    written_scalar(rd_of(m_word), to, is_double);
}

void VectorEmitter::move_immediate()
{
    code().mov(Reg::Rax, expand_immediate(m_word >> 13 & 0xff, is_double_word(m_word)));
    code().vector_from_general(vex::kMovq64, destination(rd_of(m_word)), Reg::Rax);
    written(rd_of(m_word), destination(rd_of(m_word)));
}

// Between single and double. Half precision is left to the semantic function.
bool VectorEmitter::convert_format()
{
    unsigned const from = m_word >> 22 & 3;
    unsigned const into = m_word >> 15 & 3;
    if (from > 1 || into > 1)
        return false;
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), from == 1, Xmm::Xmm1);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::scalar(vex::kConvertFormat, from == 1), to, n, n);
    check_scalar(to, into == 1, into == 0, slow);
    written_scalar(rd_of(m_word), to, into == 1);
    end_slow();
    return true;
}

}
