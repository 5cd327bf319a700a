// Exception entry by SVC, and exception return. The same as runtime/exceptions.cpp does.
// [Arm DDI 0487, D1.3.3 "Exception entry", D1.4 "Exception return"]
#include "engine/emulator/jit/x64/exception_thunks.h"

#include "engine/emulator/cpu/event_trace.h"
#include "engine/emulator/jit/exception_fields.h"
#include "engine/emulator/jit/x64/frame_flags.h"
#include "engine/emulator/jit/x64/thunks.h"
#include "engine/emulator/runtime/pstate.h"
#include "generated/a64_instruction.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    constexpr uint32_t kSvc = 0xd400'0001;
    constexpr uint32_t kEret = 0xd69f'03e0;

    class ExceptionEmitter {
    public:
        ExceptionEmitter(Assembler& assembler, Cpu const& cpu, FetchTlb::Addresses const& fetch, Thunks const& thunks)
            : m_asm(assembler)
            , m_cpu(cpu)
            , m_layout(cpu)
            , m_fetch(fetch)
            , m_thunks(thunks)
        {
        }

        ExceptionThunks emit()
        {
            ExceptionThunks thunks {};
            thunks.supervisor_call = m_asm.position();
            emit_supervisor_call();
            thunks.exception_return = m_asm.position();
            emit_exception_return();
            return thunks;
        }

    private:
        using System = SystemRegister;

        Mem pstate(size_t offset) const { return CpuLayout::at(m_layout.pstate + static_cast<int32_t>(offset)); }
        Reg stack() const { return kPins[static_cast<unsigned>(kCanonicalPins.pins[kSp])].host; }

        // What wants the semantic function whatever else is so. Takes RDX.
        void require_plain(Label& slow)
        {
            m_asm.load(Width::W32, Reg::Rdx, m_layout.system(System::MDSCR_EL1));
            m_asm.test(Width::W32, Reg::Rdx, kMdscrStepOrBreakpoints);
            m_asm.jump(Condition::Ne, slow);
            m_asm.alu_memory(Alu::Cmp, Width::W64, m_layout.system(System::PMCNTENSET_EL0), 0);
            m_asm.jump(Condition::Ne, slow);
            if (!m_cpu.trace)
                return;
            m_asm.mov(Reg::Rdx, reinterpret_cast<uint64_t>(&m_cpu.trace->wanted_kinds()));
            m_asm.load(Width::W32, Reg::Rdx, { Reg::Rdx, 0 });
            m_asm.test(Width::W32, Reg::Rdx, 1 << static_cast<unsigned>(TraceKind::Exits));
            m_asm.jump(Condition::Ne, slow);
        }

        // EAX: call_argument without the instruction, ECX: the word.
        void call_function(Instruction instruction)
        {
            for (Pin const& pin : kPins)
                m_asm.store(Width::W64, m_layout.general(pin.guest), pin.host);
            m_asm.alu(Alu::Or, Width::W32, Reg::Rax, static_cast<int32_t>(call_argument::of(instruction)));
            m_asm.jump_position(m_thunks.end);
        }

        // EAX: call_argument without an instruction. Takes RDX.
        void retire(unsigned with_this)
        {
            m_asm.mov(Width::W32, Reg::Rdx, Reg::Rax);
            m_asm.shift(Shift::Shr, Width::W32, Reg::Rdx, call_argument::kCountShift);
            if (with_this)
                m_asm.alu(Alu::Add, Width::W32, Reg::Rdx, static_cast<int32_t>(with_this));
            m_asm.alu_to_memory(Alu::Add, 8, CpuLayout::at(m_layout.retired), Reg::Rdx, false);
        }

        void switch_stack(System from, System to)
        {
            m_asm.store(Width::W64, m_layout.system(from), stack());
            m_asm.load(Width::W64, stack(), m_layout.system(to));
        }

        // The other level's code is another. Takes RCX.
        void select_fetch_level(bool el1)
        {
            m_asm.mov(Reg::Rcx, reinterpret_cast<uint64_t>(m_fetch.window));
            m_asm.store_immediate(
                Width::W64, { Reg::Rcx, offsetof(FetchTlb::Window, page) }, static_cast<int32_t>(FetchTlb::kNoPage));
            m_asm.mov(Reg::Rcx, reinterpret_cast<uint64_t>(m_fetch.jumps));
            for (unsigned half = 0; half < 2; ++half) {
                Mem const stamp { Reg::Rcx, static_cast<int32_t>(offsetof(FetchTlb::Jumps, stamps) + 8 * half) };
                m_asm.alu_memory(el1 ? Alu::Or : Alu::And, Width::W64, stamp, el1 ? 1 : ~1);
            }
        }

        void emit_supervisor_call()
        {
            Label slow;
            m_asm.compare_byte(CpuLayout::at(m_layout.el), 0);
            m_asm.jump(Condition::Ne, slow);
            require_plain(slow);

            m_asm.alu(Alu::Or, Width::W32, Reg::Rcx, static_cast<int32_t>(kSvcSyndrome));
            m_asm.store(Width::W64, m_layout.system(System::ESR_EL1), Reg::Rcx);
            retire(0);
            m_asm.alu_memory(Alu::Add, Width::W64, CpuLayout::at(m_layout.exceptions_taken), 1);
            m_asm.alu(Alu::And, Width::W32, Reg::Rax, call_argument::kPageOffsetMask);
            m_asm.alu(Alu::Add, Width::W64, Reg::Rax, { Reg::Rsp, frame::kPage });
            m_asm.alu(Alu::Add, Width::W64, Reg::Rax, 4);
            m_asm.store(Width::W64, m_layout.system(System::ELR_EL1), Reg::Rax);
            save_pstate();
            switch_stack(System::SP_EL0, System::SP_EL1);
            enter_el1();
            m_asm.load(Width::W64, Reg::Rax, m_layout.system(System::VBAR_EL1));
            m_asm.alu(Alu::Add, Width::W64, Reg::Rax, static_cast<int32_t>(runtime::kVectorLower64));
            m_asm.jump_position(m_thunks.dispatch);

            m_asm.bind(slow);
            m_asm.shift(Shift::Shl, Width::W32, Reg::Rcx, 5);
            m_asm.alu(Alu::Or, Width::W32, Reg::Rcx, static_cast<int32_t>(kSvc));
            call_function(Instruction::SVC);
        }

        // SPSR_EL1 of EL0. SVC clears PSTATE.SS, and under PSTATE.IL nothing is translated. Takes RAX and RCX.
        void save_pstate()
        {
            flags_to_cpu(m_asm, m_layout, Reg::Rcx, 0);
            m_asm.load_zero_extended(1, Reg::Rax, CpuLayout::at(m_layout.daif));
            m_asm.shift(Shift::Shl, Width::W32, Reg::Rax, runtime::kSpsrDaifShift);
            m_asm.alu(Alu::Or, Width::W32, Reg::Rcx, Reg::Rax);
            for (PstateBit const& bit : kKeptPstateBits) {
                m_asm.load_zero_extended(1, Reg::Rax, pstate(bit.offset));
                m_asm.shift(Shift::Shl, Width::W32, Reg::Rax, static_cast<uint8_t>(bit.position()));
                m_asm.alu(Alu::Or, Width::W32, Reg::Rcx, Reg::Rax);
            }
            m_asm.store(Width::W64, m_layout.system(System::SPSR_EL1), Reg::Rcx);
        }

        void enter_el1()
        {
            Label keeps_pan;
            m_asm.load(Width::W64, Reg::Rcx, m_layout.system(System::SCTLR_EL1));
            m_asm.bit_test(Width::W64, Reg::Rcx, kSctlrSpanBit);
            m_asm.jump(Condition::B, keeps_pan);
            m_asm.alu_byte(Alu::Or, pstate(offsetof(Pstate, pan)), 1);
            m_asm.bind(keeps_pan);
            m_asm.shift(Shift::Shr, Width::W64, Reg::Rcx, kSctlrDssbsBit);
            m_asm.alu(Alu::And, Width::W32, Reg::Rcx, 1);
            m_asm.store8(pstate(offsetof(Pstate, ssbs)), Reg::Rcx);
            m_asm.mov(Reg::Rcx, 0xf);
            m_asm.store8(CpuLayout::at(m_layout.daif), Reg::Rcx);
            m_asm.mov(Reg::Rcx, kEl1WithSpEl1);
            m_asm.store16(pstate(0), Reg::Rcx);
            m_asm.mov(Reg::Rcx, 0);
            m_asm.store16(pstate(offsetof(Pstate, il)), Reg::Rcx);
            select_el1_tlb(m_asm, m_layout);
            select_fetch_level(true);
        }

        void emit_exception_return()
        {
            Label slow, to_el1, returned;
            m_asm.load_zero_extended(2, Reg::Rdx, pstate(0));
            m_asm.alu(Alu::Cmp, Width::W32, Reg::Rdx, kEl1WithSpEl1);
            m_asm.jump(Condition::Ne, slow);
            require_plain(slow);
            m_asm.load(Width::W32, Reg::Rcx, m_layout.system(System::SPSR_EL1));
            m_asm.mov(Width::W32, Reg::Rdx, Reg::Rcx);
            m_asm.alu(Alu::And, Width::W32, Reg::Rdx, static_cast<int32_t>(runtime::kSpsrModeMask | runtime::kSpsrIl));
            m_asm.alu(Alu::Cmp, Width::W32, Reg::Rdx, static_cast<int32_t>(runtime::kSpsrModeEl1h));
            m_asm.jump(Condition::E, to_el1);
            m_asm.alu(Alu::Cmp, Width::W32, Reg::Rdx, static_cast<int32_t>(runtime::kSpsrModeEl0t));
            m_asm.jump(Condition::Ne, slow);

            retire(1);
            restore_pstate();
            switch_stack(System::SP_EL1, System::SP_EL0);
            m_asm.mov(Reg::Rcx, 0);
            m_asm.store16(pstate(0), Reg::Rcx);
            m_asm.load(Width::W64, kTlbRegister, CpuLayout::at(m_layout.tlb_unprivileged));
            m_asm.store(Width::W64, CpuLayout::at(m_layout.tlb), kTlbRegister);
            select_fetch_level(false);
            m_asm.jump(returned);

            m_asm.bind(to_el1);
            retire(1);
            restore_pstate();
            select_el1_tlb(m_asm, m_layout);

            m_asm.bind(returned);
            m_asm.alu_memory(Alu::And, Width::W32, CpuLayout::at(m_layout.monitor), ~1);
            m_asm.alu_byte(Alu::Or, CpuLayout::at(m_layout.event_register), 1);
            m_asm.load(Width::W64, Reg::Rax, m_layout.system(System::ELR_EL1));
            m_asm.jump_position(m_thunks.dispatch);

            m_asm.bind(slow);
            m_asm.mov(Reg::Rcx, kEret);
            call_function(Instruction::ERET);
        }

        // From SPSR_EL1 in ECX, all but EL and the stack. Without software step SS becomes 0. Takes RAX and RDX.
        void restore_pstate()
        {
            m_asm.mov(Width::W32, Reg::Rax, Reg::Rcx);
            m_asm.alu(Alu::And, Width::W32, Reg::Rax, static_cast<int32_t>(uint32_t { runtime::kSpsrNzcv }));
            m_asm.store(Width::W32, CpuLayout::at(m_layout.nzcv), Reg::Rax);
            flags_to_frame(m_asm, m_layout, Reg::Rax, Reg::Rdx, 0);
            auto const field = [&](size_t offset, unsigned shift, int32_t mask) {
                m_asm.mov(Width::W32, Reg::Rax, Reg::Rcx);
                m_asm.shift(Shift::Shr, Width::W32, Reg::Rax, static_cast<uint8_t>(shift));
                m_asm.alu(Alu::And, Width::W32, Reg::Rax, mask);
                m_asm.store8(pstate(offset), Reg::Rax);
            };
            field(offsetof(Pstate, daif), runtime::kSpsrDaifShift, 15);
            for (PstateBit const& bit : kKeptPstateBits)
                field(bit.offset, bit.position(), 1);
            m_asm.mov(Reg::Rax, 0);
            m_asm.store16(pstate(offsetof(Pstate, il)), Reg::Rax);
        }

        Assembler& m_asm;
        Cpu const& m_cpu;
        CpuLayout m_layout;
        FetchTlb::Addresses m_fetch;
        Thunks const& m_thunks;
    };

}

