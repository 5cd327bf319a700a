#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>
#include <optional>

// Which MRS and MSR (register) are no more than a load or a store of Cpu, and of PSTATE's fields. Whatever else one
// does (or what the exception level may not do) is the semantic function's. [semantics/system_registers.cpp]
namespace dormouse::emulator::jit {

struct PlainRegister {
    enum class Kind : uint8_t {
        Everybodys, // at any exception level
        Stored, // above EL0
        StackPointer, // SP_EL0: above EL0, and not while it is SP
        InterruptMasks, // DAIF: above EL0, in Pstate::daif
        Level, // CurrentEL: above EL0
    };
    SystemRegister which;
    Kind kind;
    uint64_t writable { 0 }; // bits that MSR changes
};

// None: not such a register.
std::optional<PlainRegister> plain_register_read(Cpu const&, uint32_t mrs);
std::optional<PlainRegister> plain_register_written(Cpu const&, uint32_t msr);

// DC by virtual address. [Arm DDI 0487, C5.3]
enum class DataCacheOperation : uint8_t {
    Other, // or no operation on the data cache at all
    Zero, // DC ZVA
    Clean, // by address: nothing to do where the memory is known
};
DataCacheOperation data_cache_operation(uint32_t sys);
constexpr unsigned kZeroedBlock = 64; // bytes; DCZID_EL0

// MSR (immediate) of the interrupt masks.
struct MaskChange {
    bool sets; // else clears
    uint8_t masks; // as in Pstate::daif
};
std::optional<MaskChange> interrupt_mask_change(uint32_t msr);

// MSR (immediate) of PSTATE.PAN, or of PSTATE.DIT: whether it sets it.
std::optional<bool> pan_change(Cpu const&, uint32_t msr);
std::optional<bool> dit_change(Cpu const&, uint32_t msr);

}
