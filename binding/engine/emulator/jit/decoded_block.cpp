#include "engine/emulator/jit/decoded_block.h"

#include "base/bits.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit {

namespace {

    constexpr uint8_t kAllFlags = 15;

    // Only data processing always goes on at the next instruction.
    bool may_leave(DecodedInstruction const& decoded)
    {
        switch (decoded.instruction_class) {
        case isa::Class::Integer:
        case isa::Class::FloatingPoint:
        case isa::Class::Simd:
        case isa::Class::Crypto: return decoded.ends_block;
        default: return true;
        }
    }

}

void decode_block(Block const& block, std::vector<DecodedInstruction>& instructions)
{
    instructions.clear();
    for (unsigned index = 0; index < block.length; ++index) {
        Operation const& operation = block.operations()[index];
        isa::Instruction instruction = isa::decode(operation.word);
        // The block builder has put UNDEFINED in the place of what the CPU profile does not have.
        if (isa::info(instruction).handler != operation.handler)
            instruction = isa::Instruction::Unallocated;
        isa::InstructionInfo const& info = isa::info(instruction);
        instructions.push_back({ instruction, operation.word, operation.handler, info.instruction_class,
            info.ends_block && index + 1 == block.length, true, true,
            isa::operand_masks(instruction, operation.word) });
    }
    bool live = true;
    for (unsigned index = block.length; index-- > 0;) {
        DecodedInstruction& decoded = instructions[index];
        decoded.flags_live_after = live;
        if (decoded.masks.flags_written == kAllFlags)
            live = false;
        if (decoded.masks.flags_read || may_leave(decoded))
            live = true;
        decoded.flags_live_before = live;
    }
}

// [Arm DDI 0487, C4.1.96 "Branches, Exception Generating and System instructions"]
std::optional<int64_t> branch_offset(DecodedInstruction const& decoded)
{
    switch (decoded.instruction) {
    case isa::Instruction::B:
    case isa::Instruction::BL: return 4 * sign_extend(decoded.word, 26);
    case isa::Instruction::B_cond:
    case isa::Instruction::CBZ:
    case isa::Instruction::CBNZ: return 4 * sign_extend(decoded.word >> 5, 19);
    case isa::Instruction::TBZ:
    case isa::Instruction::TBNZ: return 4 * sign_extend(decoded.word >> 5, 14);
    default: return std::nullopt;
    }
}

}
