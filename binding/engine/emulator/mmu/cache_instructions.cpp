#include "engine/emulator/mmu/cache_instructions.h"

#include "arch/system_register_encoding.h"
#include "base/bits.h"
#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/mmu/mmu.h"

#include <cstring>

namespace dormouse::emulator {

namespace {

    Flow zero_block(Cpu& cpu, uint64_t address)
    {
        uint64_t const line = align_down(address, kCacheLineBytes);
        TlbEntry const& entry = cpu.tlb[tlb_index(line)];
        if (line - entry.tag_write < kTlbPageSize) {
            std::memset(reinterpret_cast<void*>(line + entry.host_addend), 0, kCacheLineBytes);
            return Flow::Next;
        }
        // To Device memory it is an alignment fault whatever the address. [Arm DDI 0487, B2.8.2]
        Translation translation;
        if (cpu.mmu->translate(address, Intent::Write, current_privilege(cpu), translation) == kNoFault
            && translation.is_device()) {
            raise_data_abort(cpu, kAlignmentFault, address, kIssWrite);
            return Flow::Exception;
        }
        // The slow path in pieces. Its faults name an address in the block; ours is the one that the guest gave.
        for (uint64_t offset = 0; offset < kCacheLineBytes; offset += 8) {
            if (!store<uint64_t>(cpu, line + offset, 0)) {
                if (fault(cpu) == Flow::Exception && cpu.exception.exception_class == ExceptionClass::DataAbortLower)
                    cpu.exception.far = address;
                return fault(cpu);
            }
        }
        return Flow::Next;
    }

}

bool check_maintained_address(Cpu& cpu, uint64_t address, uint64_t& physical)
{
    // At EL0 the address must be readable; EL1 needs a translation alone, and PAN does not count.
    TlbContext const privilege = cpu.pstate.el == 0 ? TlbContext::El0 : TlbContext::El1;
    Translation translation;
    FaultStatus const status = cpu.mmu->translate(address, Intent::Read, privilege, translation);
    if (status != kNoFault) {
        raise_data_abort(cpu, status, address, kIssWrite | kIssCacheMaintenance);
        return false;
    }
    physical = translation.physical_of(cpu.mmu->regime().without_tag(address));
    return true;
}

Flow execute_data_cache_maintenance(Cpu& cpu, uint16_t encoding, uint64_t address)
{
    using arch::system_register;
    uint64_t physical = 0;
    switch (encoding) {
    case system_register(1, 3, 7, 4, 1): // ZVA
        return zero_block(cpu, address);
    case system_register(1, 0, 7, 6, 2): // ISW
    case system_register(1, 0, 7, 10, 2): // CSW
    case system_register(1, 0, 7, 14, 2): // CISW
        return Flow::Next;
    case system_register(1, 0, 7, 6, 1): { // IVAC may discard data, so it needs to be allowed to write
        Translation translation;
        FaultStatus const status = cpu.mmu->translate(address, Intent::Write, TlbContext::El1, translation);
        if (status == kNoFault)
            return Flow::Next;
        raise_data_abort(cpu, status, address, kIssWrite | kIssCacheMaintenance);
        return Flow::Exception;
    }
    case system_register(1, 3, 7, 10, 1): // CVAC
    case system_register(1, 3, 7, 11, 1): // CVAU
    case system_register(1, 3, 7, 12, 1): // CVAP
    case system_register(1, 3, 7, 14, 1): // CIVAC
        return check_maintained_address(cpu, address, physical) ? Flow::Next : Flow::Exception;
    default: return cpu.undefined();
    }
}

}
