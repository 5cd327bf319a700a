#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/isa/instruction.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <initializer_list>
#include <string>

// One vCPU state that executes single words through the decoder, the way the interpreter does.
namespace dormouse::emulator::test {

struct SimdMachine {
    Cpu cpu;

    // The assembly says what the word is; it is checked, so that tests can be read without a manual.
    Flow execute(std::string const& assembly, uint32_t word)
    {
        CHECK(isa::disassemble(word, cpu.pc) == assembly);
        isa::Instruction const instruction = isa::decode(word);
        return isa::info(instruction).handler(cpu, word);
    }
};

// Lane 0 first; lanes that are not given are zero.
template <typename T> Vector lanes(std::initializer_list<T> values)
{
    Vector vector;
    unsigned index = 0;
    for (T const value : values)
        vector.set_lane<T>(index++, value);
    return vector;
}

// Byte 0 first, as test vectors of ciphers are printed.
inline Vector bytes(std::string const& hex)
{
    Vector vector;
    for (unsigned i = 0; i < hex.size() / 2; i++)
        vector.set_lane<uint8_t>(i, static_cast<uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16)));
    return vector;
}

}

// Readable failures: 128 bits, highest first.
namespace doctest {
template <> struct StringMaker<dormouse::emulator::Vector> {
    static String convert(dormouse::emulator::Vector const& vector)
    {
        char text[40];
        std::snprintf(text, sizeof(text), "%016llx_%016llx", static_cast<unsigned long long>(vector.d[1]),
            static_cast<unsigned long long>(vector.d[0]));
        return text;
    }
};
}
