#pragma once

#include "base/counter.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/mmu/mmu.h"

#include <cstdint>

namespace dormouse::emulator {

// Executes guest instructions block by block, calling one semantic function for each.
class Interpreter {
public:
    // `features`: see CodeCache.
    Interpreter(Cpu&, Mmu&, uint32_t features = ~uint32_t { 0 });

    // Until a kick or until an instruction or an access ends the run. An instruction boundary on return.
    engine::Exit run();

    // Instruction cache maintenance of this vCPU's own IC instructions and of other vCPUs'. On the vCPU's thread.
    void invalidate_code_line(uint64_t physical);
    void invalidate_all_code();
    // Forgets all code and frees it. Not from within run().
    void clear();

    // From now on blocks that execute often are handed to it. Null: no more. Not from within run(); it must outlive
    // this object or be taken away.
    void set_translator(Translator*);
    CodeCache& code() { return m_code; }
    CodeCache const& code() const { return m_code; }

    // Any thread may read them.
    struct Counters {
        Counter pending; // times that the run loop looked at what was pending
        Counter interpreted_blocks; // while there is a translator: those that it did not do
        Counter fetch_misses; // fetches from a page that the fetch TLB did not know
    };
    Counters const& counters() const { return m_counters; }

private:
    // What to do after a block boundary needed more than the next block.
    enum class Step { Continue, Leave };

    Step handle_pending();
    // The block at Cpu::pc. Null: the exception of the fetch was taken, or Cpu::stop says that there is no memory to
    // fetch from.
    [[gnu::always_inline]] Block* find_block()
    {
        uint64_t const pc = m_cpu.pc;
        FetchTlb::Window const& window = m_mmu.fetch_tlb().window();
        // One comparison for "same page" and "aligned".
        if (((pc ^ window.page) & ~uint64_t { 0xffc }) == 0) [[likely]] {
            if (Block* const block = window.code->block((pc >> 2) & (CodePage::kWords - 1))) [[likely]]
                return block;
        }
        return fetch_slowly();
    }
    Block* fetch_slowly();
    Step step_one_instruction();
    Step finish(Flow);
    void take_exception();
    void raise_instruction_abort(FaultStatus);
    Flow execute_block(Block&);
    Flow execute_until_fp_trap(Block const&);

    Cpu& m_cpu;
    Mmu& m_mmu;
    CodeCache m_code;
    Translator* m_translator { nullptr };
    Counters m_counters;
};

}
