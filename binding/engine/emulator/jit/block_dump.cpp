#include "engine/emulator/jit/block_dump.h"

#include "engine/emulator/jit/decoded_block.h"

#include <algorithm>
#include <cstdio>

namespace dormouse::emulator::jit {

namespace {

    template <typename... Arguments> std::string print(char const* format, Arguments... arguments)
    {
        char text[160];
        std::snprintf(text, sizeof(text), format, arguments...);
        return text;
    }

    // " x1 x2 sp v3 NZ"
    std::string operands(uint32_t x, bool sp, uint32_t v, uint8_t flags)
    {
        std::string text;
        for (unsigned n = 0; n < 32; ++n)
            text += x >> n & 1 ? " x" + std::to_string(n) : "";
        text += sp ? " sp" : "";
        for (unsigned n = 0; n < 32; ++n)
            text += v >> n & 1 ? " v" + std::to_string(n) : "";
        if (flags) {
            text += ' ';
            for (unsigned n = 0; n < 4; ++n)
                text += flags >> (3 - n) & 1 ? std::string { "NZCV"[n] } : "";
        }
        return text.empty() ? " -" : text;
    }

    void append(std::string& text, char const* title, std::vector<std::string> const& lines)
    {
        text += std::string { "\n " } + title;
        for (std::string const& line : lines)
            text += "\n  " + line;
    }

}

std::vector<std::string> discovered_lines(Block const& block, uint64_t address)
{
    std::vector<std::string> lines;
    for (unsigned index = 0; index < block.length; ++index) {
        uint32_t const word = block.operations()[index].word;
        uint64_t const pc = address + 4 * index;
        lines.push_back(
            print("0x%llx  %08x  ", static_cast<unsigned long long>(pc), word) + isa::disassemble(word, pc));
    }
    return lines;
}

std::vector<std::string> decoded_lines(Block const& block)
{
    std::vector<DecodedInstruction> instructions;
    decode_block(block, instructions);
    std::vector<std::string> lines;
    for (DecodedInstruction const& decoded : instructions) {
        isa::OperandMasks const& masks = decoded.masks;
        std::string line = print("%-24s reads", isa::info(decoded.instruction).name)
            + operands(masks.x_read, masks.sp_read, masks.v_read, masks.flags_read) + ", writes"
            + operands(masks.x_written, masks.sp_written, masks.v_written, masks.flags_written);
        line += decoded.flags_live_after ? ", NZCV live" : ", NZCV dead";
        lines.push_back(line + (decoded.ends_block ? ", ends the block" : ""));
    }
    return lines;
}

std::vector<std::string> code_lines(std::span<uint8_t const> code)
{
    constexpr size_t kBytesInLine = 16;
    std::vector<std::string> lines;
    for (size_t start = 0; start < code.size(); start += kBytesInLine) {
        std::string line = print("%04zx ", start);
        for (uint8_t const byte : code.subspan(start, std::min(kBytesInLine, code.size() - start)))
            line += print(" %02x", byte);
        lines.push_back(line);
    }
    return lines;
}

std::string block_dump(Block const& block, uint64_t address, unsigned level, std::vector<std::string> const& registers,
    std::span<uint8_t const> code)
{
    std::string text = print("block 0x%llx [el%u]: %u instructions, %zu bytes of host code",
        static_cast<unsigned long long>(address), level, static_cast<unsigned>(block.length), code.size());
    append(text, "discovered", discovered_lines(block, address));
    append(text, "decoded", decoded_lines(block));
    append(text, "registers", registers);
    append(text, "host code", code_lines(code));
    return text;
}

}
