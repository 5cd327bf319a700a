#pragma once

#include "base/counter.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/mmu/fetch_tlb.h"
#include "engine/emulator/mmu/first_level_tlb.h"
#include "engine/emulator/mmu/regime.h"
#include "engine/emulator/mmu/second_level_tlb.h"
#include "engine/emulator/mmu/translation.h"
#include "memory/memory_map.h"

#include <cstdint>
#include <memory>

namespace dormouse::emulator {

class MaintenancePort;

// Stage 1 address translation of one vCPU with its TLBs. Everything here is done by the vCPU's own thread, or under
// wires::Quiesced.
class Mmu {
public:
    // `port`: where other vCPUs' maintenance arrives; null for a vCPU that is alone.
    Mmu(memory::MemoryMap const&, MaintenancePort* port);

    // SCTLR, TCR, TTBRn, MAIR or PSTATE.EL or PAN may have changed: selects the first-level arrays and drops what is
    // stale.
    void regime_changed(Cpu&);
    Regime const& regime() const { return m_regime; }

    // Translates and checks permissions. `may_update` false: AT, which leaves the tables and the TLB as they are.
    FaultStatus translate(uint64_t address, Intent, TlbContext privilege, Translation&, bool may_update = true);

    // Host address of the 4 KiB page that holds `physical`, or null where no memory (writable memory) is.
    uint8_t* host_page(uint64_t physical, bool for_write);

    // To be called before memory that host_page() gave is written: marks the page in the slot's dirty log, if it has
    // one.
    void note_write(uint64_t physical);

    // Enters a page into the first level when its accesses need no checks any more. A page that is clean in its slot's
    // dirty log still needs note_write(), so it is not entered for writes.
    void fill_first_level(Cpu const&, uint64_t address, TlbContext, Translation const&);

    // TLB maintenance. Addresses carry no tag.
    void invalidate_all();
    void invalidate_asid(uint16_t asid);
    void invalidate_page(uint64_t address, uint16_t asid);
    void invalidate_page_of_all_asids(uint64_t address);
    // Drops the first level alone: after a change of watchpoints, or when dirty pages became clean.
    void invalidate_first_level();

    // Takes the memory map as it is now; true when it had changed. Everything derived from the old one is dropped.
    bool adopt_memory_map();

    // Any thread may read them.
    struct Counters {
        Counter slow_accesses; // pieces of loads and stores that the first level did not answer
        Counter page_crossings; // accesses that had two such pieces
        Counter device_accesses; // pieces that no memory answered
        Counter faults; // loads, stores and cache maintenance that ended in an exception
        Counter second_level_misses; // with the MMU on; fetches included
        Counter walks; // of the guest's tables, to set a dirty state included
    };
    Counters& counters() { return m_counters; }
    Counters const& counters() const { return m_counters; }

    FetchTlb& fetch_tlb() { return m_fetch_tlb; }
    MaintenancePort* port() { return m_port; }

private:
    void reconfigure(RegimeRegisters const&);
    bool is_logged_clean(uint64_t physical) const;

    memory::MemoryMap const& m_memory_map;
    MaintenancePort* m_port;
    std::shared_ptr<memory::FlatView const> m_view;
    memory::FlatView::Range const* m_range { nullptr }; // the last one found
    RegimeRegisters m_registers;
    Regime m_regime;
    bool m_upper_has_non_global { false };
    FirstLevelTlb m_first_level;
    SecondLevelTlb m_second_level;
    FetchTlb m_fetch_tlb;
    Counters m_counters;
};

// Whose permissions a data access of this vCPU has now.
inline TlbContext current_privilege(Cpu const& cpu)
{
    if (cpu.pstate.el == 0)
        return TlbContext::El0;
    return cpu.pstate.pan ? TlbContext::El1WithPan : TlbContext::El1;
}

// Bits of a Data Abort's ISS. [Arm DDI 0487, ESR_EL1]
constexpr uint32_t kIssWrite = 1 << 6; // WnR
constexpr uint32_t kIssCacheMaintenance = 1 << 8; // CM

// Counts the fault and fills Cpu::exception; `far` with its tag, as the guest gave it.
void raise_data_abort(Cpu&, FaultStatus, uint64_t far, uint32_t iss_flags);

}
