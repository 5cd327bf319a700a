#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dormouse::emulator::isa {

// Collects the text of one instruction. For the generated disassemble() and the operand_format helpers.
class AssemblyWriter {
public:
    AssemblyWriter& text(std::string_view);
    // "0x1f", "-0x8"
    AssemblyWriter& number(int64_t);
    // All 64 bits as an unsigned number: addresses, bit masks.
    AssemblyWriter& address(uint64_t);
    AssemblyWriter& decimal(int64_t);
    // x3 or w3; xzr or wzr
    AssemblyWriter& general(unsigned number, bool is_64_bit);
    // the same; sp or wsp
    AssemblyWriter& general_or_sp(unsigned number, bool is_64_bit);
    // b3, h3, s3, d3, q3, v3
    AssemblyWriter& vector(char kind, unsigned number);

    std::string result() && { return std::move(m_text); }
    std::string result() const& { return m_text; }

private:
    std::string m_text;
};

// Sign-extends the low `width` bits: what `sx` means in the ASSEMBLY column.
constexpr int64_t sx(int64_t value, unsigned width)
{
    unsigned const shift = 64 - width;
    return static_cast<int64_t>(static_cast<uint64_t>(value) << shift) >> shift;
}

}
