#pragma once

#include "engine/emulator/isa/instruction.h"
#include "generated/a64_instruction.h"

#include <cstdint>
#include <random>
#include <vector>

namespace dormouse::emulator::isa::test {

// Words that decode to `instruction`: its fixed bits and random ones, without those that its constraints or a more
// specific row take away. Fewer than `count` when the row has few words or its constraints are narrow.
inline std::vector<uint32_t> sample_words(Instruction instruction, size_t count, std::mt19937& random)
{
    Encoding const fixed = encoding(instruction);
    std::vector<uint32_t> words;
    for (size_t attempt = 0; attempt < 4096 && words.size() < count; ++attempt) {
        uint32_t const word = (static_cast<uint32_t>(random()) & ~fixed.mask) | fixed.value;
        if (decode(word) == instruction)
            words.push_back(word);
    }
    return words;
}

inline std::vector<Instruction> all_instructions()
{
    std::vector<Instruction> all;
    for (unsigned i = 1; i < static_cast<unsigned>(Instruction::Count); ++i)
        all.push_back(static_cast<Instruction>(i));
    return all;
}

}
