// Multiplication and division. [Arm DDI 0487, C4.1.95]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <utility>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool BlockTranslator::emit_multiply_divide(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width width = Width::W64;
    bool subtracts = false;
    enum class Operands { Whole, Signed32, Unsigned32 } operands = Operands::Whole;
    switch (decoded.instruction) {
    case Instruction::UDIV: divide(decoded, false); return true;
    case Instruction::SDIV: divide(decoded, true); return true;
    case Instruction::UMULH:
    case Instruction::SMULH:
        clobber_flags();
        m_asm->mov(Width::W64, Reg::Rax, read(rn_of(word), Reg::Rax));
        m_asm->unary(decoded.instruction == Instruction::UMULH ? Unary::Mul : Unary::Imul, Width::W64,
            read(rm_of(word), Reg::Rcx));
        written(rd_of(word), Reg::Rdx);
        return true;
    case Instruction::MSUB: subtracts = true; [[fallthrough]];
    case Instruction::MADD: width = word_width(word); break;
    case Instruction::SMSUBL: subtracts = true; [[fallthrough]];
    case Instruction::SMADDL: operands = Operands::Signed32; break;
    case Instruction::UMSUBL: subtracts = true; [[fallthrough]];
    case Instruction::UMADDL: operands = Operands::Unsigned32; break;
    default: return false;
    }
    clobber_flags();
    Reg first = read(rn_of(word), Reg::Rax);
    Reg second = read(rm_of(word), Reg::Rcx);
    if (operands == Operands::Signed32) {
        m_asm->sign_extend(4, Width::W64, Reg::Rax, first);
        m_asm->sign_extend(4, Width::W64, Reg::Rcx, second);
        second = Reg::Rcx;
    } else if (operands == Operands::Unsigned32) {
        m_asm->zero_extend(4, Reg::Rax, first);
        m_asm->zero_extend(4, Reg::Rcx, second);
        second = Reg::Rcx;
    } else if (ra_of(word) == kZero && !subtracts && rd_of(word) != kZero) { // MUL
        Reg to = destination(rd_of(word));
        if (to == second)
            std::swap(first, second);
        if (to != first)
            m_asm->mov(width, to, first);
        m_asm->imul(width, to, second);
        return written(rd_of(word), to), true;
    } else {
        m_asm->mov(width, Reg::Rax, first);
    }
    m_asm->imul(width, Reg::Rax, second);
    if (ra_of(word) == kZero) {
        if (subtracts)
            m_asm->unary(Unary::Neg, width, Reg::Rax);
        return written(rd_of(word), Reg::Rax), true;
    }
    Reg const addend = read(ra_of(word), Reg::Rcx);
    if (subtracts) {
        m_asm->mov(width, Reg::Rcx, addend);
        m_asm->alu(Alu::Sub, width, Reg::Rcx, Reg::Rax);
        written(rd_of(word), Reg::Rcx);
    } else {
        Reg const to = rd_of(word) == kZero ? Reg::Rax : destination(rd_of(word));
        m_asm->lea(width, to, { Reg::Rax, addend, 1, 0 });
        written(rd_of(word), to);
    }
    return true;
}

// Division by zero gives zero; the most negative number by -1 gives itself. The host traps both.
void BlockTranslator::divide(DecodedInstruction const& decoded, bool is_signed)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    Label by_zero;
    Label by_minus_one;
    Label done;
    clobber_flags();
    m_asm->mov(width, Reg::Rax, read(rn_of(word), Reg::Rax));
    Reg const divisor = read(rm_of(word), Reg::Rcx);
    m_asm->test(width, divisor, divisor);
    m_asm->jump(Condition::E, by_zero);
    if (is_signed) {
        m_asm->alu(Alu::Cmp, width, divisor, -1);
        m_asm->jump(Condition::E, by_minus_one);
        m_asm->sign_into_rdx(width);
        m_asm->unary(Unary::Idiv, width, divisor);
    } else {
        m_asm->alu(Alu::Xor, Width::W32, Reg::Rdx, Reg::Rdx);
        m_asm->unary(Unary::Div, width, divisor);
    }
    m_asm->jump(done);
    if (is_signed) {
        m_asm->bind(by_minus_one);
        m_asm->unary(Unary::Neg, width, Reg::Rax);
        m_asm->jump(done);
    }
    m_asm->bind(by_zero);
    m_asm->alu(Alu::Xor, Width::W32, Reg::Rax, Reg::Rax);
    m_asm->bind(done);
    written(rd_of(word), Reg::Rax);
}

}
