#include "engine/emulator/cpu/cpu.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <array>

// CRC-32 (0x04C11DB7) and CRC-32C (0x1EDC6F41), bit-reversed form, no inversions. [Arm DDI 0487, C6.2, CRC32, CRC32C]
namespace dormouse::emulator::semantics {

namespace {

    constexpr std::array<uint32_t, 256> crc_table(uint32_t reversed_polynomial)
    {
        std::array<uint32_t, 256> table {};
        for (uint32_t byte = 0; byte < 256; ++byte) {
            uint32_t remainder = byte;
            for (int bit = 0; bit < 8; ++bit)
                remainder = remainder >> 1 ^ ((remainder & 1) != 0 ? reversed_polynomial : 0);
            table[byte] = remainder;
        }
        return table;
    }

    constexpr std::array<uint32_t, 256> kCrc32 = crc_table(0xedb8'8320);
    constexpr std::array<uint32_t, 256> kCrc32C = crc_table(0x82f6'3b78);

    template <unsigned bytes, typename Fields>
    inline Flow checksum(Cpu& cpu, Fields f, std::array<uint32_t, 256> const& table)
    {
        uint32_t crc = static_cast<uint32_t>(cpu.x[f.Rn()]);
        uint64_t data = cpu.x[f.Rm()];
        for (unsigned i = 0; i < bytes; ++i) {
            crc = crc >> 8 ^ table[(crc ^ data) & 0xff];
            data >>= 8;
        }
        cpu.set_x(f.Rd(), crc);
        return Flow::Next;
    }

}

Flow CRC32B(Cpu& cpu, uint32_t word)
{
    return checksum<1>(cpu, fields::CRC32B { word }, kCrc32);
}

Flow CRC32H(Cpu& cpu, uint32_t word)
{
    return checksum<2>(cpu, fields::CRC32H { word }, kCrc32);
}

Flow CRC32W(Cpu& cpu, uint32_t word)
{
    return checksum<4>(cpu, fields::CRC32W { word }, kCrc32);
}

Flow CRC32X(Cpu& cpu, uint32_t word)
{
    return checksum<8>(cpu, fields::CRC32X { word }, kCrc32);
}

Flow CRC32CB(Cpu& cpu, uint32_t word)
{
    return checksum<1>(cpu, fields::CRC32CB { word }, kCrc32C);
}

Flow CRC32CH(Cpu& cpu, uint32_t word)
{
    return checksum<2>(cpu, fields::CRC32CH { word }, kCrc32C);
}

Flow CRC32CW(Cpu& cpu, uint32_t word)
{
    return checksum<4>(cpu, fields::CRC32CW { word }, kCrc32C);
}

Flow CRC32CX(Cpu& cpu, uint32_t word)
{
    return checksum<8>(cpu, fields::CRC32CX { word }, kCrc32C);
}

}
