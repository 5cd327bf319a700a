#include "engine/emulator/jit/a64/thunks.h"

#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/jit/a64/jump_lookup.h"
#include "engine/emulator/runtime/pstate.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::a64 {

namespace {

    // The bits of FPSR that there are; hosts have others. [Arm DDI 0487, C5.2.10]
    constexpr unsigned kCumulativeSaturation = 27; // QC
    constexpr unsigned kFpsrLowBits = 8; // IDC, IXC, UFC, OFC, DZC, IOC
    constexpr uint32_t kCallPageOffset = offsetof(CallRecord, page_offset);
    constexpr uint32_t kCallIndex = offsetof(CallRecord, index);

    constexpr Reg kT3 = kRetired; // a temporary while the count is in Cpu

    class ThunkEmitter {
    public:
        ThunkEmitter(Assembler& assembler, Cpu& cpu, FetchTlb const& fetch_tlb, LeftBehind& left_behind)
            : m_asm(assembler)
            , m_cpu(cpu)
            , m_layout(cpu)
            , m_fetch(fetch_tlb.addresses())
            , m_left_behind(left_behind)
        {
        }

        Thunks emit()
        {
            Thunks thunks {};
            emit_store_vectors();
            thunks.load_vectors = start();
            emit_load_vectors();
            emit_leaving(thunks);
            emit_dispatch(thunks);
            thunks.enter = start();
            emit_enter();
            thunks.call = start();
            emit_call();
            m_asm.jump(kT1);
            thunks.call_keeping_vectors = start();
            emit_call();
            m_asm.jump_position(thunks.load_vectors);
            thunks.end = start();
            emit_end(thunks);
            thunks.exceptions = emit_exception_thunks(m_asm, m_cpu, m_fetch, thunks);
            return thunks;
        }

    private:
        uint32_t start() const { return m_asm.position(); }

        void store_pins()
        {
            for (PinPair const& pair : kPinPairs)
                m_asm.store_pair(pair.first, pair.second, kCpuRegister, static_cast<int32_t>(8 * pair.first));
            m_asm.store(8, static_cast<Reg>(kLonePin), kCpuRegister, CpuLayout::general(kLonePin));
            m_asm.store(8, kStackPin, kCpuRegister, m_layout.sp);
            m_asm.store(8, kRetired, kCpuRegister, m_layout.retired);
        }
        void load_pins()
        {
            for (PinPair const& pair : kPinPairs)
                m_asm.load_pair(pair.first, pair.second, kCpuRegister, static_cast<int32_t>(8 * pair.first));
            m_asm.load(8, static_cast<Reg>(kLonePin), kCpuRegister, CpuLayout::general(kLonePin));
            m_asm.load(8, kStackPin, kCpuRegister, m_layout.sp);
            m_asm.load(8, kRetired, kCpuRegister, m_layout.retired);
        }
        void store_flags()
        {
            m_asm.read_special(kT0, Special::Nzcv);
            m_asm.store(4, kT0, kCpuRegister, m_layout.nzcv);
        }
        void load_flags()
        {
            m_asm.load(4, kT0, kCpuRegister, m_layout.nzcv);
            m_asm.write_special(Special::Nzcv, kT0);
        }

        // A function of its own: called with the pins stored. Takes T0 and T1.
        void emit_store_vectors()
        {
            m_asm.bind(m_store_vectors);
            m_asm.add(kT0, kCpuRegister, m_layout.v, kT1);
            for (unsigned n = 0; n < 32; n += 2)
                m_asm.store_pair_q(n, n + 1, kT0, static_cast<int32_t>(16 * n));
            m_asm.read_special(kT0, Special::Fpsr);
            m_asm.extract_bits(kT1, kT0, kCumulativeSaturation, 1);
            m_asm.keep_bits(kT0, kT0, 0, kFpsrLowBits);
            m_asm.add(kT0, kT0, kT1, kCumulativeSaturation);
            m_asm.store(4, kT0, kCpuRegister, m_layout.fpsr);
            m_asm.load(8, kT0, Reg::Sp, frame::kHostFpcr);
            set_fpcr_if_different(kT0, [&] { m_asm.load(4, kT1, kCpuRegister, m_layout.fpcr); });
            m_asm.store(8, Reg::Zero, Reg::Sp, frame::kVectors);
            m_asm.ret();
        }

        // FPCR becomes `wanted`; what it is now is loaded into T1. Writing it is slow on most processors.
        template <typename LoadCurrent> void set_fpcr_if_different(Reg wanted, LoadCurrent load_current)
        {
            Label same;
            load_current();
            m_asm.eor(kT1, kT1, wanted);
            m_asm.jump_if_zero(Width::W64, kT1, same);
            m_asm.write_special(Special::Fpcr, wanted);
            m_asm.bind(same);
        }

