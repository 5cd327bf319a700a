// Instructions that are written as the guest has them, but for the names of their general registers.
#include "base/bits.h"
#include "engine/emulator/jit/a64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::a64 {

using isa::Instruction;

namespace {

    constexpr unsigned kRdPosition = 0;
    constexpr unsigned kRnPosition = 5;
    constexpr unsigned kRaPosition = 10;
    constexpr unsigned kRmPosition = 16;

}

bool BlockTranslator::host_has(isa::Feature feature) const
{
    switch (feature) {
    case isa::Feature::Base: return true;
    case isa::Feature::Lse: return m_features.lse;
    case isa::Feature::Crc32: return m_features.crc32;
    case isa::Feature::Rdm: return m_features.rdm;
    case isa::Feature::DotProd: return m_features.dot_product;
    case isa::Feature::Rcpc: return m_features.rcpc;
    case isa::Feature::FlagM: return m_features.flag_manipulation;
    case isa::Feature::FlagM2: return m_features.flag_conversion;
    case isa::Feature::Aes: return m_features.aes;
    case isa::Feature::Pmull: return m_features.pmull;
    case isa::Feature::Sha1: return m_features.sha1;
    case isa::Feature::Sha256: return m_features.sha256;
    default: return false;
    }
}

Reg BlockTranslator::read(unsigned guest, Reg temporary)
{
    if (!is_in_memory(guest))
        return pin_of(guest);
    m_asm->load(8, temporary, kCpuRegister, CpuLayout::general(guest));
    return temporary;
}

Reg BlockTranslator::destination(unsigned guest, Reg temporary) const
{
    return is_in_memory(guest) ? temporary : pin_of(guest);
}

void BlockTranslator::written(unsigned guest, Reg from)
{
    if (is_in_memory(guest))
        m_asm->store(8, from, kCpuRegister, CpuLayout::general(guest));
    if (guest == kSp)
        m_sp_checked = false;
}

// Each operand that is read has a temporary of its own. They are read before the result is written, which can have the
// first one's.
void BlockTranslator::emit_renamed(uint32_t word, std::initializer_list<Field> fields)
{
    auto const guest_of = [word](Field const& field) {
        unsigned const number = word >> field.position & 31;
        return field.is_sp ? or_sp(number) : number;
    };
    uint32_t renamed = word;
    unsigned next = 0;
    for (Field const& field : fields) {
        unsigned const guest = guest_of(field);
        Reg const host = field.reads ? read(guest, kTemporaries[next]) : destination(guest, kT0);
        next += field.reads;
        renamed = (renamed & ~(31u << field.position)) | number(host) << field.position;
    }
    m_asm->word(renamed);
    for (Field const& field : fields) {
        if (field.writes) // it is the first one
            written(guest_of(field), kT0);
    }
}

