#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/semantics/exclusive_support.h"
#include "engine/emulator/semantics/sp_alignment.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <type_traits>

// FEAT_LSE. Every form is done as the strongest one (acquire and release): host atomics are no cheaper otherwise on
// x86-64. [Arm DDI 0487, C6.2, CAS, CASP, SWP, LDADD, LDCLR, LDEOR, LDSET, LDSMAX, LDSMIN, LDUMAX, LDUMIN and their
// kin]
namespace dormouse::emulator::semantics {

namespace {

    // Loads the old value into Rt; `modify(pointer, operand)` changes memory atomically and returns the old value.
    template <typename Memory, typename Fields, typename Modify>
    inline Flow read_modify_write(Cpu& cpu, Fields f, Modify modify)
    {
        uint64_t address;
        if (!base_address(cpu, f.Rn(), address)) [[unlikely]]
            return Flow::Exception;
        void* const pointer = atomic_pointer(cpu, address, sizeof(Memory));
        if (pointer == nullptr) [[unlikely]]
            return fault(cpu);
        cpu.set_x(f.Rt(), modify(static_cast<Memory*>(pointer), static_cast<Memory>(cpu.x[f.Rs()])));
        return Flow::Next;
    }

    template <typename Memory, typename Fields> inline Flow add(Cpu& cpu, Fields f)
    {
        return read_modify_write<Memory>(cpu, f,
            [](Memory* pointer, Memory operand) { return __atomic_fetch_add(pointer, operand, __ATOMIC_SEQ_CST); });
    }

    template <typename Memory, typename Fields> inline Flow clear(Cpu& cpu, Fields f)
    {
        return read_modify_write<Memory>(cpu, f, [](Memory* pointer, Memory operand) {
            return __atomic_fetch_and(pointer, static_cast<Memory>(~operand), __ATOMIC_SEQ_CST);
        });
    }

    template <typename Memory, typename Fields> inline Flow exclusive_or(Cpu& cpu, Fields f)
    {
        return read_modify_write<Memory>(cpu, f,
            [](Memory* pointer, Memory operand) { return __atomic_fetch_xor(pointer, operand, __ATOMIC_SEQ_CST); });
    }

    template <typename Memory, typename Fields> inline Flow set(Cpu& cpu, Fields f)
    {
        return read_modify_write<Memory>(cpu, f,
            [](Memory* pointer, Memory operand) { return __atomic_fetch_or(pointer, operand, __ATOMIC_SEQ_CST); });
    }

    template <typename Memory, typename Fields> inline Flow swap(Cpu& cpu, Fields f)
    {
        return read_modify_write<Memory>(cpu, f,
            [](Memory* pointer, Memory operand) { return __atomic_exchange_n(pointer, operand, __ATOMIC_SEQ_CST); });
    }

    // The host has no atomic minimum and maximum. `Compared` carries the signedness.
    template <typename Compared, typename Fields, typename Better>
    inline Flow extreme(Cpu& cpu, Fields f, Better better)
    {
        using Memory = std::make_unsigned_t<Compared>;
        return read_modify_write<Memory>(cpu, f, [better](Memory* pointer, Memory operand) {
            Memory held = __atomic_load_n(pointer, __ATOMIC_RELAXED);
            for (;;) {
                bool const replace = better(static_cast<Compared>(operand), static_cast<Compared>(held));
                Memory const seen = compare_exchange(pointer, held, replace ? operand : held);
                if (seen == held)
                    return held;
                held = seen;
            }
        });
    }

    template <typename Compared, typename Fields> inline Flow maximum(Cpu& cpu, Fields f)
    {
        return extreme<Compared>(cpu, f, [](Compared operand, Compared held) { return operand > held; });
    }

    template <typename Compared, typename Fields> inline Flow minimum(Cpu& cpu, Fields f)
    {
        return extreme<Compared>(cpu, f, [](Compared operand, Compared held) { return operand < held; });
    }