        void emit_load_vectors()
        {
            m_asm.mov(kT2, kT1);
            m_asm.add(kT0, kCpuRegister, m_layout.v, kT1);
            for (unsigned n = 0; n < 32; n += 2)
                m_asm.load_pair_q(n, n + 1, kT0, static_cast<int32_t>(16 * n));
            m_asm.load(4, kT0, kCpuRegister, m_layout.fpsr);
            m_asm.write_special(Special::Fpsr, kT0);
            m_asm.load(4, kT0, kCpuRegister, m_layout.fpcr);
            set_fpcr_if_different(kT0, [&] { m_asm.load(8, kT1, Reg::Sp, frame::kHostFpcr); });
            m_asm.mov(kT0, uint64_t { 1 });
            m_asm.store(8, kT0, Reg::Sp, frame::kVectors);
            m_asm.jump(kT2);
        }

        // The vectors go to Cpu if they are not there. The pins must be stored.
        void put_vectors_away()
        {
            Label away;
            m_asm.load(8, kT0, Reg::Sp, frame::kVectors);
            m_asm.jump_if_zero(Width::W64, kT0, away);
            m_asm.call(m_store_vectors);
            m_asm.bind(away);
        }

        // W0: why. The state is in Cpu.
        void return_to_cpp()
        {
            auto const saved = static_cast<int32_t>(frame::kSaved);
            for (unsigned i = 0; i < 12; i += 2)
                m_asm.load_pair(19 + i, 20 + i, Reg::Sp, saved + static_cast<int32_t>(8 * i));
            for (unsigned i = 0; i < 8; i += 2)
                m_asm.load_pair_d(8 + i, 9 + i, Reg::Sp, saved + 96 + static_cast<int32_t>(8 * i));
            m_asm.add(Reg::Sp, Reg::Sp, frame::kSize, kT0);
            m_asm.ret();
        }

        // [Procedure Call Standard for the Arm 64-bit Architecture, 6.1]
        void emit_enter()
        {
            auto const saved = static_cast<int32_t>(frame::kSaved);
            m_asm.add(Reg::Sp, Reg::Sp, -static_cast<int32_t>(frame::kSize), kT0);
            for (unsigned i = 0; i < 12; i += 2)
                m_asm.store_pair(19 + i, 20 + i, Reg::Sp, saved + static_cast<int32_t>(8 * i));
            for (unsigned i = 0; i < 8; i += 2)
                m_asm.store_pair_d(8 + i, 9 + i, Reg::Sp, saved + 96 + static_cast<int32_t>(8 * i));
            m_asm.store(8, Reg::X1, Reg::Sp, frame::kPage);
            m_asm.store(8, Reg::Zero, Reg::Sp, frame::kVectors);
            m_asm.read_special(kT0, Special::Fpcr);
            m_asm.store(8, kT0, Reg::Sp, frame::kHostFpcr);
            m_asm.mov(kT0, reinterpret_cast<uint64_t>(m_fetch.jumps->entries.data()));
            m_asm.store(8, kT0, Reg::Sp, frame::kJumps);
            m_asm.mov(kT0, reinterpret_cast<uint64_t>(m_fetch.jumps->stamps));
            m_asm.store(8, kT0, Reg::Sp, frame::kJumpStamps);
            m_asm.mov(kT1, Reg::X0);
            m_asm.mov(kCpuRegister, reinterpret_cast<uint64_t>(&m_cpu));
            m_asm.load(8, kTlbRegister, kCpuRegister, m_layout.tlb);
            load_flags();
            load_pins();
            m_asm.jump(kT1);
        }

        // T1: the record. Sets Cpu::pc and the arguments, calls.
        void call_function()
        {
            store_pins();
            store_flags();
            m_asm.store(8, kT1, Reg::Sp, frame::kRecord);
            put_vectors_away();
            m_asm.load(8, kT1, Reg::Sp, frame::kRecord);
            m_asm.load(8, kT0, Reg::Sp, frame::kPage);
            m_asm.load(2, kT2, kT1, kCallPageOffset);
            m_asm.add(kT0, kT0, kT2);
            m_asm.store(8, kT0, kCpuRegister, m_layout.pc);
            m_asm.load(8, kT2, kT1, offsetof(CallRecord, function));
            m_asm.load(8, kT0, kT2, offsetof(CalledFunction, calls));
            m_asm.add(kT0, kT0, 1, kT3);
            m_asm.store(8, kT0, kT2, offsetof(CalledFunction, calls));
            m_asm.load(8, kT0, kT2, offsetof(CalledFunction, handler));
            m_asm.load(4, Reg::X1, kT1, offsetof(CallRecord, word));
            m_asm.mov(Reg::X0, kCpuRegister);
            m_asm.call(kT0);
            m_asm.load(8, kT1, Reg::Sp, frame::kRecord);
        }

