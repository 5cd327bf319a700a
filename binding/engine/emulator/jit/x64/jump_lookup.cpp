#include "engine/emulator/jit/x64/jump_lookup.h"

#include "engine/emulator/jit/x64/guest_registers.h"

#include <cstddef>

namespace dormouse::emulator::jit::x64 {

using Jump = FetchTlb::Jump;

namespace {

    // RCX: the entry of the address in RAX, RDX: the table. Keeps RAX. Any hash does, as long as all users have the
    // same.
    void find_entry(Assembler& assembler, FetchTlb::Jumps const* jumps)
    {
        static_assert(sizeof(Jump) == 4 * 8);
        assembler.mov(Width::W32, Reg::Rcx, Reg::Rax);
        assembler.alu(Alu::And, Width::W32, Reg::Rcx, (FetchTlb::Jumps::kEntries - 1) << 2);
        assembler.mov(Reg::Rdx, reinterpret_cast<uint64_t>(jumps));
        assembler.lea(Width::W64, Reg::Rcx, { Reg::Rdx, Reg::Rcx, 8, offsetof(FetchTlb::Jumps, entries) });
    }

    // RDX, the table: the stamp that entries for the address in RAX must have now. Takes RAX.
    void load_stamp(Assembler& assembler)
    {
        assembler.shift(Shift::Shr, Width::W64, Reg::Rax, 63);
        assembler.load(Width::W64, Reg::Rdx, { Reg::Rdx, Reg::Rax, 8, offsetof(FetchTlb::Jumps, stamps) });
    }

    // RCX: the entry.
    void jump_to_code(Assembler& assembler)
    {
        assembler.load(Width::W64, Reg::Rdx, { Reg::Rcx, offsetof(Jump, page) });
        assembler.store(Width::W64, { Reg::Rsp, frame::kPage }, Reg::Rdx);
        assembler.jump(Mem { Reg::Rcx, offsetof(Jump, code) });
    }

}

void emit_jump_lookup(Assembler& assembler, FetchTlb::Jumps const* jumps, Label& miss)
{
    find_entry(assembler, jumps);
    assembler.alu(Alu::Cmp, Width::W64, Reg::Rax, { Reg::Rcx, offsetof(Jump, address) });
    assembler.jump(Condition::Ne, miss);
    load_stamp(assembler);
    assembler.alu(Alu::Cmp, Width::W64, Reg::Rdx, { Reg::Rcx, offsetof(Jump, stamp) });
    assembler.load(Width::W64, Reg::Rax, { Reg::Rcx, offsetof(Jump, address) });
    assembler.jump(Condition::Ne, miss);
    jump_to_code(assembler);
}

void emit_jump_note(Assembler& assembler, FetchTlb::Jumps const* jumps, Mem code)
{
    find_entry(assembler, jumps);
    Mem const page { Reg::Rcx, offsetof(Jump, page) };
    assembler.store(Width::W64, { Reg::Rcx, offsetof(Jump, address) }, Reg::Rax);
    assembler.store(Width::W64, page, Reg::Rax);
    assembler.alu_memory(Alu::And, Width::W64, page, -4096);
    load_stamp(assembler);
    assembler.store(Width::W64, { Reg::Rcx, offsetof(Jump, stamp) }, Reg::Rdx);
    assembler.load(Width::W64, Reg::Rdx, code);
    assembler.store(Width::W64, { Reg::Rcx, offsetof(Jump, code) }, Reg::Rdx);
    jump_to_code(assembler);
}

}