    template <typename Memory, typename Fields> inline Flow compare_and_swap(Cpu& cpu, Fields f)
    {
        uint64_t address;
        if (!base_address(cpu, f.Rn(), address)) [[unlikely]]
            return Flow::Exception;
        void* const pointer = atomic_pointer(cpu, address, sizeof(Memory));
        if (pointer == nullptr) [[unlikely]]
            return fault(cpu);
        Memory const expected = static_cast<Memory>(cpu.x[f.Rs()]);
        cpu.set_x(f.Rs(), compare_exchange(pointer, expected, static_cast<Memory>(cpu.x[f.Rt()])));
        return Flow::Next;
    }

    // Registers come in even-odd pairs (the table admits no others); 30 pairs with 31, which is zero.
    template <typename Memory, typename Joined, typename Fields> inline Flow compare_and_swap_pair(Cpu& cpu, Fields f)
    {
        constexpr unsigned bits = sizeof(Memory) * 8;
        uint64_t address;
        if (!base_address(cpu, f.Rn(), address)) [[unlikely]]
            return Flow::Exception;
        void* const pointer = atomic_pointer(cpu, address, sizeof(Joined));
        if (pointer == nullptr) [[unlikely]]
            return fault(cpu);
        auto const pair = [&](unsigned n) {
            return Joined { static_cast<Memory>(cpu.x[n]) } | Joined { static_cast<Memory>(cpu.x[n + 1]) } << bits;
        };
        Joined const held = compare_exchange(pointer, pair(f.Rs()), pair(f.Rt()));
        cpu.x[f.Rs()] = static_cast<Memory>(held);
        cpu.set_x(f.Rs() + 1, static_cast<Memory>(held >> bits));
        return Flow::Next;
    }

}

Flow CASB(Cpu& cpu, uint32_t word)
{
    return compare_and_swap<uint8_t>(cpu, fields::CASB { word });
}

Flow CASH(Cpu& cpu, uint32_t word)
{
    return compare_and_swap<uint16_t>(cpu, fields::CASH { word });
}

Flow CAS_32(Cpu& cpu, uint32_t word)
{
    return compare_and_swap<uint32_t>(cpu, fields::CAS_32 { word });
}

Flow CAS_64(Cpu& cpu, uint32_t word)
{
    return compare_and_swap<uint64_t>(cpu, fields::CAS_64 { word });
}

Flow CASP_32(Cpu& cpu, uint32_t word)
{
    return compare_and_swap_pair<uint32_t, uint64_t>(cpu, fields::CASP_32 { word });
}

Flow CASP_64(Cpu& cpu, uint32_t word)
{
    return compare_and_swap_pair<uint64_t, UnsignedInt128>(cpu, fields::CASP_64 { word });
}

Flow LDADDB(Cpu& cpu, uint32_t word)
{
    return add<uint8_t>(cpu, fields::LDADDB { word });
}

Flow LDADDH(Cpu& cpu, uint32_t word)
{
    return add<uint16_t>(cpu, fields::LDADDH { word });
}

Flow LDADD_32(Cpu& cpu, uint32_t word)
{
    return add<uint32_t>(cpu, fields::LDADD_32 { word });
}

Flow LDADD_64(Cpu& cpu, uint32_t word)
{
    return add<uint64_t>(cpu, fields::LDADD_64 { word });
}

Flow LDCLRB(Cpu& cpu, uint32_t word)
{
    return clear<uint8_t>(cpu, fields::LDCLRB { word });
}

Flow LDCLRH(Cpu& cpu, uint32_t word)
{
    return clear<uint16_t>(cpu, fields::LDCLRH { word });
}

Flow LDCLR_32(Cpu& cpu, uint32_t word)
{
    return clear<uint32_t>(cpu, fields::LDCLR_32 { word });
}

Flow LDCLR_64(Cpu& cpu, uint32_t word)
{
    return clear<uint64_t>(cpu, fields::LDCLR_64 { word });
}

Flow LDEORB(Cpu& cpu, uint32_t word)
{
    return exclusive_or<uint8_t>(cpu, fields::LDEORB { word });
}

Flow LDEORH(Cpu& cpu, uint32_t word)
{
    return exclusive_or<uint16_t>(cpu, fields::LDEORH { word });
}

Flow LDEOR_32(Cpu& cpu, uint32_t word)
{
    return exclusive_or<uint32_t>(cpu, fields::LDEOR_32 { word });
}

Flow LDEOR_64(Cpu& cpu, uint32_t word)
{
    return exclusive_or<uint64_t>(cpu, fields::LDEOR_64 { word });
}

Flow LDSETB(Cpu& cpu, uint32_t word)
{
    return set<uint8_t>(cpu, fields::LDSETB { word });
}

Flow LDSETH(Cpu& cpu, uint32_t word)
{
    return set<uint16_t>(cpu, fields::LDSETH { word });
}

Flow LDSET_32(Cpu& cpu, uint32_t word)
{
    return set<uint32_t>(cpu, fields::LDSET_32 { word });
}

Flow LDSET_64(Cpu& cpu, uint32_t word)
{
    return set<uint64_t>(cpu, fields::LDSET_64 { word });
}

Flow LDSMAXB(Cpu& cpu, uint32_t word)
{
    return maximum<int8_t>(cpu, fields::LDSMAXB { word });
}

Flow LDSMAXH(Cpu& cpu, uint32_t word)
{
    return maximum<int16_t>(cpu, fields::LDSMAXH { word });
}

Flow LDSMAX_32(Cpu& cpu, uint32_t word)
{
    return maximum<int32_t>(cpu, fields::LDSMAX_32 { word });
}

Flow LDSMAX_64(Cpu& cpu, uint32_t word)
{
    return maximum<int64_t>(cpu, fields::LDSMAX_64 { word });
}

Flow LDSMINB(Cpu& cpu, uint32_t word)
{
    return minimum<int8_t>(cpu, fields::LDSMINB { word });
}

Flow LDSMINH(Cpu& cpu, uint32_t word)
{
    return minimum<int16_t>(cpu, fields::LDSMINH { word });
}

Flow LDSMIN_32(Cpu& cpu, uint32_t word)
{
    return minimum<int32_t>(cpu, fields::LDSMIN_32 { word });
}

Flow LDSMIN_64(Cpu& cpu, uint32_t word)
{
    return minimum<int64_t>(cpu, fields::LDSMIN_64 { word });
}

Flow LDUMAXB(Cpu& cpu, uint32_t word)
{
    return maximum<uint8_t>(cpu, fields::LDUMAXB { word });
}

Flow LDUMAXH(Cpu& cpu, uint32_t word)
{
    return maximum<uint16_t>(cpu, fields::LDUMAXH { word });
}

Flow LDUMAX_32(Cpu& cpu, uint32_t word)
{
    return maximum<uint32_t>(cpu, fields::LDUMAX_32 { word });
}

Flow LDUMAX_64(Cpu& cpu, uint32_t word)
{
    return maximum<uint64_t>(cpu, fields::LDUMAX_64 { word });
}

Flow LDUMINB(Cpu& cpu, uint32_t word)
{
    return minimum<uint8_t>(cpu, fields::LDUMINB { word });
}

Flow LDUMINH(Cpu& cpu, uint32_t word)
{
    return minimum<uint16_t>(cpu, fields::LDUMINH { word });
}

Flow LDUMIN_32(Cpu& cpu, uint32_t word)
{
    return minimum<uint32_t>(cpu, fields::LDUMIN_32 { word });
}

Flow LDUMIN_64(Cpu& cpu, uint32_t word)
{
    return minimum<uint64_t>(cpu, fields::LDUMIN_64 { word });
}

Flow SWPB(Cpu& cpu, uint32_t word)
{
    return swap<uint8_t>(cpu, fields::SWPB { word });
}

Flow SWPH(Cpu& cpu, uint32_t word)
{
    return swap<uint16_t>(cpu, fields::SWPH { word });
}

Flow SWP_32(Cpu& cpu, uint32_t word)
{
    return swap<uint32_t>(cpu, fields::SWP_32 { word });
}

Flow SWP_64(Cpu& cpu, uint32_t word)
{
    return swap<uint64_t>(cpu, fields::SWP_64 { word });
}

}
