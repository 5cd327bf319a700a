#pragma once

#include "base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dormouse::machine {

// Both unpack one stream and ignore what follows it. They fail with InvalidArgument when the data is damaged, ends
// early or grows over `limit` bytes; the message is the end of a sentence: "is damaged (...)".
Result<std::vector<uint8_t>> gunzip(std::span<uint8_t const> packed, uint64_t limit);
// Fails with Unsupported in a build without libzstd.
Result<std::vector<uint8_t>> unzstd(std::span<uint8_t const> packed, uint64_t limit);

}
