#pragma once

#include "engine/emulator/interpreter/code_cache.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dormouse::emulator::jit {

// The stages of a translation as text, each of them alone. docs/emulator.md shows how to read them.
// What the block consists of: address, word, disassembly. `address`: virtual, of its first instruction.
std::vector<std::string> discovered_lines(Block const&, uint64_t address);
// What the translator knows of each instruction: registers read and written, and whether NZCV is looked at afterwards.
std::vector<std::string> decoded_lines(Block const&);
// Host code, 16 bytes a line: offset and bytes in hexadecimal.
std::vector<std::string> code_lines(std::span<uint8_t const>);

// All of them, with titles. `registers`: what the backend has decided, a line each.
std::string block_dump(Block const&, uint64_t address, unsigned level, std::vector<std::string> const& registers,
    std::span<uint8_t const> code);

}
