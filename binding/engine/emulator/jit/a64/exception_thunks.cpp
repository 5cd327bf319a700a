// Exception entry by SVC, and exception return. The same as runtime/exceptions.cpp does.
// [Arm DDI 0487, D1.3.3 "Exception entry", D1.4 "Exception return"]
#include "engine/emulator/jit/a64/exception_thunks.h"

#include "engine/emulator/cpu/event_trace.h"
#include "engine/emulator/jit/a64/thunks.h"
#include "engine/emulator/jit/exception_fields.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::a64 {

namespace {

    constexpr unsigned kSpsrNzcvShift = 28;

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

        uint32_t pstate(size_t offset) const { return m_layout.pstate + static_cast<uint32_t>(offset); }
        void load_system(Reg to, System which) { m_asm.load(8, to, kCpuRegister, m_layout.system(which)); }
        void store_system(System which, Reg from) { m_asm.store(8, from, kCpuRegister, m_layout.system(which)); }
        void store_byte(size_t offset_in_pstate, Reg from)
        {
            m_asm.store(1, from, kCpuRegister, pstate(offset_in_pstate));
        }

        // What wants the semantic function whatever else is so. Takes T0.
        void require_plain(Label& slow)
        {
            load_system(kT0, System::MDSCR_EL1);
            m_asm.jump_if_bit(true, kT0, kMdscrStep, slow);
            m_asm.jump_if_bit(true, kT0, kMdscrBreakpoints, slow);
            load_system(kT0, System::PMCNTENSET_EL0);
            m_asm.jump_if_not_zero(Width::W64, kT0, slow);
            if (!m_cpu.trace)
                return;
            m_asm.mov(kT0, reinterpret_cast<uint64_t>(&m_cpu.trace->wanted_kinds()));
            m_asm.load(4, kT0, kT0, 0);
            m_asm.jump_if_bit(true, kT0, static_cast<unsigned>(TraceKind::Exits), slow);
        }

        // T1: the record. Takes T0.
        void retire(unsigned with_this)
        {
            m_asm.load(2, kT0, kT1, offsetof(CallRecord, index));
            m_asm.add(kRetired, kRetired, kT0);
            if (with_this)
                m_asm.add(kRetired, kRetired, with_this, kT0);
        }

        void switch_stack(System from, System to)
        {
            store_system(from, kStackPin);
            load_system(kStackPin, to);
        }

        // The other level's code is another. Takes all temporaries.
        void select_fetch_level(bool el1)
        {
            m_asm.mov(kT0, reinterpret_cast<uint64_t>(m_fetch.window));
            m_asm.mov(kT1, FetchTlb::kNoPage);
            m_asm.store(8, kT1, kT0, offsetof(FetchTlb::Window, page));
            m_asm.load(8, kT0, Reg::Sp, frame::kJumpStamps);
            for (uint32_t half = 0; half < 2; ++half) {
                m_asm.load(8, kT1, kT0, 8 * half);
                m_asm.keep_bits(kT1, kT1, 1, 63);
                if (el1)
                    m_asm.add(kT1, kT1, 1, kT2);
                m_asm.store(8, kT1, kT0, 8 * half);
            }
        }

        void emit_supervisor_call()
        {
            Label slow;
            m_asm.load(1, kT0, kCpuRegister, m_layout.el);
            m_asm.jump_if_not_zero(Width::W32, kT0, slow);
            require_plain(slow);

            m_asm.load(4, kT0, kT1, offsetof(CallRecord, word));
            m_asm.extract_bits(kT0, kT0, 5, 16);
            m_asm.mov(kT2, uint64_t { kSvcSyndrome });
            m_asm.orr(kT0, kT0, kT2);
            store_system(System::ESR_EL1, kT0);
            retire(0);
            m_asm.load(8, kT0, kCpuRegister, m_layout.exceptions_taken);
            m_asm.add(kT0, kT0, 1, kT2);
            m_asm.store(8, kT0, kCpuRegister, m_layout.exceptions_taken);
            m_asm.load(2, kT0, kT1, offsetof(CallRecord, page_offset));
            m_asm.load(8, kT2, Reg::Sp, frame::kPage);
            m_asm.add(kT0, kT0, kT2);
            m_asm.add(kT0, kT0, 4, kT2);
            store_system(System::ELR_EL1, kT0);
            save_pstate();
            switch_stack(System::SP_EL0, System::SP_EL1);
            enter_el1();
            load_system(kT0, System::VBAR_EL1);
            m_asm.add(kT0, kT0, static_cast<int64_t>(runtime::kVectorLower64), kT1);
            m_asm.jump_position(m_thunks.dispatch);

            m_asm.bind(slow);
            m_asm.jump_position(m_thunks.end);
        }

