#include "engine/emulator/jit/decoded_block.h"

#include "base/bits.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit {

namespace {

    constexpr uint8_t kAllFlags = 15;

    constexpr unsigned bit_of(isa::Class instruction_class)
    {
        return 1u << static_cast<unsigned>(instruction_class);
    }

    // Only data processing always goes on at the next instruction.
    bool may_leave(DecodedInstruction const& decoded)
    {
        constexpr unsigned kGoesOn = bit_of(isa::Class::Integer) | bit_of(isa::Class::FloatingPoint)
            | bit_of(isa::Class::Simd) | bit_of(isa::Class::Crypto);
        return !(kGoesOn & bit_of(decoded.instruction_class)) | decoded.ends_block;
    }

    // Whether anybody looks at NZCV before the instruction; without a branch, for there is no telling.
    bool flags_live_before(DecodedInstruction const& decoded, bool live_after, bool leaves)
    {
        bool const overwrites = decoded.masks.flags_written == kAllFlags;
        return (live_after & !overwrites) | (decoded.masks.flags_read != 0) | leaves;
    }

    DecodedInstruction decode(Operation const& operation, bool is_last)
    {
        isa::InstructionInfo const& info = isa::info(operation.instruction);
        return { operation.instruction, operation.word, info.instruction_class, info.ends_block && is_last, true, true,
            isa::operand_masks(info.operands, operation.word) };
    }

    // Whether NZCV counts as looked at where a place of a region goes on. A jump back polls, and may leave.
    bool wants_flags(std::vector<DecodedInstruction> const& instructions, size_t from, int64_t to)
    {
        if (to <= static_cast<int64_t>(from) || to >= static_cast<int64_t>(instructions.size()))
            return true;
        DecodedInstruction const& next = instructions[static_cast<size_t>(to)];
        return next.is_outside || next.flags_live_before;
    }

}

void decode_block(Block const& block, std::vector<DecodedInstruction>& instructions)
{
    instructions.clear();
    for (unsigned index = 0; index < block.length; ++index)
        instructions.push_back(decode(block.operations()[index], index + 1 == block.length));
    bool live = true;
    for (unsigned index = block.length; index-- > 0;) {
        DecodedInstruction& decoded = instructions[index];
        decoded.flags_live_after = live;
        live = decoded.flags_live_before = flags_live_before(decoded, live, may_leave(decoded));
    }
}

// [Arm DDI 0487, C4.1.96 "Branches, Exception Generating and System instructions"]
std::optional<int64_t> branch_offset(isa::Instruction instruction, uint32_t word)
{
    switch (instruction) {
    case isa::Instruction::B:
    case isa::Instruction::BL: return 4 * sign_extend(word, 26);
    case isa::Instruction::B_cond:
    case isa::Instruction::CBZ:
    case isa::Instruction::CBNZ: return 4 * sign_extend(word >> 5, 19);
    case isa::Instruction::TBZ:
    case isa::Instruction::TBNZ: return 4 * sign_extend(word >> 5, 14);
    default: return std::nullopt;
    }
}

// Jumps lead forward or are polled, so that one pass from the end knows all.
void decode_region(Region const& region, std::vector<DecodedInstruction>& instructions)
{
    instructions.clear();
    for (Region::Place const& place : region.places) {
        if (place.inside)
            instructions.push_back(decode(place.operation, false));
        else
            instructions.push_back(
                { isa::Instruction::Unallocated, 0, isa::Class::Integer, false, true, true, {}, true });
    }
    for (size_t index = instructions.size(); index-- > 0;) {
        DecodedInstruction& decoded = instructions[index];
        if (decoded.is_outside)
            continue;
        auto const here = static_cast<int64_t>(index);
        auto const jump = branch_offset(decoded);
        bool const always = decoded.instruction == isa::Instruction::B;
        bool live = !always && wants_flags(instructions, index, here + 1);
        if (jump)
            live = live || wants_flags(instructions, index, here + *jump / 4);
        decoded.flags_live_after = live;
        decoded.flags_live_before = flags_live_before(decoded, live, !jump && may_leave(decoded));
    }
}

}
