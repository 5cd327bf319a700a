#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/jit/host_backend.h"
#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/jit/x64/exception_thunks.h"
#include "engine/emulator/jit/x64/guest_registers.h"
#include "engine/emulator/jit/x64/page_thunks.h"
#include "engine/emulator/mmu/fetch_tlb.h"

#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// What a thunk is told of an instruction in EAX, whose three parts lie at these bits: where it is in its page, how many
// instructions are before it that have not been counted, and which isa::Instruction it is.
namespace call_argument {
    constexpr unsigned kCountShift = 12;
    constexpr unsigned kInstructionShift = 22;
    constexpr uint32_t kPageOffsetMask = 0xffc;
    constexpr uint32_t kCountMask = (1u << (kInstructionShift - kCountShift)) - 1;
    static_assert(static_cast<unsigned>(isa::Instruction::Count) <= 1u << (32 - kInstructionShift));

    constexpr uint32_t of(uint32_t page_offset, unsigned count)
    {
        return page_offset | count << kCountShift;
    }
    constexpr uint32_t of(isa::Instruction instruction)
    {
        return static_cast<uint32_t>(instruction) << kInstructionShift;
    }
}

// Code that all blocks of one vCPU share, by position in the code buffer. "Pins in place": every pin holds its guest
// register. "Pins stored": Cpu::x and Cpu::sp hold all of them. The frame's flags are up to date always.
struct Thunks {
    uint32_t enter; // Flow(uint8_t const* code, uint64_t page): called from C++
    // Calls the semantic function for word ECX; EAX is its call_argument. Returns to the block after Flow::Next, else
    // leaves. Pins stored; those that C++ does not keep are lost.
    uint32_t call;
    uint32_t call_with_flags; // the same for functions that read or write NZCV
    uint32_t call_with_pins; // the same with pins in place before and after
    uint32_t end; // as call, for the last instruction of a block: jumped to, goes on at the next block. Pins stored.
    // Compares: equal when nothing is pending but interrupts that are masked. Called; takes RAX, RCX and RDX.
    uint32_t pending;
    uint32_t dispatch; // goes on at the virtual address in RAX. Pins in place
    uint32_t leave; // returns to C++ with Cpu::pc = page + EAX. Pins in place
    uint32_t leave_to_link; // the same, and says that jump EDX could be linked
    ExceptionThunks exceptions;
    PageThunks page;
};

Thunks emit_thunks(Assembler&, Cpu&, FetchTlb const&, LeftBehind&);

}
