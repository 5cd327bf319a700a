#include "engine/emulator/isa/assembly_writer.h"

namespace dormouse::emulator::isa {

static std::string hexadecimal(uint64_t value)
{
    std::string digits;
    do {
        digits.insert(digits.begin(), "0123456789abcdef"[value % 16]);
        value /= 16;
    } while (value != 0);
    return "0x" + digits;
}

AssemblyWriter& AssemblyWriter::text(std::string_view text)
{
    m_text += text;
    return *this;
}

AssemblyWriter& AssemblyWriter::number(int64_t value)
{
    if (value >= 0)
        return address(static_cast<uint64_t>(value));
    m_text += '-';
    return address(-static_cast<uint64_t>(value));
}

AssemblyWriter& AssemblyWriter::address(uint64_t value)
{
    m_text += hexadecimal(value);
    return *this;
}

AssemblyWriter& AssemblyWriter::decimal(int64_t value)
{
    m_text += std::to_string(value);
    return *this;
}

AssemblyWriter& AssemblyWriter::general(unsigned number, bool is_64_bit)
{
    m_text += is_64_bit ? 'x' : 'w';
    m_text += number == 31 ? "zr" : std::to_string(number);
    return *this;
}

AssemblyWriter& AssemblyWriter::general_or_sp(unsigned number, bool is_64_bit)
{
    if (number == 31)
        return text(is_64_bit ? "sp" : "wsp");
    return general(number, is_64_bit);
}

AssemblyWriter& AssemblyWriter::vector(char kind, unsigned number)
{
    m_text += kind;
    m_text += std::to_string(number);
    return *this;
}

}
