#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dormouse::machine {

// The end of the sentence "<file> ...": what a file that is no arm64 Linux Image is instead, recognised by its first
// bytes.
std::string describe_foreign_kernel(std::span<uint8_t const> file);

// Little-endian fields of a file; 0 when they lie outside.
uint64_t file_field(std::span<uint8_t const> file, uint64_t offset, unsigned size);
bool file_has(std::span<uint8_t const> file, uint64_t offset, std::string_view bytes);

}
