#pragma once

#include "engine/emulator/isa/instruction.h"
#include "generated/a64_instruction.h"

#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// Instructions whose flags can be made again from their operands.
enum class FlagProducer : uint8_t { None, AddImmediate, AddShifted, AddExtended, AndImmediate, AndShifted };

constexpr FlagProducer flag_producer_of(isa::Instruction instruction)
{
    using isa::Instruction;
    switch (instruction) {
    case Instruction::ADDS_immediate:
    case Instruction::SUBS_immediate: return FlagProducer::AddImmediate;
    case Instruction::ADDS_shifted:
    case Instruction::SUBS_shifted: return FlagProducer::AddShifted;
    case Instruction::ADDS_extended:
    case Instruction::SUBS_extended: return FlagProducer::AddExtended;
    case Instruction::ANDS_immediate: return FlagProducer::AndImmediate;
    case Instruction::ANDS_shifted:
    case Instruction::BICS_shifted: return FlagProducer::AndShifted;
    default: return FlagProducer::None;
    }
}

}
