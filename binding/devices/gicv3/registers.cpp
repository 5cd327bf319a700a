#include "devices/gicv3/registers.h"

#include "base/bits.h"

#include <optional>

namespace dormouse::devices::gic {

namespace {

    enum class Kind {
        Group,
        SetEnable,
        ClearEnable,
        SetPending,
        ClearPending,
        SetActive,
        ClearActive,
        Priority,
        Config
    };

    struct Place {
        Kind kind;
        unsigned bank;
        unsigned word; // of the bank, where a bank takes several registers
    };

    std::optional<Place> locate(uint64_t offset)
    {
        unsigned const bank = bits<6, 2>(offset);
        switch (offset & ~uint64_t { 0x7f }) {
        case 0x080: return Place { Kind::Group, bank, 0 };
        case 0x100: return Place { Kind::SetEnable, bank, 0 };
        case 0x180: return Place { Kind::ClearEnable, bank, 0 };
        case 0x200: return Place { Kind::SetPending, bank, 0 };
        case 0x280: return Place { Kind::ClearPending, bank, 0 };
        case 0x300: return Place { Kind::SetActive, bank, 0 };
        case 0x380: return Place { Kind::ClearActive, bank, 0 };
        default: break;
        }
        if (offset >= 0x400 && offset < 0x800)
            return Place { Kind::Priority, static_cast<unsigned>(bits<9, 5>(offset - 0x400)),
                static_cast<unsigned>(bits<4, 2>(offset)) };
        if (offset >= 0xc00 && offset < 0xd00)
            return Place { Kind::Config, static_cast<unsigned>(bits<7, 3>(offset)),
                static_cast<unsigned>(bits<2, 2>(offset)) };
        return std::nullopt;
    }

    uint32_t read_priority(LineBits const& lines, unsigned word)
    {
        uint32_t value = 0;
        for (unsigned i = 0; i < 4; ++i)
            value |= uint32_t { lines.priority[word * 4 + i] } << (8 * i);
        return value;
    }

    void write_priority(LineBits& lines, unsigned word, uint32_t value, uint32_t mask)
    {
        for (unsigned i = 0; i < 4; ++i) {
            if ((mask >> (8 * i)) & 0xff)
                lines.priority[word * 4 + i] = static_cast<uint8_t>(value >> (8 * i)) & kPriorityMask;
        }
    }

    // ICFGR: two bits a line, the upper one says edge.
    uint32_t read_config(LineBits const& lines, unsigned word)
    {
        uint32_t value = 0;
        for (unsigned i = 0; i < 16; ++i)
            value |= ((lines.edge >> (word * 16 + i)) & 1) << (2 * i + 1);
        return value;
    }

    void write_config(LineBits& lines, unsigned word, uint32_t value)
    {
        uint32_t edge = 0;
        for (unsigned i = 0; i < 16; ++i)
            edge |= ((value >> (2 * i + 1)) & 1) << i;
        uint32_t const shift = word * 16;
        lines.edge = (lines.edge & ~(0xffffu << shift)) | edge << shift;
    }

}

uint32_t read_lines(LineBits const* banks, unsigned first_bank, unsigned count, uint64_t offset)
{
    auto const place = locate(offset);
    if (!place || place->bank < first_bank || place->bank - first_bank >= count)
        return 0;
    LineBits const& lines = banks[place->bank - first_bank];
    switch (place->kind) {
    case Kind::Group: return lines.group;
    case Kind::SetEnable:
    case Kind::ClearEnable: return lines.enabled;
    case Kind::SetPending:
    case Kind::ClearPending: return lines.pending();
    case Kind::SetActive:
    case Kind::ClearActive: return lines.active;
    case Kind::Priority: return read_priority(lines, place->word);
    case Kind::Config: return read_config(lines, place->word);
    }
    return 0;
}

bool write_lines(LineBits* banks, unsigned first_bank, unsigned count, uint64_t offset, uint32_t value, uint32_t mask)
{
    auto const place = locate(offset);
    if (!place || place->bank < first_bank || place->bank - first_bank >= count)
        return false;
    LineBits& lines = banks[place->bank - first_bank];
    switch (place->kind) {
    case Kind::Group: lines.group = value; break;
    case Kind::SetEnable: lines.enabled |= value; break;
    case Kind::ClearEnable: lines.enabled &= ~value; break;
    case Kind::SetPending: lines.latched |= value; break;
    case Kind::ClearPending: lines.latched &= ~value; break;
    case Kind::SetActive: lines.active |= value; break;
    case Kind::ClearActive: lines.active &= ~value; break;
    case Kind::Priority: write_priority(lines, place->word, value, mask); break;
    case Kind::Config:
        if (place->bank == 0 && place->word == 0)
            return false; // SGIs are edge-triggered for ever
        write_config(lines, place->word, value);
        break;
    }
    return true;
}

uint32_t read_identification(uint64_t offset, uint8_t part)
{
    // PIDR4..7, PIDR0..3 (architecture revision 3 in PIDR2[7:4]), CIDR0..3.
    uint8_t const bytes[12] = { 0x44, 0, 0, 0, part, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
    return offset >= 0xffd0 && offset < 0x1'0000 ? bytes[(offset - 0xffd0) / 4] : 0;
}

}
