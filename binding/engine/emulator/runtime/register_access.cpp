#include "engine/emulator/runtime/register_access.h"

#include "base/bits.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/pmu.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/system_registers.h"
#include "engine/emulator/runtime/timers.h"
#include "engine/emulator/runtime/vcpu_services.h"
#include "wires/gic_cpu_interface.h"

namespace dormouse::emulator::runtime {

namespace {

    constexpr uint64_t kOslsrLocked = 1 << 1;
    // MDSCR_EL1 bits that software can change only while the OS lock is held: they are for saving an external
    // debugger's state. The others (SS, TDCC, KDE, MDE) are always writable.
    constexpr uint64_t kMdscrAlwaysWritable = 1 << 0 | 1 << 12 | 1 << 13 | 1 << 15;

    bool may_read(RegisterAccess access, unsigned el)
    {
        switch (access) {
        case RegisterAccess::RwEl0:
        case RegisterAccess::RoEl0:
        case RegisterAccess::RoEl0RwEl1: return true;
        case RegisterAccess::RwEl1:
        case RegisterAccess::RoEl1: return el == 1;
        default: return false;
        }
    }

    bool may_write(RegisterAccess access, unsigned el)
    {
        switch (access) {
        case RegisterAccess::RwEl0:
        case RegisterAccess::WoEl0: return true;
        case RegisterAccess::RwEl1:
        case RegisterAccess::WoEl1:
        case RegisterAccess::RoEl0RwEl1: return el == 1;
        default: return false;
        }
    }

    uint64_t read_process_state(Cpu const& cpu, SystemRegister which)
    {
        Pstate const& pstate = cpu.pstate;
        switch (which) {
        case SystemRegister::SPSel: return pstate.sp_el1;
        case SystemRegister::CurrentEL: return uint64_t { pstate.el } << 2;
        case SystemRegister::PAN: return pstate.pan ? kSpsrPan : 0;
        case SystemRegister::NZCV: return cpu.nzcv;
        case SystemRegister::DAIF: return uint64_t { pstate.daif } << kSpsrDaifShift;
        case SystemRegister::DIT: return pstate.dit ? kSpsrDit : 0;
        case SystemRegister::SSBS: return pstate.ssbs ? kSpsrSsbs : 0;
        default: return 0;
        }
    }

    void write_process_state(Cpu& cpu, SystemRegister which, uint64_t value)
    {
        Pstate& pstate = cpu.pstate;
        switch (which) {
        case SystemRegister::SPSel: select_stack(cpu, pstate.el, value & 1); break;
        case SystemRegister::PAN:
            pstate.pan = value & kSpsrPan;
            cpu.services->translation_regime_changed(cpu);
            break;
        case SystemRegister::NZCV: cpu.nzcv = static_cast<uint32_t>(value & kSpsrNzcv); break;
        case SystemRegister::DAIF:
            pstate.daif = (value >> kSpsrDaifShift) & 15;
            refresh_step_request(cpu);
            break;
        case SystemRegister::DIT: pstate.dit = value & kSpsrDit; break;
        case SystemRegister::SSBS: pstate.ssbs = value & kSpsrSsbs; break;
        default: break;
        }
    }

    // A (SError) is never pending: nothing in this machine raises one.
    uint64_t interrupt_status(Cpu const& cpu)
    {
        uint32_t const pending = cpu.pending.load(std::memory_order_relaxed);
        return (pending & kPendingIrq ? 1 << 7 : 0) | (pending & kPendingFiq ? 1 << 6 : 0);
    }

    uint64_t read_identification(Cpu const& cpu, SystemRegister which)
    {
        constexpr uint64_t kSctlrDze = 1 << 14;
        constexpr uint64_t kDczidProhibited = 1 << 4; // DZP: this level may not use DC ZVA
        bool const prohibited = which == SystemRegister::DCZID_EL0 && cpu.pstate.el == 0
            && !(cpu.system(SystemRegister::SCTLR_EL1) & kSctlrDze);
        return cpu.system(which) | (prohibited ? kDczidProhibited : 0);
    }

    uint64_t read_debug_register(Cpu const& cpu, SystemRegister which)
    {
        if (which == SystemRegister::DBGCLAIMSET_EL1)
            return system_register_row(which).writable; // reads as which tags exist
        return cpu.system(which);
    }

    void write_debug_register(Cpu& cpu, SystemRegister which, uint64_t value)
    {
        bool const locked = cpu.system(SystemRegister::OSLSR_EL1) & kOslsrLocked;
        uint64_t& claim = cpu.system(SystemRegister::DBGCLAIMCLR_EL1);
        switch (which) {
        case SystemRegister::DBGCLAIMSET_EL1: claim |= value & 0xff; return;
        case SystemRegister::DBGCLAIMCLR_EL1: claim &= ~value; return;
        case SystemRegister::OSLAR_EL1:
            store_system_register(cpu, SystemRegister::OSLSR_EL1, value & 1 ? kOslsrLocked : 0);
            return;
        case SystemRegister::MDSCR_EL1:
            if (!locked)
                value = (value & kMdscrAlwaysWritable) | (cpu.system(which) & ~kMdscrAlwaysWritable);
            break;
        default: break;
        }
        store_system_register(cpu, which, value);
    }

