// SYS and SYSL: cache, TLB and address translation maintenance. [Arm DDI 0487, C5.3, C5.4, C5.5]
#include "arch/system_register_encoding.h"
#include "base/bits.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/register_access.h"
#include "engine/emulator/runtime/vcpu_services.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <cstring>

namespace dormouse::emulator::semantics {

namespace {

    constexpr uint16_t system_instruction(unsigned op1, unsigned crn, unsigned crm, unsigned op2)
    {
        return arch::system_register(1, op1, crn, crm, op2);
    }

    constexpr uint16_t kIcIalluis = system_instruction(0, 7, 1, 0);
    constexpr uint16_t kIcIallu = system_instruction(0, 7, 5, 0);
    constexpr uint16_t kIcIvau = system_instruction(3, 7, 5, 1);
    constexpr uint16_t kDcIvac = system_instruction(0, 7, 6, 1);
    constexpr uint16_t kDcIsw = system_instruction(0, 7, 6, 2);
    constexpr uint16_t kDcCsw = system_instruction(0, 7, 10, 2);
    constexpr uint16_t kDcCisw = system_instruction(0, 7, 14, 2);
    constexpr uint16_t kDcZva = system_instruction(3, 7, 4, 1);
    constexpr uint16_t kDcCvac = system_instruction(3, 7, 10, 1);
    constexpr uint16_t kDcCvau = system_instruction(3, 7, 11, 1);
    constexpr uint16_t kDcCvap = system_instruction(3, 7, 12, 1);
    constexpr uint16_t kDcCivac = system_instruction(3, 7, 14, 1);

    constexpr uint64_t kSctlrDze = 1 << 14;
    constexpr uint64_t kSctlrUci = 1 << 26;
    constexpr uint64_t kZeroedBlock = 64; // DCZID_EL0

    // An EL0 access to something that SCTLR_EL1 must allow.
    bool is_trapped(Cpu const& cpu, uint64_t allow)
    {
        return cpu.pstate.el == 0 && !(cpu.system(SystemRegister::SCTLR_EL1) & allow);
    }

    // Caches are coherent here, so maintenance by address does nothing but fault where hardware would, and a hit in the
    // TLB proves that it does not. Only a miss needs the MMU.
    Flow maintain_data_cache(Cpu& cpu, uint16_t encoding, uint64_t address)
    {
        if (address - cpu.tlb[tlb_index(address)].tag_read < kTlbPageSize) [[likely]]
            return Flow::Next;
        return cpu.services->instruction_cache_maintenance(cpu, encoding, address);
    }

    // The block lies within one page, so a hit is enough for all of it.
    Flow zero_block(Cpu& cpu, uint64_t operand)
    {
        uint64_t const address = align_down(operand, kZeroedBlock);
        TlbEntry const& entry = cpu.tlb[tlb_index(address)];
        if (address - entry.tag_write < kTlbPageSize) [[likely]] {
            std::memset(reinterpret_cast<void*>(address + entry.host_addend), 0, kZeroedBlock);
            return Flow::Next;
        }
        return cpu.services->instruction_cache_maintenance(cpu, kDcZva, operand);
    }

    // Of FEAT_DPB, FEAT_PAN2, FEAT_TLBIRANGE and FEAT_TLBIOS.
    bool exists(Cpu const& cpu, uint16_t encoding)
    {
        runtime::CpuProfile const& profile = runtime::profile_of(cpu);
        unsigned const crn = static_cast<unsigned>(bits<10, 7>(encoding));
        unsigned const crm = static_cast<unsigned>(bits<6, 3>(encoding));
        if (encoding == kDcCvap)
            return profile.has(isa::Feature::Dpb);
        if (crn == 7 && crm == 9)
            return profile.has(SystemRegister::PAN);
        return crn != 8 || crm == 3 || crm == 7 || profile.tlb_ranges;
    }

    // IC, DC and AT. EL0's own are those with op1 = 3.
    Flow cache_or_translation(Cpu& cpu, uint32_t word, uint16_t encoding, uint64_t value)
    {
        switch (encoding) {
        case kDcZva:
            return is_trapped(cpu, kSctlrDze) ? runtime::trap_system_access(cpu, word) : zero_block(cpu, value);
        case kDcCvac:
        case kDcCvau:
        case kDcCvap:
        case kDcCivac:
            return is_trapped(cpu, kSctlrUci) ? runtime::trap_system_access(cpu, word)
                                              : maintain_data_cache(cpu, encoding, value);
        case kIcIvau:
            return is_trapped(cpu, kSctlrUci) ? runtime::trap_system_access(cpu, word)
                                              : cpu.services->instruction_cache_maintenance(cpu, encoding, value);
        default: break;
        }
        if (cpu.pstate.el == 0)
            return cpu.undefined();
        switch (encoding) {
        case kIcIallu:
        case kIcIalluis:
        case kDcIvac: return cpu.services->instruction_cache_maintenance(cpu, encoding, value);
        case kDcIsw:
        case kDcCsw:
        case kDcCisw: return Flow::Next; // by set and way: nothing to do in coherent caches
        case system_instruction(0, 7, 8, 0): // S1E1R
        case system_instruction(0, 7, 8, 1): // S1E1W
        case system_instruction(0, 7, 8, 2): // S1E0R
        case system_instruction(0, 7, 8, 3): // S1E0W
        case system_instruction(0, 7, 9, 0): // S1E1RP
        case system_instruction(0, 7, 9, 1): // S1E1WP
            return cpu.services->address_translation(cpu, encoding, value);
        default: return cpu.undefined();
        }
    }

}

Flow SYS(Cpu& cpu, uint32_t word)
{
    fields::SYS const f { word };
    uint16_t const encoding = system_instruction(f.op1(), f.CRn(), f.CRm(), f.op2());
    uint64_t const value = cpu.x[f.Rt()];
    if (!exists(cpu, encoding)) [[unlikely]]
        return cpu.undefined();
    if (f.CRn() == 7)
        return cache_or_translation(cpu, word, encoding, value);
    // TLBI: EL1's own are op1 = 0, CRn = 8.
    if (f.CRn() == 8 && f.op1() == 0 && cpu.pstate.el == 1 && cpu.services->tlb_maintenance(cpu, encoding, value))
        return Flow::Next;
    return cpu.undefined();
}

// No SYSL instruction belongs to a feature of this CPU.
Flow SYSL(Cpu& cpu, uint32_t)
{
    return cpu.undefined();
}

}
