#pragma once

#include "generated/a64_instruction.h"
#include "runner/oracle_record.h"
#include "tester/random.h"

#include <cstdint>
#include <string_view>

namespace dormouse::conformance {

using emulator::isa::Instruction;

// One thing to execute: a row of the instruction table, its word among helpers, and the state it starts from.
struct Instance {
    Instruction row;
    uint64_t index; // which instance of its row
    unsigned slot; // decides the address of the code
    unsigned tested; // which of record.words belongs to the row
    bool may_fail_spuriously; // a store-exclusive that the architecture allows to fail
    OracleRecord record;

    uint32_t word() const { return record.words[tested]; }
    uint64_t code_address() const { return ORACLE_CODE_ADDRESS + uint64_t { kOracleSlotBytes } * slot; }
    uint64_t word_address() const { return code_address() + 4 * uint64_t { tested }; }
};

inline std::string_view row_name(Instruction row)
{
    return emulator::isa::info(row).name;
}

// Why a row is not compared in user mode, or null when it is.
char const* reason_left_out(Instruction row);

// False when the attempt gave a word of another row or one whose behaviour the architecture leaves open: try again with
// more of `random`.
bool generate(Random& random, Instruction row, unsigned slot, Instance& instance);

// generator_half.cpp: how many instances it has of the row, and one of them.
uint64_t half_instances(Instruction row);
void generate_half(Instruction row, uint64_t index, unsigned slot, Instance& instance);

// generator_memory.cpp: sets base and offset registers so that the access falls into the windows, or on purpose beside
// them. False: this word cannot be served (for example base and offset in one register).
bool place_access(Random& random, Instance& instance);
// Whether `word` is UNPREDICTABLE by its choice of registers. [Arm DDI 0487, K1.2]
bool is_unpredictable(Instruction row, uint32_t word);

// generator_control.cpp
bool place_branch(Random& random, Instance& instance);
bool place_system(Random& random, Instance& instance);

constexpr uint32_t bits(uint32_t word, unsigned lowest, unsigned width)
{
    return word >> lowest & ((uint64_t { 1 } << width) - 1);
}
constexpr uint32_t with_bits(uint32_t word, unsigned lowest, unsigned width, uint32_t value)
{
    uint32_t const mask = static_cast<uint32_t>((uint64_t { 1 } << width) - 1) << lowest;
    return (word & ~mask) | (value << lowest & mask);
}
constexpr unsigned rt_of(uint32_t word)
{
    return bits(word, 0, 5);
}
constexpr unsigned rn_of(uint32_t word)
{
    return bits(word, 5, 5);
}
constexpr unsigned rt2_of(uint32_t word)
{
    return bits(word, 10, 5);
}
constexpr unsigned rm_of(uint32_t word)
{
    return bits(word, 16, 5);
}

}