    bool sp_el0_is_selected(Cpu const& cpu)
    {
        return !cpu.pstate.sp_el1 || cpu.pstate.el == 0;
    }

    Flow read_without_row(Cpu& cpu, uint16_t encoding, uint64_t& value)
    {
        if (cpu.pstate.el == 0)
            return cpu.undefined();
        if (is_gic_cpu_interface(encoding) && cpu.services->gic())
            return cpu.services->gic()->read(encoding, value) ? Flow::Next : cpu.undefined();
        if (!is_identification_space(encoding))
            return cpu.undefined();
        value = 0;
        return Flow::Next;
    }

    Flow write_without_row(Cpu& cpu, uint16_t encoding, uint64_t value)
    {
        if (cpu.pstate.el == 1 && is_gic_cpu_interface(encoding) && cpu.services->gic())
            return cpu.services->gic()->write(encoding, value) ? Flow::Next : cpu.undefined();
        return cpu.undefined();
    }

}

void store_system_register(Cpu& cpu, SystemRegister which, uint64_t value)
{
    SystemRegisterRow const& row = system_register_row(which);
    uint64_t const writable = row.writable & ~profile_of(cpu).reserved_bits(which);
    uint64_t& storage = cpu.system(which);
    storage = (storage & ~writable) | (value & writable);
    if (row.behaviour == RegisterBehaviour::Translation) {
        cpu.services->translation_regime_changed(cpu);
    } else if (row.behaviour == RegisterBehaviour::Debug) {
        cpu.services->debug_state_changed(cpu);
        refresh_step_request(cpu);
    }
}

Flow read_system_register(Cpu& cpu, uint32_t word, uint64_t& value)
{
    uint16_t const encoding = arch::system_register_of_instruction(word);
    auto const found = find_system_register(encoding);
    if (!found || !profile_of(cpu).has(*found))
        return read_without_row(cpu, encoding, value);
    SystemRegister const which = *found;
    SystemRegisterRow const& row = system_register_row(which);
    if (!may_read(row.access, cpu.pstate.el))
        return cpu.undefined();
    if (cpu.pstate.el == 0 && el0_access_is_trapped(cpu, which, true))
        return trap_system_access(cpu, word);

    switch (row.behaviour) {
    case RegisterBehaviour::Plain:
    case RegisterBehaviour::Translation: value = cpu.system(which); break;
    case RegisterBehaviour::Identification: value = read_identification(cpu, which); break;
    case RegisterBehaviour::StackPointer:
        if (sp_el0_is_selected(cpu))
            return cpu.undefined();
        value = cpu.system(which);
        break;
    case RegisterBehaviour::ProcessState: value = read_process_state(cpu, which); break;
    case RegisterBehaviour::FloatingPoint:
        if (fp_is_trapped(cpu))
            return trap_fp_access(cpu);
        value = which == SystemRegister::FPCR ? cpu.fpcr : cpu.fpsr;
        break;
    case RegisterBehaviour::CacheSize:
        value = cache_size(profile_of(cpu), cpu.system(SystemRegister::CSSELR_EL1));
        break;
    case RegisterBehaviour::InterruptStatus: value = interrupt_status(cpu); break;
    case RegisterBehaviour::Timer: value = read_timer_register(cpu, which); break;
    case RegisterBehaviour::Pmu: value = read_pmu_register(cpu, which); break;
    case RegisterBehaviour::Debug: value = read_debug_register(cpu, which); break;
    case RegisterBehaviour::DebugChannel: value = 0; break;
    }
    return Flow::Next;
}

Flow write_system_register(Cpu& cpu, uint32_t word, uint64_t value)
{
    uint16_t const encoding = arch::system_register_of_instruction(word);
    auto const found = find_system_register(encoding);
    if (!found || !profile_of(cpu).has(*found))
        return write_without_row(cpu, encoding, value);
    SystemRegister const which = *found;
    SystemRegisterRow const& row = system_register_row(which);
    if (!may_write(row.access, cpu.pstate.el))
        return cpu.undefined();
    if (cpu.pstate.el == 0 && el0_access_is_trapped(cpu, which, false))
        return trap_system_access(cpu, word);

    switch (row.behaviour) {
    case RegisterBehaviour::Plain:
    case RegisterBehaviour::Translation: store_system_register(cpu, which, value); break;
    case RegisterBehaviour::StackPointer:
        if (sp_el0_is_selected(cpu))
            return cpu.undefined();
        cpu.system(which) = value;
        break;
    case RegisterBehaviour::ProcessState: write_process_state(cpu, which, value); break;
    case RegisterBehaviour::FloatingPoint:
        if (fp_is_trapped(cpu))
            return trap_fp_access(cpu);
        (which == SystemRegister::FPCR ? cpu.fpcr : cpu.fpsr) = static_cast<uint32_t>(value & row.writable);
        break;
    case RegisterBehaviour::Timer: write_timer_register(cpu, which, value); break;
    case RegisterBehaviour::Pmu: write_pmu_register(cpu, which, value); break;
    case RegisterBehaviour::Debug: write_debug_register(cpu, which, value); break;
    case RegisterBehaviour::Identification:
    case RegisterBehaviour::CacheSize:
    case RegisterBehaviour::InterruptStatus:
    case RegisterBehaviour::DebugChannel: break;
    }
    return Flow::Next;
}

}
