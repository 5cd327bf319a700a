#pragma once

#include "engine/emulator/bare_metal.h"
#include "engine/emulator/isa/instruction.h"
#include "generated/a64_instruction.h"

#include <cstdint>
#include <random>
#include <vector>

// Random guest programs: what a compiler writes and what it never would.
namespace dormouse::emulator::test {

inline constexpr uint64_t kRandomData = kRamBase + 1_MiB;
inline constexpr uint64_t kRandomDataBytes = 256_KiB;
inline constexpr unsigned kCounter = 28; // counts the runs of the program
inline constexpr unsigned kFirstBase = 26; // x26, x27 and SP point into the data
// What sequences load for themselves: addresses of code and of tables, which nothing else may write to.
inline constexpr unsigned kValue = 24;
inline constexpr unsigned kAddress = 25;

class RandomPrograms {
public:
    // `reserved`: general registers, by number, that no instruction writes.
    explicit RandomPrograms(uint64_t seed, uint32_t reserved = 0)
        : m_random(seed)
        , m_reserved(reserved | 1u << kCounter)
    {
        for (unsigned i = 1; i < static_cast<unsigned>(isa::Instruction::Count); ++i) {
            auto const row = static_cast<isa::Instruction>(i);
            switch (isa::info(row).instruction_class) {
            case isa::Class::Integer: m_integer.push_back(row); break;
            case isa::Class::Branch: m_branches.push_back(row); break;
            case isa::Class::LoadStore:
            case isa::Class::SimdLoadStore:
            case isa::Class::Atomic: m_memory.push_back(row); break;
            case isa::Class::FloatingPoint:
            case isa::Class::Simd:
            case isa::Class::Crypto: m_vector.push_back(row); break;
            case isa::Class::System: break;
            }
        }
    }

    uint64_t number() { return m_random(); }
    unsigned below(unsigned limit) { return static_cast<unsigned>(m_random() % limit); }

    // A program of `length` instructions that runs until x28 has counted down to zero, then HVC #1.
    std::vector<uint32_t> program(unsigned length)
    {
        std::vector<uint32_t> words;
        for (unsigned position = 0; position < length; ++position)
            words.push_back(instruction(length - position));
        words.push_back(0xd1000400 | kCounter << 5 | kCounter); // sub x28, x28, #1
        auto const back = static_cast<uint32_t>(-static_cast<int32_t>(words.size())) & 0x7ffff;
        words.push_back(0xb5000000 | back << 5 | kCounter); // cbnz x28, start
        words.push_back(0xd4000022); // hvc #1
        return words;
    }

    // Interesting as an operand: small, large, close to a power of two, or anything.
    uint64_t operand()
    {
        switch (below(4)) {
        case 0: return number() & 0xff;
        case 1: return ~uint64_t { 0 } - (number() & 0xff);
        case 2: return (uint64_t { 1 } << below(64)) - 1 + below(3);
        default: return number();
        }
    }

    // One instruction; a branch leads up to `room` words forward. None writes x28, or x26, x27 and SP but by
    // write-back.
    uint32_t instruction(unsigned room)
    {
        for (;;) {
            unsigned const choice = below(100);
            auto const& rows = choice < 55 ? m_integer : choice < 65 ? m_branches : choice < 90 ? m_memory : m_vector;
            isa::Instruction const row = rows[below(static_cast<unsigned>(rows.size()))];
            isa::Encoding const encoding = isa::encoding(row);
            auto word = static_cast<uint32_t>((number() & ~uint64_t { encoding.mask }) | encoding.value);
            if (&rows == &m_memory) {
                constexpr unsigned bases[3] = { kFirstBase, kFirstBase + 1, 31 };
                if (below(50) != 0)
                    word = (word & ~0x3e0u) | bases[below(3)] << 5;
                word &= ~encoding.mask;
                word |= encoding.value;
                if ((word >> 5 & 31) == kAddress || (word >> 5 & 31) == kValue)
                    continue;
            }
            if (&rows == &m_branches && !aim(row, word, 1 + below(room)))
                continue;
            if (isa::decode(word) != row || spoils(word, row, &rows == &m_memory))
                continue;
            return word;
        }
    }

    // False: it is none of the branches with a distance in the word.
    static bool aim(isa::Instruction row, uint32_t& word, uint32_t distance)
    {
        switch (row) {
        case isa::Instruction::B:
        case isa::Instruction::BL: word = (word & 0xfc00'0000) | distance; return true;
        case isa::Instruction::TBZ:
        case isa::Instruction::TBNZ: word = (word & 0xfff8'001f) | distance << 5; return true;
        case isa::Instruction::B_cond:
        case isa::Instruction::CBZ:
        case isa::Instruction::CBNZ: word = (word & 0xff00'001f) | distance << 5; return true;
        default: return false;
        }
    }

private:
    // The counter is nobody's, and the bases change through write-back alone.
    bool spoils(uint32_t word, isa::Instruction row, bool is_memory) const
    {
        auto const masks = isa::operand_masks(row, word);
        constexpr uint32_t bases = 3u << kFirstBase;
        if (masks.x_written & m_reserved)
            return true;
        if (!is_memory)
            return (masks.x_written & bases) || masks.sp_written;
        unsigned const base = word >> 5 & 31;
        return (masks.x_written & bases & ~(1u << base)) || (masks.x_written & bases & 1u << (word & 31))
            || (masks.x_written & bases & 1u << (word >> 10 & 31));
    }

    std::mt19937_64 m_random;
    uint32_t m_reserved;
    std::vector<isa::Instruction> m_integer;
    std::vector<isa::Instruction> m_branches;
    std::vector<isa::Instruction> m_memory;
    std::vector<isa::Instruction> m_vector;
};

}
