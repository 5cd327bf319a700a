#include "memory/flat_view.h"

#include "memory/backing.h"

#include <array>
#include <cstring>
#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::memory;

namespace {

// Two adjoining ranges [0x1000, 0x1010) and [0x1010, 0x1020), then a hole, then a read-only range [0x2000, 0x2010).
struct Fixture {
    std::array<uint8_t, 16> a {};
    std::array<uint8_t, 16> b {};
    std::array<uint8_t, 16> rom {};
    FlatView view { { { { 0x1000 }, 16, a.data(), false, nullptr }, { { 0x1010 }, 16, b.data(), false, nullptr },
                        { { 0x2000 }, 16, rom.data(), true, nullptr } },
        7 };
};

}

TEST_CASE_FIXTURE(Fixture, "find: first and last byte belong to a range, the byte after does not")
{
    CHECK(view.find({ 0x0fff }) == nullptr);
    CHECK(view.find({ 0x1000 })->base.value == 0x1000);
    CHECK(view.find({ 0x100f })->base.value == 0x1000);
    CHECK(view.find({ 0x1010 })->base.value == 0x1010);
    CHECK(view.find({ 0x1020 }) == nullptr);
    CHECK(view.find({ ~uint64_t { 0 } }) == nullptr);
    CHECK(view.generation() == 7);
}

TEST_CASE_FIXTURE(Fixture, "host: refuses to cross a range and to write read-only memory")
{
    CHECK(view.host({ 0x1008 }, 8, true) == a.data() + 8);
    CHECK(view.host({ 0x1008 }, 9, false) == nullptr);
    CHECK(view.host({ 0x1008 }, ~uint64_t { 0 }, false) == nullptr);
    CHECK(view.host({ 0x2000 }, 16, false) == rom.data());
    CHECK(view.host({ 0x2000 }, 16, true) == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "write and read cross adjoining ranges")
{
    std::array<uint8_t, 8> const out { 1, 2, 3, 4, 5, 6, 7, 8 };
    REQUIRE(view.write({ 0x100c }, out.data(), out.size()));
    std::array<uint8_t, 8> in {};
    REQUIRE(view.read({ 0x100c }, in.data(), in.size()));
    CHECK(in == out);
    CHECK(a[15] == 4);
    CHECK(b[0] == 5);
}

TEST_CASE_FIXTURE(Fixture, "a copy that touches one byte without memory changes nothing")
{
    std::array<uint8_t, 20> out;
    out.fill(0xff);
    CHECK_FALSE(view.write({ 0x1018 }, out.data(), out.size()));
    CHECK(b[8] == 0);
    std::array<uint8_t, 20> in {};
    CHECK_FALSE(view.read({ 0x1018 }, in.data(), in.size()));
    CHECK(in[0] == 0);
    CHECK_FALSE(view.write({ 0x2000 }, out.data(), 1));
    CHECK_FALSE(view.read({ ~uint64_t { 0 } }, in.data(), 2));
}

TEST_CASE("backing: reads as zero at first and after clear(), refuses an odd size")
{
    auto created = Backing::create_anonymous(sys::host_page_size() * 2);
    REQUIRE(created.ok());
    auto backing = created.take();
    CHECK(backing->size() == sys::host_page_size() * 2);
    CHECK(backing->data()[backing->size() - 1] == 0);
    backing->data()[5] = 9;
    REQUIRE(backing->clear().ok());
    CHECK(backing->data()[5] == 0);
    CHECK_FALSE(Backing::create_anonymous(123).ok());
    CHECK_FALSE(Backing::create_anonymous(0).ok());
}
