#include "engine/emulator/jit/x64/page_thunks.h"

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

    Mem tag_of(Reg entry, bool is_write)
    {
        return { entry, static_cast<int32_t>(is_write ? offsetof(TlbEntry, tag_write) : offsetof(TlbEntry, tag_read)) };
    }

    // RCX: the entry of the address in RAX.
    void index_tlb(Assembler& assembler)
    {
        constexpr unsigned kEntryBits = std::countr_zero(sizeof(TlbEntry));
        assembler.mov(Width::W32, Reg::Rcx, Reg::Rax);
        assembler.shift(Shift::Shr, Width::W32, Reg::Rcx, kTlbPageBits - kEntryBits);
        assembler.alu(Alu::And, Width::W32, Reg::Rcx, (kTlbEntries - 1) << kEntryBits);
        assembler.alu(Alu::Add, Width::W64, Reg::Rcx, kTlbRegister);
    }

    void emit_stack(Assembler& assembler, bool is_write)
    {
        Label other_page;
        index_tlb(assembler);
        assembler.alu(Alu::And, Width::W64, Reg::Rax, -static_cast<int32_t>(kTlbPageSize));
        assembler.alu(Alu::Cmp, Width::W64, Reg::Rax, tag_of(Reg::Rcx, is_write));
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

    void emit_steady(Assembler& assembler, bool is_write)
    {
        Mem const entry { Reg::Rsp, frame::kReturnAddress + frame::kScratch };
        Mem const limit { Reg::Rsp, frame::kReturnAddress + frame::kScratch2 };
        Label other_page;
        assembler.store(Width::W64, entry, Reg::Rcx);
        assembler.store(Width::W64, limit, Reg::Rdx);
        index_tlb(assembler);
        assembler.mov(Width::W64, Reg::Rdx, Reg::Rax);
        assembler.alu(Alu::Sub, Width::W64, Reg::Rdx, tag_of(Reg::Rcx, is_write));
        assembler.alu(Alu::Cmp, Width::W64, Reg::Rdx, limit);
        assembler.jump(Condition::Ae, other_page);
        assembler.alu(Alu::Sub, Width::W64, Reg::Rax, Reg::Rdx);
        assembler.load(Width::W64, Reg::Rcx, { Reg::Rcx, offsetof(TlbEntry, host_addend) });
        assembler.alu(Alu::Add, Width::W64, Reg::Rcx, Reg::Rax);
        assembler.load(Width::W64, Reg::Rdx, entry);
        assembler.store(Width::W64, { Reg::Rdx, offsetof(TlbSteadyEntry, page) }, Reg::Rax);
        assembler.store(Width::W64, { Reg::Rdx, offsetof(TlbSteadyEntry, host) }, Reg::Rcx);
        assembler.load(Width::W64, Reg::Rax, limit);
        assembler.store(Width::W64, { Reg::Rdx, offsetof(TlbSteadyEntry, limit) }, Reg::Rax);
        assembler.store_immediate(
            Width::W64, { kTlbRegister, static_cast<int32_t>(offsetof(TlbArray, steady.are_used)) }, 1);
        assembler.alu(Alu::Cmp, Width::W32, Reg::Rax, Reg::Rax);
        assembler.ret();
        assembler.bind(other_page);
        assembler.alu(Alu::Cmp, Width::W64, Reg::Rsp, 0); // ZF may be set
        assembler.ret();
    }

}

PageThunks emit_page_thunks(Assembler& assembler)
{
    PageThunks thunks {};
    thunks.stack_for_read = assembler.position();
    emit_stack(assembler, false);
    thunks.stack_for_write = assembler.position();
    emit_stack(assembler, true);
    thunks.steady_for_read = assembler.position();
    emit_steady(assembler, false);
    thunks.steady_for_write = assembler.position();
    emit_steady(assembler, true);
    return thunks;
}

}
