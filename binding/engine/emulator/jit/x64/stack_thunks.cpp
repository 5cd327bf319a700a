#include "engine/emulator/jit/x64/stack_thunks.h"

#include "engine/emulator/cpu/tlb.h"
#include "engine/emulator/jit/x64/guest_registers.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::x64 {

namespace {

    constexpr auto kStack = static_cast<int32_t>(offsetof(TlbArray, stack));

    Mem stack(size_t field)
    {
        return { kTlbRegister, kStack + static_cast<int32_t>(field) };
    }

    void emit_find(Assembler& assembler, bool is_write)
    {
        constexpr unsigned kEntryBits = std::countr_zero(sizeof(TlbEntry));
        Label other_page;
        assembler.mov(Width::W32, Reg::Rcx, Reg::Rax);
        assembler.shift(Shift::Shr, Width::W32, Reg::Rcx, kTlbPageBits - kEntryBits);
        assembler.alu(Alu::And, Width::W32, Reg::Rcx, (kTlbEntries - 1) << kEntryBits);
        assembler.alu(Alu::Add, Width::W64, Reg::Rcx, kTlbRegister);
        assembler.alu(Alu::And, Width::W64, Reg::Rax, -static_cast<int32_t>(kTlbPageSize));
        assembler.alu(Alu::Cmp, Width::W64, Reg::Rax,
            { Reg::Rcx,
                static_cast<int32_t>(is_write ? offsetof(TlbEntry, tag_write) : offsetof(TlbEntry, tag_read)) });
        assembler.jump(Condition::Ne, other_page);
        assembler.load(Width::W64, Reg::Rdx, { Reg::Rcx, offsetof(TlbEntry, host_addend) });
        assembler.store(Width::W64, stack(offsetof(TlbStackEntry, host_addend)), Reg::Rdx);
        // Of the two permissions the entry may have one alone.
        auto const copy = [&](size_t tag, size_t last) {
            assembler.alu(Alu::Xor, Width::W32, Reg::Rdx, Reg::Rdx);
            assembler.alu(Alu::Cmp, Width::W64, Reg::Rax, { Reg::Rcx, static_cast<int32_t>(tag) });
            assembler.cmov(Condition::E, Width::W64, Reg::Rdx, Reg::Rax);
            assembler.store(Width::W64, stack(last), Reg::Rdx);
            Label none;
            assembler.jump(Condition::Ne, none);
            assembler.alu_memory(Alu::Or, Width::W64, stack(last), static_cast<int32_t>(kTlbPageSize) - 1);
            assembler.bind(none);
        };
        copy(offsetof(TlbEntry, tag_read), offsetof(TlbStackEntry, last_read));
        copy(offsetof(TlbEntry, tag_write), offsetof(TlbStackEntry, last_write));
        assembler.alu(Alu::Cmp, Width::W32, Reg::Rax, Reg::Rax);
        assembler.bind(other_page);
        assembler.ret();
    }

}

StackThunks emit_stack_thunks(Assembler& assembler)
{
    StackThunks thunks {};
    thunks.find_for_read = assembler.position();
    emit_find(assembler, false);
    thunks.find_for_write = assembler.position();
    emit_find(assembler, true);
    return thunks;
}

}