        // Counts what the block of the record in T1 has executed when its function returned the flow in W0: an
        // instruction that raises an exception does not retire.
        void retire_after_call()
        {
            Label excepted;
            m_asm.load(8, kT0, kCpuRegister, m_layout.retired);
            m_asm.load(2, kT2, kT1, kCallIndex);
            m_asm.add(kT0, kT0, kT2);
            m_asm.add(kT3, Reg::X0, -static_cast<int64_t>(Flow::Exception), kT2);
            m_asm.jump_if_zero(Width::W32, kT3, excepted);
            m_asm.add(kT0, kT0, 1, kT2);
            m_asm.bind(excepted);
            m_asm.store(8, kT0, kCpuRegister, m_layout.retired);
        }

        // Leaves the way back in T1.
        void emit_call()
        {
            Label goes_on;
            call_function();
            m_asm.jump_if_zero(Width::W32, Reg::X0, goes_on);
            retire_after_call();
            return_to_cpp();
            m_asm.bind(goes_on);
            load_flags();
            load_pins();
            m_asm.add(kT1, kT1, sizeof(CallRecord), kT0);
        }

        void emit_end(Thunks const& thunks)
        {
            Label leaves;
            Label branched;
            static_assert(static_cast<unsigned>(Flow::Next) == 0 && static_cast<unsigned>(Flow::Branch) == 1);
            call_function();
            retire_after_call();
            m_asm.extract_bits(kT0, Reg::X0, 1, 31);
            m_asm.jump_if_not_zero(Width::W32, kT0, leaves);
            m_asm.load(8, kT1, kCpuRegister, m_layout.pc);
            m_asm.jump_if_not_zero(Width::W32, Reg::X0, branched);
            m_asm.add(kT1, kT1, 4, kT0);
            m_asm.bind(branched);
            // The function may have changed the exception level.
            m_asm.load(8, kTlbRegister, kCpuRegister, m_layout.tlb);
            load_flags();
            load_pins();
            m_asm.mov(kT0, kT1);
            m_asm.jump_position(thunks.dispatch);
            m_asm.bind(leaves);
            return_to_cpp();
        }

        // With only IRQ or only FIQ masked the run loop finds out.
        void emit_pending(Thunks& thunks)
        {
            static_assert((kPendingIrq | kPendingFiq) == 3);
            constexpr unsigned kInterrupts = 2; // bits
            constexpr int64_t kBothMasked = runtime::kDaifI | runtime::kDaifF;
            static_assert(kBothMasked == 3);
            thunks.pending = start();
            m_asm.store(8, kRetired, kCpuRegister, m_layout.retired);
            m_asm.load(4, kT2, kCpuRegister, m_layout.pending);
            m_asm.extract_bits(kT2, kT2, kInterrupts, 32 - kInterrupts);
            m_asm.load(1, kT3, kCpuRegister, m_layout.daif);
            m_asm.keep_bits(kT3, kT3, 0, kInterrupts);
            m_asm.add(kT3, kT3, -kBothMasked, kT3);
            m_asm.orr(kT2, kT2, kT3);
            m_asm.load(8, kRetired, kCpuRegister, m_layout.retired);
            m_asm.jump_if_not_zero(Width::W64, kT2, m_leave);
            m_asm.jump(kT1);
        }

        void emit_leaving(Thunks& thunks)
        {
            emit_pending(thunks);
            thunks.leave_to_link = start();
            m_asm.mov(kT2, reinterpret_cast<uint64_t>(&m_left_behind.link));
            m_asm.store(4, kT1, kT2, 0);
            thunks.leave = start();
            m_asm.bind(m_leave);
            m_asm.load(8, kT1, Reg::Sp, frame::kPage);
            m_asm.add(kT0, kT0, kT1);
            m_asm.bind(m_leave_absolute);
            m_asm.store(8, kT0, kCpuRegister, m_layout.pc);
            store_pins();
            store_flags();
            put_vectors_away();
            m_asm.mov(Reg::X0, static_cast<uint64_t>(Flow::Branch));
            return_to_cpp();
        }