        // SPSR_EL1 of EL0. SVC clears PSTATE.SS, and under PSTATE.IL nothing is translated. Takes T0 and T1.
        void save_pstate()
        {
            m_asm.read_special(kT0, Special::Nzcv);
            m_asm.load(1, kT1, kCpuRegister, m_layout.daif);
            m_asm.add(kT0, kT0, kT1, runtime::kSpsrDaifShift);
            for (PstateBit const& bit : kKeptPstateBits) {
                m_asm.load(1, kT1, kCpuRegister, pstate(bit.offset));
                m_asm.add(kT0, kT0, kT1, bit.position());
            }
            store_system(System::SPSR_EL1, kT0);
        }

        void enter_el1()
        {
            Label keeps_pan;
            load_system(kT0, System::SCTLR_EL1);
            m_asm.jump_if_bit(true, kT0, kSctlrSpanBit, keeps_pan);
            m_asm.mov(kT1, uint64_t { 1 });
            store_byte(offsetof(Pstate, pan), kT1);
            m_asm.bind(keeps_pan);
            m_asm.extract_bits(kT0, kT0, kSctlrDssbsBit, 1);
            store_byte(offsetof(Pstate, ssbs), kT0);
            m_asm.mov(kT0, uint64_t { 0xf });
            store_byte(offsetof(Pstate, daif), kT0);
            m_asm.mov(kT0, uint64_t { kEl1WithSpEl1 });
            m_asm.store(2, kT0, kCpuRegister, pstate(0));
            m_asm.store(2, Reg::Zero, kCpuRegister, pstate(offsetof(Pstate, il)));
            select_el1_tlb(m_asm, m_layout);
            select_fetch_level(true);
        }

        void emit_exception_return()
        {
            Label slow, to_el1, returned;
            m_asm.load(2, kT0, kCpuRegister, pstate(0));
            m_asm.add(kT0, kT0, -kEl1WithSpEl1, kT2);
            m_asm.jump_if_not_zero(Width::W32, kT0, slow);
            require_plain(slow);
            load_system(kT2, System::SPSR_EL1);
            m_asm.jump_if_bit(true, kT2, std::countr_zero(runtime::kSpsrIl), slow);
            m_asm.keep_bits(kT0, kT2, 0, std::popcount(runtime::kSpsrModeMask));
            static_assert(runtime::kSpsrModeEl0t == 0);
            Label to_el0;
            m_asm.jump_if_zero(Width::W64, kT0, to_el0);
            m_asm.add(kT0, kT0, -static_cast<int64_t>(runtime::kSpsrModeEl1h), kT0);
            m_asm.jump_if_zero(Width::W64, kT0, to_el1);

            m_asm.bind(slow);
            m_asm.jump_position(m_thunks.end);

            m_asm.bind(to_el0);
            retire(1);
            restore_pstate();
            switch_stack(System::SP_EL1, System::SP_EL0);
            m_asm.store(2, Reg::Zero, kCpuRegister, pstate(0));
            m_asm.load(8, kTlbRegister, kCpuRegister, m_layout.tlb_unprivileged);
            m_asm.store(8, kTlbRegister, kCpuRegister, m_layout.tlb);
            select_fetch_level(false);
            m_asm.jump(returned);

            m_asm.bind(to_el1);
            retire(1);
            restore_pstate();
            select_el1_tlb(m_asm, m_layout);

            m_asm.bind(returned);
            m_asm.store(1, Reg::Zero, kCpuRegister, m_layout.exclusive);
            m_asm.mov(kT0, uint64_t { 1 });
            m_asm.store(1, kT0, kCpuRegister, m_layout.event_register);
            load_system(kT0, System::ELR_EL1);
            m_asm.jump_position(m_thunks.dispatch);
        }

        // From SPSR_EL1 in T2, all but EL and the stack. Without software step SS becomes 0. Takes T0.
        void restore_pstate()
        {
            m_asm.keep_bits(kT0, kT2, kSpsrNzcvShift, std::popcount(runtime::kSpsrNzcv));
            m_asm.write_special(Special::Nzcv, kT0);
            m_asm.extract_bits(kT0, kT2, runtime::kSpsrDaifShift, 4);
            store_byte(offsetof(Pstate, daif), kT0);
            for (PstateBit const& bit : kKeptPstateBits) {
                m_asm.extract_bits(kT0, kT2, bit.position(), 1);
                store_byte(bit.offset, kT0);
            }
            m_asm.store(2, Reg::Zero, kCpuRegister, pstate(offsetof(Pstate, il)));
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
    assembler.load(1, kT0, kCpuRegister, layout.pstate + static_cast<uint32_t>(offsetof(Pstate, pan)));
    assembler.add(kT0, kT0, 1, kT1);
    assembler.load(8, kT1, kCpuRegister, layout.tlb_unprivileged);
    assembler.add(kTlbRegister, kT1, kT0, std::countr_zero(kContextBytes));
    assembler.store(8, kTlbRegister, kCpuRegister, layout.tlb);
}

}
