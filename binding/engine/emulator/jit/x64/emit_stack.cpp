// Accesses with SP as their base. They go to the same page again and again, so that one comparison finds it.
#include "engine/emulator/cpu/tlb.h"
#include "engine/emulator/jit/x64/block_translator.h"

#include <cstddef>

namespace dormouse::emulator::jit::x64 {

namespace {

    constexpr unsigned kAlignment = 16; // of SP, in all that goes on

    Mem stack_entry(size_t field)
    {
        return { kTlbRegister, static_cast<int32_t>(offsetof(TlbArray, stack) + field) };
    }

}

// [Arm DDI 0487, D1.3.2 "SP alignment checking"]
void BlockTranslator::check_sp(SlowAccess& slow)
{
    if (m_sp_checked)
        return;
    m_asm->test_byte(read(kSp, Reg::Rcx), kAlignment - 1);
    m_asm->jump(Condition::Ne, slow.entry);
    m_sp_checked = true;
}

// What stays in an aligned piece stays in a page.
bool BlockTranslator::is_stack_access(Access const& access) const
{
    if (access.rn != kSp || is_in_memory(kSp) || access.must_be_aligned || access.is_unprivileged)
        return false;
    return static_cast<uint32_t>(access.offset_of_first()) % kAlignment + access.all_bytes() <= kAlignment;
}

void BlockTranslator::stack_access(Access const& access, SlowAccess& slow)
{
    check_sp(slow);
    Reg const sp = read(kSp, Reg::Rax);
    slow.stack_offset = access.offset_of_first();
    slow.is_write = !access.is_load;
    m_asm->bind(slow.again);
    m_asm->lea(Width::W64, Reg::Rdx, { sp, slow.stack_offset });
    m_asm->alu(Alu::Or, Width::W64, Reg::Rdx, static_cast<int32_t>(kTlbPageSize) - 1);
    m_asm->alu(Alu::Cmp, Width::W64, Reg::Rdx,
        stack_entry(access.is_load ? offsetof(TlbStackEntry, last_read) : offsetof(TlbStackEntry, last_write)));
    m_asm->jump(Condition::Ne, slow.other_page);
    m_asm->load(Width::W64, Reg::Rdx, stack_entry(offsetof(TlbStackEntry, host_addend)));
    Mem const first { Reg::Rdx, sp, 1, slow.stack_offset };
    transfer_all(access, first, { Reg::Rdx, sp, 1, slow.stack_offset + static_cast<int32_t>(access.bytes) });
    if (access.indexing != Indexing::Offset)
        write_back(access);
    end_slow();
}

// Tries again if the first-level TLB knows the page.
void BlockTranslator::find_stack_page(SlowAccess& slow)
{
    m_asm->bind(slow.other_page);
    m_pins = slow.before;
    m_asm->lea(Width::W64, Reg::Rax, { read(kSp, Reg::Rax), slow.stack_offset });
    m_asm->call_position(slow.is_write ? m_thunks.page.stack_for_write : m_thunks.page.stack_for_read);
    m_asm->jump(Condition::E, slow.again);
}

}
