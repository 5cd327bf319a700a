#include "base/sys/mapping.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

using namespace dormouse;
using sys::Mapping;

namespace {

bool is_zero(uint8_t const* data, uint64_t bytes)
{
    return std::all_of(data, data + bytes, [](uint8_t byte) { return byte == 0; });
}

}

TEST_CASE("mappings of every size begin with zeroes, end where they should, and are zero again when discarded")
{
    uint64_t const page = sys::host_page_size();
    for (uint64_t const bytes : { page, uint64_t { 2 } << 20, (uint64_t { 6 } << 20) + page }) {
        auto created = Mapping::create(bytes);
        REQUIRE(created.ok());
        Mapping& mapping = created.value();
        CHECK(mapping.size() == bytes);
        CHECK(is_zero(mapping.data(), bytes));
        std::memset(mapping.data(), 0x5a, bytes);
        REQUIRE(mapping.discard(bytes - page, page).ok());
        CHECK(is_zero(mapping.data() + bytes - page, page));
        if (bytes > page)
            CHECK(mapping.data()[bytes - page - 1] == 0x5a);
        REQUIRE(mapping.discard(0, bytes).ok());
        CHECK(is_zero(mapping.data(), bytes));
    }
}

TEST_CASE("a mapping that could be in large pages begins where one does")
{
    constexpr uint64_t kLarge = uint64_t { 2 } << 20;
    auto mapping = Mapping::create(3 * kLarge);
    REQUIRE(mapping.ok());
    CHECK(reinterpret_cast<uintptr_t>(mapping.value().data()) % kLarge == 0);
}

TEST_CASE("sizes that are no whole pages, or more than there can be, are refused")
{
    CHECK(Mapping::create(0).error().code == Code::InvalidArgument);
    CHECK(Mapping::create(sys::host_page_size() + 1).error().code == Code::InvalidArgument);
    CHECK(Mapping::create(~uint64_t { 0 } - sys::host_page_size() + 1).error().code == Code::OutOfMemory);
}