bool BlockTranslator::emit_integer(DecodedInstruction const& decoded, unsigned index)
{
    if (!host_has(isa::info(decoded.instruction).feature))
        return false;
    uint32_t const word = decoded.word;
    constexpr Field rd { kRdPosition, false, true };
    constexpr Field rd_or_sp { kRdPosition, false, true, true };
    constexpr Field rd_changed { kRdPosition, true, true };
    constexpr Field rn { kRnPosition, true, false };
    constexpr Field rn_or_sp { kRnPosition, true, false, true };
    constexpr Field rm { kRmPosition, true, false };
    constexpr Field ra { kRaPosition, true, false };
    switch (decoded.instruction) {
    case Instruction::ADD_immediate:
    case Instruction::SUB_immediate: {
        constexpr uint32_t kPartOf16 = 15 << 10;
        bool const moves_stack = rd_of(word) == 31 && rn_of(word) == 31;
        bool const stays_aligned = m_sp_checked && moves_stack && word >> 31 && !(word & kPartOf16);
        emit_renamed(word, { rd_or_sp, rn_or_sp });
        m_sp_checked = m_sp_checked || stays_aligned;
        return true;
    }
    case Instruction::ADDS_immediate:
    case Instruction::SUBS_immediate: emit_renamed(word, { rd, rn_or_sp }); return true;
    case Instruction::ADD_extended:
    case Instruction::SUB_extended: emit_renamed(word, { rd_or_sp, rn_or_sp, rm }); return true;
    case Instruction::ADDS_extended:
    case Instruction::SUBS_extended: emit_renamed(word, { rd, rn_or_sp, rm }); return true;
    case Instruction::AND_immediate:
    case Instruction::ORR_immediate:
    case Instruction::EOR_immediate: emit_renamed(word, { rd_or_sp, rn }); return true;
    case Instruction::MOVN:
    case Instruction::MOVZ: emit_renamed(word, { rd }); return true;
    case Instruction::MOVK: emit_renamed(word, { rd_changed }); return true;
    case Instruction::BFM: emit_renamed(word, { rd_changed, rn }); return true;
    case Instruction::ANDS_immediate:
    case Instruction::SBFM:
    case Instruction::UBFM:
    case Instruction::RBIT:
    case Instruction::REV16:
    case Instruction::REV_32:
    case Instruction::REV32:
    case Instruction::REV_64:
    case Instruction::CLZ:
    case Instruction::CLS: emit_renamed(word, { rd, rn }); return true;
    case Instruction::MADD:
    case Instruction::MSUB:
    case Instruction::SMADDL:
    case Instruction::SMSUBL:
    case Instruction::UMADDL:
    case Instruction::UMSUBL: emit_renamed(word, { rd, rn, rm, ra }); return true;
    case Instruction::RMIF:
    case Instruction::SETF8:
    case Instruction::SETF16:
    case Instruction::CCMN_immediate:
    case Instruction::CCMP_immediate: emit_renamed(word, { rn }); return true;
    case Instruction::CCMN_register:
    case Instruction::CCMP_register: emit_renamed(word, { rn, rm }); return true;
    case Instruction::ADR:
    case Instruction::ADRP: {
        int64_t const immediate = sign_extend((word >> 5 & 0x7'ffff) << 2 | (word >> 29 & 3), 21);
        bool const of_page = decoded.instruction == Instruction::ADRP;
        if (rd_of(word) == kZero)
            return true;
        Reg const to = destination(rd_of(word), kT0);
        page_plus(to, of_page ? immediate * 4096 : int64_t { page_offset(index) } + immediate);
        written(rd_of(word), to);
        return true;
    }
    default:
        // CFINV and the conversions of flags have no operands; the rest have three, where all have them.
        if (decoded.masks.x_read == 0 && decoded.masks.x_written == 0 && (word & 0xffff'f000) == 0xd500'4000)
            emit_renamed(word, {});
        else
            emit_renamed(word, { rd, rn, rm });
        return true;
    }
}

// Floating point, Advanced SIMD and cryptography: no row has more than one general register, which is Rd if it is
// written and Rn if it is read. Where register 31 is meant there is nothing to rename.
bool BlockTranslator::emit_vector(DecodedInstruction const& decoded)
{
    if (!host_has(isa::info(decoded.instruction).feature))
        return false;
    need_vectors();
    uint32_t word = decoded.word;
    // Rm of the comparisons with zero should be zero, and the guest's need not be.
    if (decoded.instruction == Instruction::FCMP_zero || decoded.instruction == Instruction::FCMPE_zero)
        word &= ~(31u << kRmPosition);
    if (decoded.masks.x_written)
        emit_renamed(word, { Field { kRdPosition, false, true } });
    else if (decoded.masks.x_read)
        emit_renamed(word, { Field { kRnPosition, true, false } });
    else
        m_asm->word(word);
    return true;
}

void BlockTranslator::need_vectors()
{
    if (m_vectors_in_place)
        return;
    m_vector_loads.push_back({});
    VectorLoad& load = m_vector_loads.back();
    m_asm->load(8, kT0, Reg::Sp, frame::kVectors);
    m_asm->jump_if_zero(Width::W64, kT0, load.entry);
    m_asm->bind(load.back);
    m_vectors_in_place = true;
}

}
