#include "engine/emulator/jit/plain_registers.h"

#include "arch/system_register_encoding.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/system_registers.h"

namespace dormouse::emulator::jit {

using runtime::RegisterAccess;
using runtime::RegisterBehaviour;
using Kind = PlainRegister::Kind;

namespace {

    // op1:op2 of MSR (immediate).
    unsigned pstate_field(uint32_t msr)
    {
        return (msr >> 16 & 7) << 3 | (msr >> 5 & 7);
    }

    // `which`: the register by which the field can be read as well.
    std::optional<bool> bit_change(Cpu const& cpu, uint32_t msr, unsigned field, SystemRegister which)
    {
        if (pstate_field(msr) != field || !runtime::profile_of(cpu).has(which))
            return std::nullopt;
        return msr >> 8 & 1;
    }

    std::optional<SystemRegister> register_of(Cpu const& cpu, uint32_t word)
    {
        auto const found = runtime::find_system_register(arch::system_register_of_instruction(word));
        return found && runtime::profile_of(cpu).has(*found) ? found : std::nullopt;
    }

}

std::optional<PlainRegister> plain_register_read(Cpu const& cpu, uint32_t mrs)
{
    auto const which = register_of(cpu, mrs);
    if (!which)
        return std::nullopt;
    switch (*which) {
    case SystemRegister::TPIDR_EL0:
    case SystemRegister::TPIDRRO_EL0: return PlainRegister { *which, Kind::Everybodys };
    case SystemRegister::SP_EL0: return PlainRegister { *which, Kind::StackPointer };
    case SystemRegister::DAIF: return PlainRegister { *which, Kind::InterruptMasks };
    case SystemRegister::CurrentEL: return PlainRegister { *which, Kind::Level };
    default: break;
    }
    runtime::SystemRegisterRow const& row = runtime::system_register_row(*which);
    // CTR_EL0 and DCZID_EL0 are read by every copy and every clearing of a kernel. EL0 may be trapped, or see less.
    bool const is_free_at_el1 = row.access == RegisterAccess::RwEl1 || row.access == RegisterAccess::RoEl1
        || row.access == RegisterAccess::RoEl0;
    bool const is_storage = row.behaviour == RegisterBehaviour::Plain || row.behaviour == RegisterBehaviour::Translation
        || row.behaviour == RegisterBehaviour::Identification;
    if (!is_free_at_el1 || !is_storage)
        return std::nullopt;
    return PlainRegister { *which, Kind::Stored };
}

std::optional<PlainRegister> plain_register_written(Cpu const& cpu, uint32_t msr)
{
    auto const which = register_of(cpu, msr);
    if (!which)
        return std::nullopt;
    constexpr uint64_t kAll = ~uint64_t { 0 };
    runtime::SystemRegisterRow const& row = runtime::system_register_row(*which);
    uint64_t const writable = row.writable & ~runtime::profile_of(cpu).reserved_bits(*which);
    switch (*which) {
    case SystemRegister::TPIDR_EL0: return PlainRegister { *which, Kind::Everybodys, writable };
    case SystemRegister::SP_EL0: return PlainRegister { *which, Kind::StackPointer, kAll };
    case SystemRegister::TPIDRRO_EL0: return PlainRegister { *which, Kind::Stored, writable };
    case SystemRegister::DAIF: return PlainRegister { *which, Kind::InterruptMasks, kAll };
    default: break;
    }
    if (row.access != RegisterAccess::RwEl1 || row.behaviour != RegisterBehaviour::Plain)
        return std::nullopt;
    return PlainRegister { *which, Kind::Stored, writable };
}

DataCacheOperation data_cache_operation(uint32_t sys)
{
    switch (sys & ~31u) {
    case 0xd50b'7420: return DataCacheOperation::Zero;
    case 0xd50b'7a20: // DC CVAC
    case 0xd50b'7b20: // DC CVAU
    case 0xd50b'7e20: return DataCacheOperation::Clean; // DC CIVAC
    default: return DataCacheOperation::Other;
    }
}

std::optional<MaskChange> interrupt_mask_change(uint32_t msr)
{
    constexpr unsigned kSet = 0b011'110;
    constexpr unsigned kClear = 0b011'111;
    unsigned const field = pstate_field(msr);
    if (field != kSet && field != kClear)
        return std::nullopt;
    return MaskChange { field == kSet, static_cast<uint8_t>(msr >> 8 & 15) };
}

std::optional<bool> pan_change(Cpu const& cpu, uint32_t msr)
{
    return bit_change(cpu, msr, 0b000'100, SystemRegister::PAN);
}

std::optional<bool> dit_change(Cpu const& cpu, uint32_t msr)
{
    return bit_change(cpu, msr, 0b011'010, SystemRegister::DIT);
}

}
