#include "engine/emulator/mmu/mmu.h"

#include "base/bits.h"
#include "engine/emulator/mmu/maintenance.h"
#include "engine/emulator/mmu/page_table_walk.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/profile.h"

namespace dormouse::emulator {

namespace {

    // MMU off: data is Device-nGnRnE and instructions are Normal. [Arm DDI 0487, D8.2.12 "Behavior when disabled"]
    constexpr uint8_t kDeviceNGnRnE = 0x00;
    constexpr uint8_t kNormalWriteThrough = 0xaa;

}

Mmu::Mmu(memory::MemoryMap const& memory_map, MaintenancePort* port)
    : m_memory_map(memory_map)
    , m_port(port)
    , m_view(memory_map.view())
    , m_regime(make_regime({}))
{
}

void Mmu::regime_changed(Cpu& cpu)
{
    RegimeRegisters const registers { cpu.system(SystemRegister::SCTLR_EL1), cpu.system(SystemRegister::TCR_EL1),
        cpu.system(SystemRegister::TTBR0_EL1), cpu.system(SystemRegister::TTBR1_EL1),
        cpu.system(SystemRegister::MAIR_EL1), runtime::profile_of(cpu).physical_address_bits };
    if (!(registers == m_registers))
        reconfigure(registers);
    bool const el1 = cpu.pstate.el != 0;
    if (el1 != m_fetch_tlb.is_el1())
        m_fetch_tlb.select_level(el1);
    cpu.tlb = m_first_level.array(current_privilege(cpu));
    cpu.tlb_unprivileged = m_first_level.array(TlbContext::El0);
}

void Mmu::reconfigure(RegimeRegisters const& registers)
{
    Regime const old = m_regime;
    bool const control_changed = registers.sctlr != m_registers.sctlr || registers.tcr != m_registers.tcr
        || registers.mair != m_registers.mair;
    m_registers = registers;
    m_regime = make_regime(registers);
    if (m_port)
        m_port->note_asid(m_regime.asid);
    if (control_changed) {
        // Rare; forgetting too much is always allowed.
        invalidate_all();
        m_fetch_tlb.select_asid(m_regime.asid);
    } else if (m_regime.asid != old.asid) {
        m_first_level.invalidate_half(0);
        m_fetch_tlb.select_asid(m_regime.asid);
        if (m_upper_has_non_global) {
            m_first_level.invalidate_half(1);
            m_fetch_tlb.invalidate_half(1);
        }
    }
}

FaultStatus Mmu::translate(
    uint64_t address, Intent intent, TlbContext privilege, Translation& translation, bool may_update)
{
    uint64_t const untagged = m_regime.without_tag(address);
    if (!m_regime.enabled) {
        if (!m_regime.is_in_range(address))
            return kAddressSizeFault;
        translation = {};
        translation.physical = align_down(untagged, kTlbPageSize) & low_mask(kPhysicalAddressBits);
        translation.permissions = kReadEl0 | kWriteEl0 | kExecuteEl0 | kReadEl1 | kWriteEl1 | kExecuteEl1;
        translation.attributes = intent == Intent::Fetch ? kNormalWriteThrough : kDeviceNGnRnE;
        translation.shareability = 2;
        return kNoFault;
    }

    RegimeHalf const& half = m_regime.half_of(address);
    if (!m_regime.is_in_range(address) || (privilege == TlbContext::El0 && half.hidden_from_el0))
        return kTranslationFault;

    Translation const* known = m_second_level.find(untagged, m_regime.asid);
    if (!known)
        m_counters.second_level_misses.add();
    bool const must_get_dirty = known && known->clean && intent == Intent::Write && may_update
        && is_permitted(known->permissions, privilege, intent);
    if (known && !must_get_dirty) {
        translation = *known;
    } else {
        if (half.walks_disabled)
            return kTranslationFault;
        m_counters.walks.add();
        WalkRequest const request { untagged, intent, privilege, may_update };
        FaultStatus status = walk(m_regime, *m_view, request, translation);
        if (status == kNoFault && m_port && may_update && translation.global && !bit<55>(address)
            && m_port->note_global_page_in_lower_half())
            status = walk(m_regime, *m_view, request, translation);
        if (status != kNoFault)
            return status;
        if (may_update) {
            m_second_level.insert(untagged, m_regime.asid, translation);
            if (!translation.global && bit<55>(address))
                m_upper_has_non_global = true;
        }
    }
    if (!is_permitted(translation.permissions, privilege, intent))
        return static_cast<FaultStatus>(kPermissionFault | translation.level);
    return kNoFault;
}

uint8_t* Mmu::host_page(uint64_t physical, bool for_write)
{
    uint64_t const page = align_down(physical, kTlbPageSize);
    if (!m_range || page < m_range->base.value || page >= m_range->end())
        m_range = m_view->find(arch::Gpa { page });
    if (!m_range || (for_write && m_range->read_only))
        return nullptr;
    return m_range->host + (page - m_range->base.value);
}

// Both follow a host_page() of the same page, so m_range is the one that holds it.
bool Mmu::is_logged_clean(uint64_t physical) const
{
    return m_range->dirty_log && !m_range->dirty_log->is_dirty(physical - m_range->base.value);
}

void Mmu::note_write(uint64_t physical)
{
    if (m_range->dirty_log)
        m_range->dirty_log->mark(physical - m_range->base.value, 1);
}

void Mmu::fill_first_level(Cpu const& cpu, uint64_t address, TlbContext privilege, Translation const& translation)
{
    if (m_regime.checks_alignment || translation.is_device())
        return;
    if (runtime::any_watchpoint_enabled(cpu)
        && runtime::page_is_watched(cpu, align_down(address, kTlbPageSize), kTlbPageSize))
        return;
    uint64_t const physical = translation.physical_of(m_regime.without_tag(address));
    uint8_t* const host = host_page(physical, false);
    if (!host)
        return;
    bool const readable = is_permitted(translation.permissions, privilege, Intent::Read);
    bool const writable = is_permitted(translation.permissions, privilege, Intent::Write) && !translation.clean
        && host_page(physical, true) && !is_logged_clean(physical);
    m_first_level.fill(privilege, address, host, readable, writable, translation.shift);
}

void Mmu::invalidate_all()
{
    m_second_level.invalidate_all();
    m_upper_has_non_global = false;
    if (m_port)
        m_port->forget_asids_but(m_regime.asid);
    for (unsigned half = 0; half < 2; ++half) {
        m_first_level.invalidate_half(half);
        m_fetch_tlb.invalidate_half(half);
    }
}

void Mmu::invalidate_asid(uint16_t asid)
{
    m_second_level.invalidate_asid(asid);
    m_fetch_tlb.invalidate_asid(asid);
    if (asid != m_regime.asid)
        return; // the first level holds the current ASID alone
    m_first_level.invalidate_half(0);
    if (m_upper_has_non_global) {
        m_first_level.invalidate_half(1);
        m_fetch_tlb.invalidate_half(1);
    }
}

void Mmu::invalidate_page(uint64_t address, uint16_t asid)
{
    // Global entries match whatever the ASID, and the first level does not know which of its entries are global.
    m_second_level.invalidate_page(address, asid);
    m_first_level.invalidate_page(address);
    m_fetch_tlb.invalidate_page(address);
}

void Mmu::invalidate_page_of_all_asids(uint64_t address)
{
    m_second_level.invalidate_page_of_all_asids(address);
    m_first_level.invalidate_page(address);
    m_fetch_tlb.invalidate_page(address);
}

void Mmu::invalidate_first_level()
{
    m_first_level.invalidate_half(0);
    m_first_level.invalidate_half(1);
}

bool Mmu::adopt_memory_map()
{
    auto view = m_memory_map.view();
    if (view->generation() == m_view->generation())
        return false;
    m_view = std::move(view);
    m_range = nullptr;
    invalidate_all();
    return true;
}

void raise_data_abort(Cpu& cpu, FaultStatus status, uint64_t far, uint32_t iss_flags)
{
    if (cpu.mmu)
        cpu.mmu->counters().faults.add();
    cpu.exception = { ExceptionClass::DataAbortLower, iss_flags | status, true, far, cpu.pc };
}

}