        // The table of jumps, else the page that executes, else the fetch TLB; whatever they do not know is left to
        // C++.
        void emit_dispatch(Thunks& thunks)
        {
            auto const window = reinterpret_cast<uint64_t>(m_fetch.window);
            constexpr unsigned kWordBits = 10; // of the offset in a page, above the two that must be zero
            Label other_page;
            Label found;
            Label unknown;
            Label missed;

            thunks.dispatch = start();
            emit_jump_lookup(m_asm, kT0, missed);
            emit_jump_to_code(m_asm);
            m_asm.bind(missed);
            thunks.dispatch_missed = start();
            m_asm.store(8, kRetired, kCpuRegister, m_layout.retired);
            m_asm.mov(kT1, window);
            static_assert(offsetof(FetchTlb::Window, page) == 0 && offsetof(FetchTlb::Window, code) == 8);
            m_asm.load_pair(number(kT2), number(kT3), kT1, 0);
            m_asm.eor(kT2, kT2, kT0);
            m_asm.keep_bits(kT1, kT2, kTlbPageBits, 64 - kWordBits); // all but the offset of the word
            m_asm.jump_if_not_zero(Width::W64, kT1, other_page);

            // T0: address, T3: its CodePage.
            m_asm.bind(found);
            constexpr unsigned kLineBits = std::countr_zero(CodePage::kLineWords);
            m_asm.extract_bits(kT1, kT0, 2 + kLineBits, kWordBits - kLineBits);
            m_asm.add(kT3, kT3, kT1, 3);
            m_asm.load(8, kT3, kT3, offsetof(CodePage, lines));
            m_asm.jump_if_zero(Width::W64, kT3, unknown);
            m_asm.extract_bits(kT1, kT0, 2, kLineBits);
            m_asm.add(kT3, kT3, kT1, 3);
            m_asm.load(8, kT3, kT3, 0);
            m_asm.jump_if_zero(Width::W64, kT3, unknown);
            m_asm.load(8, kT3, kT3, offsetof(Block, code));
            m_asm.jump_if_zero(Width::W64, kT3, unknown);
            emit_jump_note(m_asm, kT3);
            m_asm.load(8, kRetired, kCpuRegister, m_layout.retired);
            emit_jump_to_code(m_asm);

            m_asm.bind(other_page);
            m_asm.keep_bits(kT1, kT0, 0, 2);
            m_asm.jump_if_not_zero(Width::W64, kT1, unknown);
            // T3: the entry of the page.
            static_assert(FetchTlb::kHalfEntries == 256);
            constexpr unsigned kHalfBits = 8;
            m_asm.extract_bits(kT1, kT0, kTlbPageBits, kHalfBits);
            m_asm.extract_bits(kT2, kT0, 55, 1);
            m_asm.add(kT1, kT1, kT2, kHalfBits);
            m_asm.load(1, kT3, kCpuRegister, m_layout.el);
            m_asm.add(kT1, kT1, kT3, kHalfBits + 1);
            static_assert(sizeof(FetchTlb::Entry) == 24);
            m_asm.add(kT1, kT1, kT1, 1);
            m_asm.mov(kT3, reinterpret_cast<uint64_t>(m_fetch.entries));
            m_asm.add(kT3, kT3, kT1, 3);
            // Is it the page's, and not from before the last change of its half?
            m_asm.mov(kT1, reinterpret_cast<uint64_t>(m_fetch.stamps));
            m_asm.add(kT1, kT1, kT2, 3);
            m_asm.load(8, kT1, kT1, 0);
            m_asm.load(8, kT2, kT3, offsetof(FetchTlb::Entry, stamp));
            m_asm.eor(kT1, kT1, kT2);
            m_asm.jump_if_not_zero(Width::W64, kT1, unknown);
            m_asm.keep_bits(kT1, kT0, kTlbPageBits, 64 - kTlbPageBits);
            m_asm.load(8, kT2, kT3, offsetof(FetchTlb::Entry, page));
            m_asm.eor(kT2, kT2, kT1);
            m_asm.jump_if_not_zero(Width::W64, kT2, unknown);
            // It becomes the window.
            m_asm.load(8, kT3, kT3, offsetof(FetchTlb::Entry, code));
            m_asm.mov(kT2, window);
            m_asm.store_pair(number(kT1), number(kT3), kT2, 0);
            m_asm.jump(found);

            m_asm.bind(unknown);
            m_asm.load(8, kRetired, kCpuRegister, m_layout.retired);
            m_asm.mov(kT1, reinterpret_cast<uint64_t>(&m_left_behind.link));
            m_asm.mov(kT2, LeftBehind::kUnknownJump);
            m_asm.store(4, kT2, kT1, 0);
            m_asm.jump(m_leave_absolute);
        }

        Assembler& m_asm;
        Cpu& m_cpu;
        CpuLayout m_layout;
        FetchTlb::Addresses m_fetch;
        LeftBehind& m_left_behind;
        Label m_store_vectors;
        Label m_leave;
        Label m_leave_absolute; // returns to C++ with Cpu::pc = T0
    };

}

Thunks emit_thunks(Assembler& assembler, Cpu& cpu, FetchTlb const& fetch_tlb, LeftBehind& left_behind)
{
    return ThunkEmitter { assembler, cpu, fetch_tlb, left_behind }.emit();
}

}
