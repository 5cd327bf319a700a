#include "engine/emulator/mmu/address_instructions.h"

#include "arch/system_register_encoding.h"
#include "base/bits.h"
#include "engine/emulator/mmu/mmu.h"

namespace dormouse::emulator {

namespace {

    constexpr uint64_t kParRes1 = uint64_t { 1 } << 11;
    constexpr uint64_t kParFault = 1;

    uint64_t par_of(Translation const& translation, uint64_t untagged)
    {
        // Device and Non-cacheable memory read as Outer Shareable whatever the descriptor says.
        bool const outer = translation.is_device() || translation.attributes == 0x44;
        uint64_t const shareability = outer ? 2 : translation.shareability;
        return uint64_t { translation.attributes } << 56 | (translation.physical_of(untagged) & ~low_mask(12))
            | kParRes1 | shareability << 7;
    }

}

Flow execute_address_translation(Cpu& cpu, uint16_t encoding, uint64_t address)
{
    using arch::system_register;
    constexpr uint16_t kS1E1R = system_register(1, 0, 7, 8, 0);
    constexpr uint16_t kS1E1W = system_register(1, 0, 7, 8, 1);
    constexpr uint16_t kS1E0R = system_register(1, 0, 7, 8, 2);
    constexpr uint16_t kS1E0W = system_register(1, 0, 7, 8, 3);
    constexpr uint16_t kS1E1RP = system_register(1, 0, 7, 9, 0);
    constexpr uint16_t kS1E1WP = system_register(1, 0, 7, 9, 1);

    TlbContext privilege = TlbContext::El1; // PSTATE.PAN counts in the P forms alone
    Intent intent = Intent::Read;
    switch (encoding) {
    case kS1E1R: break;
    case kS1E1W: intent = Intent::Write; break;
    case kS1E0R: privilege = TlbContext::El0; break;
    case kS1E0W:
        privilege = TlbContext::El0;
        intent = Intent::Write;
        break;
    case kS1E1RP: privilege = current_privilege(cpu); break;
    case kS1E1WP:
        privilege = current_privilege(cpu);
        intent = Intent::Write;
        break;
    default: return cpu.undefined();
    }

    Translation translation;
    FaultStatus const status = cpu.mmu->translate(address, intent, privilege, translation, false);
    if (status != kNoFault && (status & ~3) == kExternalAbortOnWalk) {
        // No fault of the address: the abort itself is taken.
        raise_data_abort(cpu, status, address, kIssCacheMaintenance);
        return Flow::Exception;
    }
    cpu.system(SystemRegister::PAR_EL1) = status == kNoFault
        ? par_of(translation, cpu.mmu->regime().without_tag(address))
        : kParRes1 | uint64_t { status } << 1 | kParFault;
    return Flow::Next;
}

}
