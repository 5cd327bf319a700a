// LD1-LD4, ST1-ST4 of whole registers: multiple structures. [Arm DDI 0487, C4.1.94 "Advanced SIMD load/store multiple"]
#include "engine/emulator/semantics/simd_structure_access.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // Lane i of register r is at index i * Registers + r when structures are interleaved, else in register order.
    template <unsigned Registers, bool Interleaved>
    constexpr unsigned element_index(unsigned r, unsigned lane, unsigned lanes)
    {
        return Interleaved ? lane * Registers + r : r * lanes + lane;
    }

    template <typename T, unsigned Registers, bool Interleaved, typename Fields>
    bool load_elements(Cpu& cpu, Fields f, uint64_t address)
    {
        unsigned const lanes = (f.Q() ? 16 : 8) / sizeof(T);
        std::array<Vector, Registers> loaded {};
        for (unsigned lane = 0; lane < lanes; lane++) {
            for (unsigned r = 0; r < Registers; r++) {
                T value;
                uint64_t const offset = element_index<Registers, Interleaved>(r, lane, lanes) * sizeof(T);
                if (!load(cpu, address + offset, value)) [[unlikely]]
                    return false;
                loaded[r].template set_lane<T>(lane, value);
            }
        }
        put_registers(cpu, f.Rt(), loaded);
        return true;
    }

    template <typename T, unsigned Registers, bool Interleaved, typename Fields>
    bool store_elements(Cpu& cpu, Fields f, uint64_t address)
    {
        unsigned const lanes = (f.Q() ? 16 : 8) / sizeof(T);
        for (unsigned lane = 0; lane < lanes; lane++) {
            for (unsigned r = 0; r < Registers; r++) {
                T const value = cpu.v[(f.Rt() + r) % 32].template lane<T>(lane);
                uint64_t const offset = element_index<Registers, Interleaved>(r, lane, lanes) * sizeof(T);
                if (!store(cpu, address + offset, value)) [[unlikely]]
                    return false;
            }
        }
        return true;
    }

    // Elements side by side need no loop over lanes where memory is ordinary, that is, where the TLB answers.
    template <unsigned Registers, typename Fields> bool load_whole(Cpu& cpu, Fields f, uint64_t address)
    {
        std::array<Vector, Registers> loaded {};
        for (unsigned r = 0; r < Registers; r++) {
            if (f.Q())
                load(cpu, address + 16 * r, loaded[r]);
            else
                load(cpu, address + 8 * r, loaded[r].d[0]);
        }
        put_registers(cpu, f.Rt(), loaded);
        return true;
    }
    template <unsigned Registers, typename Fields> bool store_whole(Cpu& cpu, Fields f, uint64_t address)
    {
        for (unsigned r = 0; r < Registers; r++) {
            Vector const& value = cpu.v[(f.Rt() + r) % 32];
            if (f.Q())
                store(cpu, address + 16 * r, value);
            else
                store(cpu, address + 8 * r, value.d[0]);
        }
        return true;
    }

    template <unsigned Registers, bool Interleaved, typename Fields> Flow load_structures(Cpu& cpu, Fields f)
    {
        unsigned const bytes = (8u << f.Q()) * Registers;
        return with_structure_address(cpu, f, bytes, [&](uint64_t address) {
            if (!Interleaved && tlb_reads(cpu, address, bytes)) [[likely]]
                return load_whole<Registers>(cpu, f, address);
            switch (f.size()) {
            case 0: return load_elements<uint8_t, Registers, Interleaved>(cpu, f, address);
            case 1: return load_elements<uint16_t, Registers, Interleaved>(cpu, f, address);
            case 2: return load_elements<uint32_t, Registers, Interleaved>(cpu, f, address);
            default: return load_elements<uint64_t, Registers, Interleaved>(cpu, f, address);
            }
        });
    }

    template <unsigned Registers, bool Interleaved, typename Fields> Flow store_structures(Cpu& cpu, Fields f)
    {
        unsigned const bytes = (8u << f.Q()) * Registers;
        return with_structure_address(cpu, f, bytes, [&](uint64_t address) {
            if (!Interleaved && tlb_writes(cpu, address, bytes)) [[likely]]
                return store_whole<Registers>(cpu, f, address);
            switch (f.size()) {
            case 0: return store_elements<uint8_t, Registers, Interleaved>(cpu, f, address);
            case 1: return store_elements<uint16_t, Registers, Interleaved>(cpu, f, address);
            case 2: return store_elements<uint32_t, Registers, Interleaved>(cpu, f, address);
            default: return store_elements<uint64_t, Registers, Interleaved>(cpu, f, address);
            }
        });
    }

}

