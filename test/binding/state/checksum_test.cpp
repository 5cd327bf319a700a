#include "state/checksum.h"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

using namespace dormouse::state;

static uint64_t sum(std::string_view text)
{
    return checksum({ reinterpret_cast<uint8_t const*>(text.data()), text.size() });
}

TEST_CASE("published values of XXH64")
{
    CHECK(sum("") == 0xef46db3751d8e999);
    CHECK(sum("a") == 0xd24ec4f1a98c6e5b);
    CHECK(sum("abc") == 0x44bc2cf5ad770999);
    CHECK(sum("Nobody inspects the spammish repetition") == 0xfbcea83c8a378bf1);
}

TEST_CASE("each bit of each length counts")
{
    std::vector<uint8_t> bytes(77, 0x5a);
    for (size_t length = 1; length <= bytes.size(); ++length) {
        uint64_t const before = checksum({ bytes.data(), length });
        for (size_t bit = 0; bit < 8 * length; ++bit) {
            bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
            CHECK(checksum({ bytes.data(), length }) != before);
            bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
        }
    }
}
