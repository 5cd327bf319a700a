#include "state/checksum.h"

#include <bit>
#include <cstring>

namespace dormouse::state {

namespace {

    constexpr uint64_t kPrime1 = 0x9e37'79b1'85eb'ca87;
    constexpr uint64_t kPrime2 = 0xc2b2'ae3d'27d4'eb4f;
    constexpr uint64_t kPrime3 = 0x1656'67b1'9e37'79f9;
    constexpr uint64_t kPrime4 = 0x85eb'ca77'c2b2'ae63;
    constexpr uint64_t kPrime5 = 0x27d4'eb2f'1656'67c5;

    // Every host that we run on is little-endian.
    static_assert(std::endian::native == std::endian::little);

    template <typename Word> Word load(uint8_t const* data)
    {
        Word word;
        std::memcpy(&word, data, sizeof(word));
        return word;
    }

    uint64_t round(uint64_t accumulator, uint64_t lane)
    {
        return std::rotl(accumulator + lane * kPrime2, 31) * kPrime1;
    }

    uint64_t merge(uint64_t accumulator, uint64_t lane)
    {
        return (accumulator ^ round(0, lane)) * kPrime1 + kPrime4;
    }

}

uint64_t checksum(std::span<uint8_t const> bytes)
{
    uint8_t const* data = bytes.data();
    size_t left = bytes.size();
    uint64_t sum = kPrime5;
    if (left >= 32) {
        uint64_t lanes[4] { kPrime1 + kPrime2, kPrime2, 0, uint64_t { 0 } - kPrime1 };
        for (; left >= 32; data += 32, left -= 32)
            for (unsigned i = 0; i < 4; ++i)
                lanes[i] = round(lanes[i], load<uint64_t>(data + 8 * i));
        sum = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
        for (uint64_t const lane : lanes)
            sum = merge(sum, lane);
    }
    sum += bytes.size();
    for (; left >= 8; data += 8, left -= 8)
        sum = std::rotl(sum ^ round(0, load<uint64_t>(data)), 27) * kPrime1 + kPrime4;
    if (left >= 4) {
        sum = std::rotl(sum ^ load<uint32_t>(data) * kPrime1, 23) * kPrime2 + kPrime3;
        data += 4;
        left -= 4;
    }
    for (; left > 0; ++data, --left)
        sum = std::rotl(sum ^ *data * kPrime5, 11) * kPrime1;
    sum = (sum ^ sum >> 33) * kPrime2;
    sum = (sum ^ sum >> 29) * kPrime3;
    return sum ^ sum >> 32;
}

}
