// LD1-LD4, ST1-ST4 of one lane, LD1R-LD4R. [Arm DDI 0487, C4.1.94 "Advanced SIMD load/store single structure"]
#include "engine/emulator/semantics/simd_structure_access.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // Size of the lane as a power of two: scale 2 is words, or doublewords when the low bit of size is set.
    template <typename Fields> unsigned lane_scale(Fields f)
    {
        return f.scale() == 2 ? 2 + (f.size() & 1) : f.scale();
    }
    // Q:S:size without the bits that tell the size.
    template <typename Fields> unsigned lane_index(Fields f)
    {
        return (f.Q() << 3 | f.S() << 2 | f.size()) >> lane_scale(f);
    }

    template <typename T, unsigned Registers, typename Fields> bool load_lanes(Cpu& cpu, Fields f, uint64_t address)
    {
        std::array<T, Registers> values;
        for (unsigned r = 0; r < Registers; r++) {
            if (!load(cpu, address + r * sizeof(T), values[r])) [[unlikely]]
                return false;
        }
        for (unsigned r = 0; r < Registers; r++)
            cpu.v[(f.Rt() + r) % 32].template set_lane<T>(lane_index(f), values[r]);
        return true;
    }

    template <typename T, unsigned Registers, typename Fields> bool store_lanes(Cpu& cpu, Fields f, uint64_t address)
    {
        for (unsigned r = 0; r < Registers; r++) {
            T const value = cpu.v[(f.Rt() + r) % 32].template lane<T>(lane_index(f));
            if (!store(cpu, address + r * sizeof(T), value)) [[unlikely]]
                return false;
        }
        return true;
    }

    template <typename T, unsigned Registers, typename Fields>
    bool load_replicated(Cpu& cpu, Fields f, uint64_t address)
    {
        std::array<Vector, Registers> loaded {};
        for (unsigned r = 0; r < Registers; r++) {
            T value;
            if (!load(cpu, address + r * sizeof(T), value)) [[unlikely]]
                return false;
            for (unsigned lane = 0; lane < (f.Q() ? 16 : 8) / sizeof(T); lane++)
                loaded[r].template set_lane<T>(lane, value);
        }
        put_registers(cpu, f.Rt(), loaded);
        return true;
    }

    template <unsigned Registers, typename Fields> Flow load_single(Cpu& cpu, Fields f)
    {
        return with_structure_address(cpu, f, Registers << lane_scale(f), [&](uint64_t address) {
            switch (lane_scale(f)) {
            case 0: return load_lanes<uint8_t, Registers>(cpu, f, address);
            case 1: return load_lanes<uint16_t, Registers>(cpu, f, address);
            case 2: return load_lanes<uint32_t, Registers>(cpu, f, address);
            default: return load_lanes<uint64_t, Registers>(cpu, f, address);
            }
        });
    }

    template <unsigned Registers, typename Fields> Flow store_single(Cpu& cpu, Fields f)
    {
        return with_structure_address(cpu, f, Registers << lane_scale(f), [&](uint64_t address) {
            switch (lane_scale(f)) {
            case 0: return store_lanes<uint8_t, Registers>(cpu, f, address);
            case 1: return store_lanes<uint16_t, Registers>(cpu, f, address);
            case 2: return store_lanes<uint32_t, Registers>(cpu, f, address);
            default: return store_lanes<uint64_t, Registers>(cpu, f, address);
            }
        });
    }

    template <unsigned Registers, typename Fields> Flow load_and_replicate(Cpu& cpu, Fields f)
    {
        return with_structure_address(cpu, f, Registers << f.size(), [&](uint64_t address) {
            switch (f.size()) {
            case 0: return load_replicated<uint8_t, Registers>(cpu, f, address);
            case 1: return load_replicated<uint16_t, Registers>(cpu, f, address);
            case 2: return load_replicated<uint32_t, Registers>(cpu, f, address);
            default: return load_replicated<uint64_t, Registers>(cpu, f, address);
            }
        });
    }

}

Flow LD1_single(Cpu& cpu, uint32_t word)
{
    return load_single<1>(cpu, fields::LD1_single { word });
}

Flow LD1_single_post(Cpu& cpu, uint32_t word)
{
    return load_single<1>(cpu, fields::LD1_single_post { word });
}

Flow LD2_single(Cpu& cpu, uint32_t word)
{
    return load_single<2>(cpu, fields::LD2_single { word });
}

Flow LD2_single_post(Cpu& cpu, uint32_t word)
{
    return load_single<2>(cpu, fields::LD2_single_post { word });
}

Flow LD3_single(Cpu& cpu, uint32_t word)
{
    return load_single<3>(cpu, fields::LD3_single { word });
}

Flow LD3_single_post(Cpu& cpu, uint32_t word)
{
    return load_single<3>(cpu, fields::LD3_single_post { word });
}

Flow LD4_single(Cpu& cpu, uint32_t word)
{
    return load_single<4>(cpu, fields::LD4_single { word });
}

Flow LD4_single_post(Cpu& cpu, uint32_t word)
{
    return load_single<4>(cpu, fields::LD4_single_post { word });
}

Flow ST1_single(Cpu& cpu, uint32_t word)
{
    return store_single<1>(cpu, fields::ST1_single { word });
}

Flow ST1_single_post(Cpu& cpu, uint32_t word)
{
    return store_single<1>(cpu, fields::ST1_single_post { word });
}

Flow ST2_single(Cpu& cpu, uint32_t word)
{
    return store_single<2>(cpu, fields::ST2_single { word });
}

Flow ST2_single_post(Cpu& cpu, uint32_t word)
{
    return store_single<2>(cpu, fields::ST2_single_post { word });
}

Flow ST3_single(Cpu& cpu, uint32_t word)
{
    return store_single<3>(cpu, fields::ST3_single { word });
}

Flow ST3_single_post(Cpu& cpu, uint32_t word)
{
    return store_single<3>(cpu, fields::ST3_single_post { word });
}

Flow ST4_single(Cpu& cpu, uint32_t word)
{
    return store_single<4>(cpu, fields::ST4_single { word });
}

Flow ST4_single_post(Cpu& cpu, uint32_t word)
{
    return store_single<4>(cpu, fields::ST4_single_post { word });
}

Flow LD1R(Cpu& cpu, uint32_t word)
{
    return load_and_replicate<1>(cpu, fields::LD1R { word });
}

Flow LD1R_post(Cpu& cpu, uint32_t word)
{
    return load_and_replicate<1>(cpu, fields::LD1R_post { word });
}

Flow LD2R(Cpu& cpu, uint32_t word)
{
    return load_and_replicate<2>(cpu, fields::LD2R { word });
}

Flow LD2R_post(Cpu& cpu, uint32_t word)
{
    return load_and_replicate<2>(cpu, fields::LD2R_post { word });
}

Flow LD3R(Cpu& cpu, uint32_t word)
{
    return load_and_replicate<3>(cpu, fields::LD3R { word });
}

Flow LD3R_post(Cpu& cpu, uint32_t word)
{
    return load_and_replicate<3>(cpu, fields::LD3R_post { word });
}

Flow LD4R(Cpu& cpu, uint32_t word)
{
    return load_and_replicate<4>(cpu, fields::LD4R { word });
}

Flow LD4R_post(Cpu& cpu, uint32_t word)
{
    return load_and_replicate<4>(cpu, fields::LD4R_post { word });
}

}
