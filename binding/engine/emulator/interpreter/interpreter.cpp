#include "engine/emulator/interpreter/interpreter.h"

#include "base/bits.h"
#include "engine/emulator/cpu/trace_event.h"
#include "engine/emulator/mmu/maintenance.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/exceptions.h"
#include "engine/emulator/runtime/pmu.h"
#include "engine/emulator/runtime/register_access.h"

namespace dormouse::emulator {

namespace {

    // The counter is read by other threads (Vcpu::counters()), which may see it a moment late.
    void retire(Cpu& cpu, uint64_t instructions)
    {
        __atomic_store_n(&cpu.instructions_retired, cpu.instructions_retired + instructions, __ATOMIC_RELAXED);
    }

    // The loop that everything else serves. Cpu::pc is right before each instruction, in case it faults.
    [[gnu::always_inline]] inline Flow execute(Cpu& cpu, Block const& block)
    {
        Operation const* const first = block.operations();
        Operation const* operation = first;
        uint64_t pc = cpu.pc;
        Flow flow;
        for (;;) {
            cpu.pc = pc;
            flow = operation->handler(cpu, operation->word);
            if (flow != Flow::Next) [[unlikely]]
                break;
            pc += 4;
            ++operation;
        }
        // An instruction that raises an exception does not retire.
        uint64_t const last = flow == Flow::Exception ? 0 : operation->retires;
        retire(cpu, static_cast<uint64_t>(operation - first) + last);
        return flow;
    }

}

Interpreter::Interpreter(Cpu& cpu, Mmu& mmu, uint32_t features)
    : m_cpu(cpu)
    , m_mmu(mmu)
    , m_code(CodeCache::kDefaultLimit, features)
{
}

engine::Exit Interpreter::run()
{
    Cpu& cpu = m_cpu;
    cpu.stop = engine::ExitIdle {};
    for (;;) {
        if (cpu.pending.load(std::memory_order_relaxed)) [[unlikely]] {
            if (handle_pending() == Step::Leave)
                return std::move(cpu.stop);
        }
        Block* const block = find_block();
        if (!block) [[unlikely]] {
            // The fetch failed: an exception is taken, or the guest is in the weeds.
            if (std::holds_alternative<engine::ExitMemoryFault>(cpu.stop))
                return std::move(cpu.stop);
            continue;
        }
        Flow const flow = execute_block(*block);
        if (flow == Flow::Branch) [[likely]]
            continue;
        if (finish(flow) == Step::Leave)
            return std::move(cpu.stop);
    }
}

inline Flow Interpreter::execute_block(Block& block)
{
    if (block.first_fp != Block::kNone && runtime::fp_is_trapped(m_cpu))
        return execute_until_fp_trap(block);
    if (m_translator) {
        if (!runtime::pmu_is_sampling(m_cpu) && m_translator->is_translated(block))
            return m_translator->execute(block);
        m_counters.interpreted_blocks.add();
    }
    return execute(m_cpu, block);
}

void Interpreter::take_exception()
{
    uint64_t const from = m_cpu.pc;
    runtime::take_exception(m_cpu);
    m_cpu.exceptions_taken.add();
    trace_event(m_cpu, TraceKind::Exits, TraceEvent::ExceptionTaken, from,
        m_cpu.system(SystemRegister::ESR_EL1) >> 26 & 63, m_cpu.pc);
}

Interpreter::Step Interpreter::finish(Flow flow)
{
    switch (flow) {
    case Flow::Next: m_cpu.pc += 4; break;
    case Flow::Branch: break;
    case Flow::Exception: take_exception(); break;
    case Flow::Stop: return Step::Leave;
    }
    return Step::Continue;
}

Interpreter::Step Interpreter::handle_pending()
{
    m_counters.pending.add();
    for (;;) {
        uint32_t const pending = m_cpu.pending.load(std::memory_order_acquire);
        if (pending & kPendingKick) {
            m_cpu.pending.fetch_and(~uint32_t { kPendingKick }, std::memory_order_seq_cst);
            m_cpu.stop = engine::ExitInterrupted {};
            return Step::Leave;
        }
        if ((pending & kPendingTlb) && m_mmu.port())
            m_mmu.port()->serve();
        if (pending & kPendingPmu)
            runtime::pmu_poll(m_cpu);
        uint64_t const from = m_cpu.pc;
        if ((pending & (kPendingIrq | kPendingFiq)) && runtime::take_interrupt(m_cpu)) {
            m_cpu.exceptions_taken.add();
            trace_event(m_cpu, TraceKind::Exits, TraceEvent::InterruptTaken, from, 0, m_cpu.pc);
        }
        if (!(m_cpu.pending.load(std::memory_order_relaxed) & kPendingStep))
            return Step::Continue;
        if (step_one_instruction() == Step::Leave)
            return Step::Leave;
    }
}

// Software step, breakpoints and the illegal execution state. [Arm DDI 0487, D2.11, D2.7, D1.3.5.3]
Interpreter::Step Interpreter::step_one_instruction()
{
    if (runtime::step_exception_pending(m_cpu))
        return finish(Flow::Exception);
    Block const* const block = find_block();
    if (!block)
        return std::holds_alternative<engine::ExitMemoryFault>(m_cpu.stop) ? Step::Leave : Step::Continue;
    if (runtime::breakpoint_or_illegal_state(m_cpu))
        return finish(Flow::Exception);

    Operation const operation = block->operations()[0];
    if (block->first_fp == 0 && runtime::fp_is_trapped(m_cpu)) {
        runtime::trap_fp_access(m_cpu);
        return finish(Flow::Exception);
    }
    uint64_t const here = m_cpu.pc;
    Flow const flow = operation.handler(m_cpu, operation.word);
    if (flow == Flow::Exception)
        return finish(flow);
    if (flow == Flow::Stop && std::holds_alternative<engine::ExitMemoryFault>(m_cpu.stop))
        return Step::Leave; // the access was not done
    retire(m_cpu, 1);
    if (flow == Flow::Next)
        m_cpu.pc = here + 4;
    // A step that ends in a hypercall or in WFI is complete all the same; its exception is found pending on the next
    // run(), since PSTATE.SS is clear then.
    bool const stepped = runtime::step_exception_after(m_cpu, operation.word);
    if (flow == Flow::Stop)
        return Step::Leave;
    return stepped ? finish(Flow::Exception) : Step::Continue;
}

Flow Interpreter::execute_until_fp_trap(Block const& block)
{
    Operation const* const operations = block.operations();
    for (uint32_t index = 0; index < block.first_fp; ++index) {
        Flow const flow = operations[index].handler(m_cpu, operations[index].word);
        if (flow != Flow::Next) {
            retire(m_cpu, index + (flow != Flow::Exception));
            return flow;
        }
        m_cpu.pc += 4;
    }
    retire(m_cpu, block.first_fp);
    return runtime::trap_fp_access(m_cpu);
}

Block* Interpreter::fetch_slowly()
{
    // A branch drops the tag of its target, but a restored or written PC may still have one.
    m_cpu.pc = m_mmu.regime().without_tag(m_cpu.pc);
    uint64_t const pc = m_cpu.pc;
    if (!is_aligned(pc, 4)) {
        m_cpu.exception = { ExceptionClass::PcAlignment, 0, true, pc, pc };
        take_exception();
        return nullptr;
    }
    if (m_code.is_full())
        clear();

    bool const el1 = m_cpu.pstate.el != 0;
    uint64_t const page = align_down(pc, kTlbPageSize);
    CodePage* code = m_mmu.fetch_tlb().find(page, el1);
    if (!code)
        m_counters.fetch_misses.add();
    while (!code) {
        Translation translation;
        FaultStatus const status
            = m_mmu.translate(pc, Intent::Fetch, el1 ? TlbContext::El1 : TlbContext::El0, translation);
        trace_event(m_cpu, TraceKind::Tlb, status == kNoFault ? TraceEvent::TlbMiss : TraceEvent::TlbFault, pc,
            status == kNoFault ? translation.physical_of(pc) : status, static_cast<uint64_t>(Intent::Fetch));
        if (status != kNoFault) {
            raise_instruction_abort(status);
            return nullptr;
        }
        uint64_t const physical = align_down(translation.physical_of(pc), kTlbPageSize);
        if (m_mmu.port())
            m_mmu.port()->note_code_page(physical);
        if (uint8_t const* const host = m_mmu.host_page(physical, false)) {
            code = m_code.page(physical, host);
            m_mmu.fetch_tlb().insert(page, el1, code, translation.shift);
        } else if (!m_mmu.adopt_memory_map()) {
            m_cpu.stop = engine::ExitMemoryFault { arch::Gpa { translation.physical_of(pc) }, arch::Gva { pc },
                engine::AccessKind::Fetch, 4 };
            return nullptr;
        }
    }
    m_mmu.fetch_tlb().set_window(page, code);
    unsigned const word_index = static_cast<unsigned>(bits<11, 2>(pc));
    Block* const block = code->block(word_index);
    if (block)
        return block;
    Block* const built = m_code.build(*code, word_index);
    trace_event(
        m_cpu, TraceKind::Blocks, TraceEvent::BlockDecoded, pc, code->physical + pc % kTlbPageSize, built->length);
    return built;
}

void Interpreter::raise_instruction_abort(FaultStatus status)
{
    m_cpu.exception = { ExceptionClass::InstructionAbortLower, status, true, m_cpu.pc, m_cpu.pc };
    take_exception();
}

void Interpreter::set_translator(Translator* translator)
{
    clear();
    m_translator = translator;
    m_code.set_translator(translator);
}

void Interpreter::invalidate_code_line(uint64_t physical)
{
    m_code.invalidate_line(physical);
}

void Interpreter::invalidate_all_code()
{
    m_code.invalidate_all();
}

void Interpreter::clear()
{
    m_mmu.fetch_tlb().invalidate_half(0);
    m_mmu.fetch_tlb().invalidate_half(1);
    m_code.clear();
    if (m_mmu.port())
        m_mmu.port()->forget_code_pages();
}

}
