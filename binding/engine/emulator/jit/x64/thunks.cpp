#include "engine/emulator/jit/x64/thunks.h"

#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/jit/x64/frame_flags.h"
#include "engine/emulator/jit/x64/jump_lookup.h"
#include "engine/emulator/jit/x64/likely_addend.h"
#include "engine/emulator/runtime/pstate.h"

#include <array>
#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::x64 {

namespace {

    constexpr std::array kSavedByCallee { Reg::Rbx, Reg::Rbp, Reg::R12, Reg::R13, Reg::R14, Reg::R15 };
    // Return address and six pushes: what the frame adds keeps RSP at 8 modulo 16, so that the stack is aligned in
    // functions that a thunk calls. [System V ABI, 3.2.2]
    static_assert(frame::kSize % 16 == 0);

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
            emit_leaving(thunks);
            emit_dispatch(thunks);
            thunks.enter = start();
            emit_enter();
            thunks.pending = start();
            emit_pending();
            thunks.call = start();
            emit_call(false);
            m_asm.ret();
            thunks.call_with_flags = start();
            emit_call(true);
            m_asm.ret();
            thunks.call_with_pins = start();
            store_pins();
            emit_call(false);
            load_pins();
            m_asm.ret();
            thunks.end = start();
            emit_end(thunks);
            thunks.exceptions = emit_exception_thunks(m_asm, m_cpu, m_fetch, thunks);
            thunks.page = emit_page_thunks(m_asm);
            return thunks;
        }

    private:
        uint32_t start() const { return m_asm.position(); }

        void store_pins()
        {
            for (Pin const& pin : kPins)
                m_asm.store(Width::W64, m_layout.general(pin.guest), pin.host);
        }
        void load_pins()
        {
            for (Pin const& pin : kPins)
                m_asm.load(Width::W64, pin.host, m_layout.general(pin.guest));
        }

        void flags_to_cpu(Reg temporary, int32_t frame) { x64::flags_to_cpu(m_asm, m_layout, temporary, frame); }
        void flags_to_frame(Reg result, Reg temporary, int32_t frame)
        {
            x64::flags_to_frame(m_asm, m_layout, result, temporary, frame);
        }

        // C++ runs in its own mode. MXCSR has IE, DE, ZE, OE, UE, PE from bit 0 on, FPSR has IOC, DZC, OFC, UFC, IXC.
        void leave_fp(Reg temporary, int32_t frame)
        {
            Label left;
            auto const collect = [&](unsigned shift, int32_t mask) {
                m_asm.load(Width::W32, temporary, { Reg::Rsp, frame + frame::kGuestMxcsr });
                if (shift)
                    m_asm.shift(Shift::Shr, Width::W32, temporary, static_cast<uint8_t>(shift));
                m_asm.alu(Alu::And, Width::W32, temporary, mask);
                m_asm.alu(Alu::Or, Width::W32, temporary, CpuLayout::at(m_layout.fpsr));
                m_asm.store(Width::W32, CpuLayout::at(m_layout.fpsr), temporary);
            };
            m_asm.alu_memory(Alu::Cmp, Width::W32, { Reg::Rsp, frame + frame::kFpMode }, frame::kHostFp);
            m_asm.jump(Condition::E, left);
            m_asm.store_mxcsr({ Reg::Rsp, frame + frame::kGuestMxcsr });
            m_asm.load_mxcsr({ Reg::Rsp, frame + frame::kHostMxcsr });
            m_asm.store_immediate(Width::W32, { Reg::Rsp, frame + frame::kFpMode }, frame::kHostFp);
            collect(0, 1);
            collect(1, 0x1e);
            m_asm.bind(left);
        }

        // EAX: why. The state is in Cpu.
        void return_to_cpp()
        {
            leave_fp(Reg::Rcx, 0);
            m_asm.lea(Width::W64, Reg::Rsp, { Reg::Rsp, frame::kSize });
            for (auto reg = kSavedByCallee.rbegin(); reg != kSavedByCallee.rend(); ++reg)
                m_asm.pop(*reg);
            m_asm.ret();
        }

        // Counts what the block has executed when its function returned the flow in EAX: an instruction that raises an
        // exception does not retire.
        void retire_after_call()
        {
            m_asm.load(Width::W32, Reg::Rcx, { Reg::Rsp, frame::kScratch });
            m_asm.shift(Shift::Shr, Width::W32, Reg::Rcx, call_argument::kCountShift);
            m_asm.alu(Alu::And, Width::W32, Reg::Rcx, call_argument::kCountMask);
            m_asm.alu(Alu::Xor, Width::W32, Reg::Rdx, Reg::Rdx);
            m_asm.alu(Alu::Cmp, Width::W32, Reg::Rax, static_cast<int32_t>(Flow::Exception));
            m_asm.set(Condition::Ne, Reg::Rdx);
            m_asm.alu(Alu::Add, Width::W64, Reg::Rcx, Reg::Rdx);
            m_asm.alu(Alu::Add, Width::W64, Reg::Rcx, CpuLayout::at(m_layout.retired));
            m_asm.store(Width::W64, CpuLayout::at(m_layout.retired), Reg::Rcx);
        }

        // Keeps EAX in the scratch slot, sets Cpu::pc and the arguments, counts the call and makes it.
        void call_function(int32_t frame)
        {
            leave_fp(Reg::Rsi, frame);
            m_asm.store(Width::W32, { Reg::Rsp, frame + frame::kScratch }, Reg::Rax);
            m_asm.mov(Width::W32, Reg::Rdx, Reg::Rax);
            m_asm.shift(Shift::Shr, Width::W32, Reg::Rdx, call_argument::kInstructionShift);
            m_asm.shift(Shift::Shl, Width::W32, Reg::Rdx, std::countr_zero(sizeof(CalledFunction)));
            m_asm.alu(Alu::And, Width::W32, Reg::Rax, call_argument::kPageOffsetMask);
            m_asm.alu(Alu::Add, Width::W64, Reg::Rax, { Reg::Rsp, frame + frame::kPage });
            m_asm.store(Width::W64, CpuLayout::at(m_layout.pc), Reg::Rax);
            m_asm.mov(Reg::Rsi, reinterpret_cast<uint64_t>(m_left_behind.functions.data()));
            m_asm.alu(Alu::Add, Width::W64, Reg::Rdx, Reg::Rsi);
            m_asm.alu_memory(Alu::Add, Width::W64, { Reg::Rdx, offsetof(CalledFunction, calls) }, 1);
            m_asm.mov(Width::W32, Reg::Rsi, Reg::Rcx);
            m_asm.lea(Width::W64, Reg::Rdi, { kCpuRegister, -kCpuBias });
            m_asm.load(Width::W64, Reg::Rdx, { Reg::Rdx, offsetof(CalledFunction, handler) });
            m_asm.call(Reg::Rdx);
        }

        void emit_call(bool with_flags)
        {
            Label goes_on;
            if (with_flags)
                flags_to_cpu(Reg::Rsi, frame::kReturnAddress);
            call_function(frame::kReturnAddress);
            if (with_flags)
                flags_to_frame(Reg::Rcx, Reg::Rdx, frame::kReturnAddress);
            m_asm.test(Width::W32, Reg::Rax, Reg::Rax);
            m_asm.jump(Condition::E, goes_on);
            m_asm.lea(Width::W64, Reg::Rsp, { Reg::Rsp, frame::kReturnAddress });
            retire_after_call();
            flags_to_cpu(Reg::Rcx, 0);
            return_to_cpp();
            m_asm.bind(goes_on);
        }

        void emit_end(Thunks const& thunks)
        {
            Label leaves;
            Label branched;
            flags_to_cpu(Reg::Rsi, 0);
            m_asm.lea(Width::W64, Reg::Rsp, { Reg::Rsp, -frame::kReturnAddress });
            call_function(frame::kReturnAddress);
            m_asm.lea(Width::W64, Reg::Rsp, { Reg::Rsp, frame::kReturnAddress });
            retire_after_call();
            m_asm.alu(Alu::Cmp, Width::W32, Reg::Rax, static_cast<int32_t>(Flow::Branch));
            m_asm.jump(Condition::A, leaves);
            m_asm.jump(Condition::E, branched);
            m_asm.alu_memory(Alu::Add, Width::W64, CpuLayout::at(m_layout.pc), 4);
            m_asm.bind(branched);
            // The function may have changed the exception level.
            m_asm.load(Width::W64, kTlbRegister, CpuLayout::at(m_layout.tlb));
            flags_to_frame(Reg::Rcx, Reg::Rdx, 0);
            load_pins();
            m_asm.load(Width::W64, Reg::Rax, CpuLayout::at(m_layout.pc));
            m_asm.jump_position(thunks.dispatch);
            m_asm.bind(leaves);
            return_to_cpp();
        }

        void emit_enter()
        {
            for (Reg const reg : kSavedByCallee)
                m_asm.push(reg);
            m_asm.lea(Width::W64, Reg::Rsp, { Reg::Rsp, -frame::kSize });
            m_asm.store(Width::W64, { Reg::Rsp, frame::kPage }, Reg::Rsi);
            m_asm.store_immediate(Width::W32, { Reg::Rsp, frame::kFpMode }, frame::kHostFp);
            allow_wrong_guesses(m_asm);
            m_asm.mov(Width::W64, Reg::Rax, Reg::Rdi);
            m_asm.mov(kCpuRegister, reinterpret_cast<uint64_t>(&m_cpu) + kCpuBias);
            m_asm.load(Width::W64, kTlbRegister, CpuLayout::at(m_layout.tlb));
            flags_to_frame(Reg::Rcx, Reg::Rdx, 0);
            load_pins();
            m_asm.jump(Reg::Rax);
        }

        void emit_pending()
        {
            static_assert(kPendingIrq == runtime::kDaifF && kPendingFiq == runtime::kDaifI); // the other way round
            m_asm.load_zero_extended(1, Reg::Rdx, CpuLayout::at(m_layout.daif));
            m_asm.mov(Width::W32, Reg::Rax, Reg::Rdx);
            m_asm.shift(Shift::Shr, Width::W32, Reg::Rax, 1);
            m_asm.alu(Alu::And, Width::W32, Reg::Rax, 1);
            m_asm.alu(Alu::And, Width::W32, Reg::Rdx, 1);
            m_asm.lea(Width::W32, Reg::Rax, { Reg::Rax, Reg::Rdx, 2, 0 });
            m_asm.unary(Unary::Not, Width::W32, Reg::Rax);
            m_asm.alu(Alu::And, Width::W32, Reg::Rax, CpuLayout::at(m_layout.pending));
            m_asm.ret();
        }

        void emit_leaving(Thunks& thunks)
        {
            thunks.leave_to_link = start();
            m_asm.mov(Reg::Rcx, reinterpret_cast<uint64_t>(&m_left_behind.link));
            m_asm.store(Width::W32, { Reg::Rcx, 0 }, Reg::Rdx);
            thunks.leave = start();
            m_asm.alu(Alu::Add, Width::W64, Reg::Rax, { Reg::Rsp, frame::kPage });
            m_leave_absolute = start();
            m_asm.store(Width::W64, CpuLayout::at(m_layout.pc), Reg::Rax);
            store_pins();
            flags_to_cpu(Reg::Rcx, 0);
            m_asm.mov(Reg::Rax, static_cast<uint64_t>(Flow::Branch));
            return_to_cpp();
        }

        // The table of jumps, else the page that executes, else the fetch TLB; whatever they do not know is left to
        // C++.
        void emit_dispatch(Thunks& thunks)
        {
            auto const window = reinterpret_cast<uint64_t>(m_fetch.window);
            Label other_page;
            Label found;
            Label unknown, no_jump;
            thunks.dispatch = start();
            emit_jump_lookup(m_asm, m_fetch.jumps, no_jump);
            m_asm.bind(no_jump);
            m_asm.mov(Reg::Rcx, window);
            m_asm.load(Width::W64, Reg::Rdx, { Reg::Rcx, offsetof(FetchTlb::Window, page) });
            m_asm.alu(Alu::Xor, Width::W64, Reg::Rdx, Reg::Rax);
            m_asm.test(Width::W64, Reg::Rdx, ~0xffc);
            m_asm.jump(Condition::Ne, other_page);
            m_asm.load(Width::W64, Reg::Rcx, { Reg::Rcx, offsetof(FetchTlb::Window, code) });

            // RAX: address, RCX: its CodePage.
            m_asm.bind(found);
            m_asm.mov(Width::W32, Reg::Rdx, Reg::Rax);
            static_assert(CodePage::kLineWords == 16 && CodePage::kWords == 1024);
            m_asm.shift(Shift::Shr, Width::W32, Reg::Rdx, 6);
            m_asm.alu(Alu::And, Width::W32, Reg::Rdx, 63);
            m_asm.load(Width::W64, Reg::Rcx, { Reg::Rcx, Reg::Rdx, 8, offsetof(CodePage, lines) });
            m_asm.test(Width::W64, Reg::Rcx, Reg::Rcx);
            m_asm.jump(Condition::E, unknown);
            m_asm.mov(Width::W32, Reg::Rdx, Reg::Rax);
            m_asm.alu(Alu::And, Width::W32, Reg::Rdx, 0x3c);
            m_asm.load(Width::W64, Reg::Rcx, { Reg::Rcx, Reg::Rdx, 2, 0 });
            m_asm.test(Width::W64, Reg::Rcx, Reg::Rcx);
            m_asm.jump(Condition::E, unknown);
            m_asm.load(Width::W64, Reg::Rcx, { Reg::Rcx, offsetof(Block, code) });
            m_asm.test(Width::W64, Reg::Rcx, Reg::Rcx);
            m_asm.jump(Condition::E, unknown);
            m_asm.store(Width::W64, { Reg::Rsp, frame::kScratch }, Reg::Rcx);
            emit_jump_note(m_asm, m_fetch.jumps, { Reg::Rsp, frame::kScratch });

            m_asm.bind(other_page);
            m_asm.test_byte(Reg::Rax, 3);
            m_asm.jump(Condition::Ne, unknown);
            // RCX: the entry of the page.
            m_asm.mov(Width::W64, Reg::Rcx, Reg::Rax);
            m_asm.shift(Shift::Shr, Width::W64, Reg::Rcx, kTlbPageBits);
            m_asm.alu(Alu::And, Width::W32, Reg::Rcx, FetchTlb::kHalfEntries - 1);
            static_assert(FetchTlb::kHalfEntries == 256);
            m_asm.mov(Width::W64, Reg::Rdx, Reg::Rax);
            m_asm.shift(Shift::Shr, Width::W64, Reg::Rdx, 55 - 8);
            m_asm.alu(Alu::And, Width::W32, Reg::Rdx, FetchTlb::kHalfEntries);
            m_asm.alu(Alu::Or, Width::W32, Reg::Rcx, Reg::Rdx);
            m_asm.imul(Width::W64, Reg::Rcx, Reg::Rcx, sizeof(FetchTlb::Entry));
            m_asm.load_zero_extended(1, Reg::Rdx, CpuLayout::at(m_layout.el));
            m_asm.imul(Width::W64, Reg::Rdx, Reg::Rdx, sizeof(FetchTlb::Entry) * 2 * FetchTlb::kHalfEntries);
            m_asm.alu(Alu::Add, Width::W64, Reg::Rcx, Reg::Rdx);
            m_asm.mov(Reg::Rdx, reinterpret_cast<uint64_t>(m_fetch.entries));
            m_asm.alu(Alu::Add, Width::W64, Reg::Rcx, Reg::Rdx);
            // Is it the page's, and not from before the last change of its half?
            m_asm.mov(Width::W64, Reg::Rdx, Reg::Rax);
            m_asm.alu(Alu::And, Width::W64, Reg::Rdx, -4096);
            m_asm.alu(Alu::Cmp, Width::W64, Reg::Rdx, { Reg::Rcx, offsetof(FetchTlb::Entry, page) });
            m_asm.jump(Condition::Ne, unknown);
            m_asm.shift(Shift::Shr, Width::W64, Reg::Rdx, 55);
            m_asm.alu(Alu::And, Width::W32, Reg::Rdx, 1);
            m_asm.store(Width::W64, { Reg::Rsp, frame::kScratch }, Reg::Rax);
            m_asm.mov(Reg::Rax, reinterpret_cast<uint64_t>(m_fetch.stamps));
            m_asm.load(Width::W64, Reg::Rdx, { Reg::Rax, Reg::Rdx, 8, 0 });
            m_asm.load(Width::W64, Reg::Rax, { Reg::Rsp, frame::kScratch });
            m_asm.alu(Alu::Cmp, Width::W64, Reg::Rdx, { Reg::Rcx, offsetof(FetchTlb::Entry, stamp) });
            m_asm.jump(Condition::Ne, unknown);
            // It becomes the window.
            m_asm.load(Width::W64, Reg::Rcx, { Reg::Rcx, offsetof(FetchTlb::Entry, code) });
            m_asm.mov(Reg::Rdx, window);
            m_asm.store(Width::W64, { Reg::Rdx, offsetof(FetchTlb::Window, code) }, Reg::Rcx);
            m_asm.store(Width::W64, { Reg::Rdx, offsetof(FetchTlb::Window, page) }, Reg::Rax);
            m_asm.alu_memory(Alu::And, Width::W64, { Reg::Rdx, offsetof(FetchTlb::Window, page) }, -4096);
            m_asm.jump(found);

            m_asm.bind(unknown);
            m_asm.mov(Reg::Rcx, reinterpret_cast<uint64_t>(&m_left_behind.link));
            m_asm.store_immediate(Width::W32, { Reg::Rcx, 0 }, static_cast<int32_t>(LeftBehind::kUnknownJump));
            m_asm.jump_position(m_leave_absolute);
        }

        Assembler& m_asm;
        Cpu& m_cpu;
        CpuLayout m_layout;
        FetchTlb::Addresses m_fetch;
        LeftBehind& m_left_behind;
        uint32_t m_leave_absolute { 0 }; // returns to C++ with Cpu::pc = RAX. Pins in place
    };

}

Thunks emit_thunks(Assembler& assembler, Cpu& cpu, FetchTlb const& fetch_tlb, LeftBehind& left_behind)
{
    return ThunkEmitter { assembler, cpu, fetch_tlb, left_behind }.emit();
}

}
