#pragma once

#include "engine/emulator/cpu/flow.h"
#include "engine/emulator/isa/operand_roles.h"

#include <cstdint>
#include <string>

namespace dormouse::emulator {
struct Cpu;
}

// What the instruction table (isa/tables/*.a64) says, as the generator (binding/generators) turned it into C++.
namespace dormouse::emulator::isa {

// One semantic function per table row, shared by the interpreter and by every JIT site without an emitter.
using Handler = Flow (*)(Cpu&, uint32_t word);

// One value per table row, generated; Instruction::Unallocated for words that decode to nothing.
enum class Instruction : uint16_t;

// Class decides the file of the semantic function and what the block builder must know.
enum class Class : uint8_t { Integer, Branch, LoadStore, Atomic, System, FloatingPoint, Simd, SimdLoadStore, Crypto };

// The feature a row belongs to: rows of features that the CPU profile lacks decode as unallocated.
enum class Feature : uint8_t {
    Base,
    Lse,
    Crc32,
    Rdm,
    DotProd,
    Rcpc,
    Rcpc2,
    FlagM,
    FlagM2,
    Aes,
    Pmull,
    Sha1,
    Sha256,
    Sb,
    Dpb
};

// Register operands as bit masks (bit n = register n; register 31 is left out when it means zero).
struct OperandMasks {
    uint32_t x_read { 0 };
    uint32_t x_written { 0 };
    bool sp_read { false };
    bool sp_written { false };
    uint32_t v_read { 0 };
    uint32_t v_written { 0 };
    uint8_t flags_read { 0 }; // N=8 Z=4 C=2 V=1
    uint8_t flags_written { 0 };
};

struct InstructionInfo {
    char const* name; // row name, for example "ADD_immediate"
    Handler handler;
    Class instruction_class;
    Feature feature;
    bool ends_block; // branches, exception generating, context synchronising and system register instructions
    bool uses_fp; // traps when CPACR_EL1.FPEN says so
    OperandRoles operands;
};
extern InstructionInfo const kInstructions[]; // by Instruction

// The fixed bits of a row: a word can only belong to it when (word & mask) == value. For tests that walk the table.
struct Encoding {
    uint32_t mask;
    uint32_t value;
};

Instruction decode(uint32_t word);
Encoding encoding(Instruction); // mask 0xffffffff, value 0 (UDF #0) for Unallocated
inline InstructionInfo const& info(Instruction instruction)
{
    return kInstructions[static_cast<unsigned>(instruction)];
}
OperandMasks operand_masks(OperandRoles const&, uint32_t word);
inline OperandMasks operand_masks(Instruction instruction, uint32_t word)
{
    return operand_masks(info(instruction).operands, word);
}
// "add x0, x1, #0x10": preferred lower-case syntax without aliases; `pc` resolves PC-relative targets.
std::string disassemble(uint32_t word, uint64_t pc);

}