Flow LD1_one_multiple(Cpu& cpu, uint32_t word)
{
    return load_structures<1, false>(cpu, fields::LD1_one_multiple { word });
}

Flow LD1_one_multiple_post(Cpu& cpu, uint32_t word)
{
    return load_structures<1, false>(cpu, fields::LD1_one_multiple_post { word });
}

Flow LD1_two_multiple(Cpu& cpu, uint32_t word)
{
    return load_structures<2, false>(cpu, fields::LD1_two_multiple { word });
}

Flow LD1_two_multiple_post(Cpu& cpu, uint32_t word)
{
    return load_structures<2, false>(cpu, fields::LD1_two_multiple_post { word });
}

Flow LD1_three_multiple(Cpu& cpu, uint32_t word)
{
    return load_structures<3, false>(cpu, fields::LD1_three_multiple { word });
}

Flow LD1_three_multiple_post(Cpu& cpu, uint32_t word)
{
    return load_structures<3, false>(cpu, fields::LD1_three_multiple_post { word });
}

Flow LD1_four_multiple(Cpu& cpu, uint32_t word)
{
    return load_structures<4, false>(cpu, fields::LD1_four_multiple { word });
}

Flow LD1_four_multiple_post(Cpu& cpu, uint32_t word)
{
    return load_structures<4, false>(cpu, fields::LD1_four_multiple_post { word });
}

Flow LD2_multiple(Cpu& cpu, uint32_t word)
{
    return load_structures<2, true>(cpu, fields::LD2_multiple { word });
}

Flow LD2_multiple_post(Cpu& cpu, uint32_t word)
{
    return load_structures<2, true>(cpu, fields::LD2_multiple_post { word });
}

Flow LD3_multiple(Cpu& cpu, uint32_t word)
{
    return load_structures<3, true>(cpu, fields::LD3_multiple { word });
}

Flow LD3_multiple_post(Cpu& cpu, uint32_t word)
{
    return load_structures<3, true>(cpu, fields::LD3_multiple_post { word });
}

Flow LD4_multiple(Cpu& cpu, uint32_t word)
{
    return load_structures<4, true>(cpu, fields::LD4_multiple { word });
}

Flow LD4_multiple_post(Cpu& cpu, uint32_t word)
{
    return load_structures<4, true>(cpu, fields::LD4_multiple_post { word });
}

Flow ST1_one_multiple(Cpu& cpu, uint32_t word)
{
    return store_structures<1, false>(cpu, fields::ST1_one_multiple { word });
}

Flow ST1_one_multiple_post(Cpu& cpu, uint32_t word)
{
    return store_structures<1, false>(cpu, fields::ST1_one_multiple_post { word });
}

Flow ST1_two_multiple(Cpu& cpu, uint32_t word)
{
    return store_structures<2, false>(cpu, fields::ST1_two_multiple { word });
}

Flow ST1_two_multiple_post(Cpu& cpu, uint32_t word)
{
    return store_structures<2, false>(cpu, fields::ST1_two_multiple_post { word });
}

Flow ST1_three_multiple(Cpu& cpu, uint32_t word)
{
    return store_structures<3, false>(cpu, fields::ST1_three_multiple { word });
}

Flow ST1_three_multiple_post(Cpu& cpu, uint32_t word)
{
    return store_structures<3, false>(cpu, fields::ST1_three_multiple_post { word });
}

Flow ST1_four_multiple(Cpu& cpu, uint32_t word)
{
    return store_structures<4, false>(cpu, fields::ST1_four_multiple { word });
}

Flow ST1_four_multiple_post(Cpu& cpu, uint32_t word)
{
    return store_structures<4, false>(cpu, fields::ST1_four_multiple_post { word });
}

Flow ST2_multiple(Cpu& cpu, uint32_t word)
{
    return store_structures<2, true>(cpu, fields::ST2_multiple { word });
}

Flow ST2_multiple_post(Cpu& cpu, uint32_t word)
{
    return store_structures<2, true>(cpu, fields::ST2_multiple_post { word });
}

Flow ST3_multiple(Cpu& cpu, uint32_t word)
{
    return store_structures<3, true>(cpu, fields::ST3_multiple { word });
}

Flow ST3_multiple_post(Cpu& cpu, uint32_t word)
{
    return store_structures<3, true>(cpu, fields::ST3_multiple_post { word });
}

Flow ST4_multiple(Cpu& cpu, uint32_t word)
{
    return store_structures<4, true>(cpu, fields::ST4_multiple { word });
}

Flow ST4_multiple_post(Cpu& cpu, uint32_t word)
{
    return store_structures<4, true>(cpu, fields::ST4_multiple_post { word });
}

}