ExceptionThunks emit_exception_thunks(
    Assembler& assembler, Cpu const& cpu, FetchTlb::Addresses const& fetch, Thunks const& thunks)
{
    return ExceptionEmitter { assembler, cpu, fetch, thunks }.emit();
}

void select_el1_tlb(Assembler& assembler, CpuLayout const& layout)
{
    constexpr size_t kContextBytes = sizeof(Tlb::contexts[0]);
    static_assert(std::has_single_bit(kContextBytes));
    static_assert(static_cast<unsigned>(TlbContext::El0) == 0 && static_cast<unsigned>(TlbContext::El1) == 1
        && static_cast<unsigned>(TlbContext::El1WithPan) == 2);
    assembler.load_zero_extended(
        1, Reg::Rcx, CpuLayout::at(layout.pstate + static_cast<int32_t>(offsetof(Pstate, pan))));
    assembler.alu(Alu::Add, Width::W32, Reg::Rcx, 1);
    assembler.shift(Shift::Shl, Width::W32, Reg::Rcx, std::countr_zero(kContextBytes));
    assembler.alu(Alu::Add, Width::W64, Reg::Rcx, CpuLayout::at(layout.tlb_unprivileged));
    assembler.store(Width::W64, CpuLayout::at(layout.tlb), Reg::Rcx);
    assembler.mov(Width::W64, kTlbRegister, Reg::Rcx);
}

}
