#pragma once

#include "engine/emulator/jit/x64/assembler.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

// What the x64 encoder writes, beside what the disassembler of binutils reads.
namespace dormouse::emulator::jit::x64::test {

inline constexpr std::array<char const*, 16> kNames64 { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8",
    "r9", "r10", "r11", "r12", "r13", "r14", "r15" };
inline constexpr std::array<char const*, 16> kNames32 { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d",
    "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d" };

inline Reg reg(unsigned n)
{
    return static_cast<Reg>(n);
}
inline std::string hex(uint64_t value)
{
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return text.str();
}

// What was emitted, and what it should read as.
class Listing {
public:
    Listing() : m_buffer(1 << 20), m_asm(m_buffer.data(), static_cast<uint32_t>(m_buffer.size())) { }

    template <typename Emit> void add(std::string expected, Emit emit)
    {
        emit(m_asm);
        m_expected.push_back(std::move(expected));
        m_ends.push_back(m_asm.position());
    }

    // One line for each instruction, with single spaces.
    std::vector<std::string> disassembled() const
    {
        auto const file = std::filesystem::temp_directory_path()
            / ("dormouse-x64-" + std::to_string(reinterpret_cast<uintptr_t>(this)) + ".bin");
        std::unique_ptr<std::FILE, int (*)(std::FILE*)> out { std::fopen(file.c_str(), "wb"), std::fclose };
        REQUIRE(out);
        REQUIRE(std::fwrite(m_buffer.data(), 1, m_asm.position(), out.get()) == m_asm.position());
        out.reset();
        std::string const command
            = "objdump -D -b binary -m i386:x86-64 -M intel --no-show-raw-insn -w " + file.string();
        std::unique_ptr<std::FILE, int (*)(std::FILE*)> in { popen(command.c_str(), "r"), pclose };
        REQUIRE(in);
        std::vector<std::string> lines;
        std::array<char, 512> line;
        while (std::fgets(line.data(), static_cast<int>(line.size()), in.get())) {
            std::string const text = line.data();
            auto const tab = text.find(":\t");
            if (tab == std::string::npos)
                continue;
            std::istringstream words(text.substr(tab + 2));
            std::string joined;
            for (std::string word; words >> word && word[0] != '#';)
                joined += (joined.empty() ? "" : " ") + word;
            lines.push_back(joined);
        }
        in.reset();
        std::filesystem::remove(file);
        return lines;
    }

    void check()
    {
        REQUIRE(!m_asm.overflowed());
        auto const lines = disassembled();
        REQUIRE(lines.size() == m_expected.size());
        for (size_t i = 0; i < lines.size(); ++i) {
            if (lines[i] != m_expected[i])
                FAIL_CHECK("emitted \"", lines[i], "\" for \"", m_expected[i], "\"");
        }
        CHECK(lines.size() > 0);
    }

private:
    std::vector<uint8_t> m_buffer;
    Assembler m_asm;
    std::vector<std::string> m_expected;
    std::vector<uint32_t> m_ends;
};

// Address forms with their text.
inline void for_each_address(std::function<void(Mem, std::string)> const& use)
{
    for (unsigned base = 0; base < 16; ++base) {
        for (int32_t const displacement : { 0, 8, -128, 127, 0x1234, -0x4000 }) {
            std::string const tail = displacement == 0
                ? (base == 5 || base == 13 ? "+0x0" : "")
                : (displacement < 0 ? "-" : "+") + hex(static_cast<uint64_t>(std::abs(displacement)));
            use({ reg(base), displacement }, std::string { "[" } + kNames64[base] + tail + "]");
            unsigned const index = (base * 5 + 1) % 16;
            unsigned const scale = 1u << (base & 3);
            if (index == 4)
                continue;
            use({ reg(base), reg(index), scale, displacement },
                std::string { "[" } + kNames64[base] + "+" + kNames64[index] + "*" + std::to_string(scale) + tail
                    + "]");
        }
    }
}

}
