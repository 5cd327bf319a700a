#pragma once

#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/jit/region.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dormouse::emulator::jit {

// One instruction as the translator sees it. There is no other intermediate form.
struct DecodedInstruction {
    isa::Instruction instruction;
    uint32_t word;
    isa::Class instruction_class;
    bool ends_block; // is the last one, and may change what executes next
    bool flags_live_before; // this instruction or something later may look at NZCV as it finds it
    bool flags_live_after; // something may look at NZCV as this instruction leaves it
    isa::OperandMasks masks;
    bool is_outside { false }; // of a region: not to be translated
};

// The instructions of a block with what they read and write. NZCV counts as looked at wherever the block can be left
// (branches, accesses to memory, functions that may raise an exception), so the guest's state is exact at each of them.
void decode_block(Block const&, std::vector<DecodedInstruction>& instructions);
void decode_region(Region const&, std::vector<DecodedInstruction>& instructions);

// Bytes from a branch with an immediate (B, BL, B.cond, CBZ, CBNZ, TBZ, TBNZ) to its target. None: not a branch of that
// kind.
std::optional<int64_t> branch_offset(isa::Instruction, uint32_t word);
inline std::optional<int64_t> branch_offset(DecodedInstruction const& decoded)
{
    return branch_offset(decoded.instruction, decoded.word);
}

}
