#include "devices/bus.h"

#include <doctest/doctest.h>

using namespace dormouse;
using Outcome = wires::GuestBus::Outcome;

namespace {

struct Recorder final : devices::MmioDevice {
    uint64_t read(uint64_t offset, unsigned) override { return 0xffff'ffff'ffff'ff00 | offset; }
    void write(uint64_t offset, unsigned size, uint64_t value) override
    {
        last_offset = offset;
        last_size = size;
        last_value = value;
    }
    uint64_t last_offset { 0 };
    unsigned last_size { 0 };
    uint64_t last_value { 0 };
};

}

TEST_CASE("accesses reach their device with offset and masked value")
{
    devices::Bus bus;
    Recorder low;
    Recorder high;
    REQUIRE(bus.attach("high", { 0x2000 }, 0x100, high).ok());
    REQUIRE(bus.attach("low", { 0x1000 }, 0x100, low).ok());
    uint64_t value = 0;
    CHECK(bus.mmio_read({ 0x1010 }, 2, value) == Outcome::Done);
    CHECK(value == 0xff10);
    CHECK(bus.mmio_write({ 0x20fc }, 4, 0x1'2345'6789) == Outcome::Done);
    CHECK(high.last_offset == 0xfc);
    CHECK(high.last_value == 0x2345'6789);
    CHECK(bus.mmio_read({ 0x0fff }, 1, value) == Outcome::NoDevice);
    CHECK(bus.mmio_read({ 0x1100 }, 1, value) == Outcome::NoDevice);
    CHECK(bus.mmio_read({ 0x10fc }, 8, value) == Outcome::NoDevice);
    CHECK(bus.mmio_write({ ~uint64_t { 0 } }, 8, 0) == Outcome::NoDevice);
}

TEST_CASE("overlapping, empty and wrapping windows are refused by name")
{
    devices::Bus bus;
    Recorder device;
    REQUIRE(bus.attach("uart", { 0x1000 }, 0x1000, device).ok());
    auto const overlap = bus.attach("rtc", { 0x1fff }, 0x10, device);
    REQUIRE(!overlap.ok());
    CHECK(overlap.error().message.find("uart") != std::string::npos);
    CHECK(overlap.error().message.find("rtc") != std::string::npos);
    CHECK(!bus.attach("below", { 0xff0 }, 0x11, device).ok());
    CHECK(!bus.attach("around", { 0x0 }, 0x10000, device).ok());
    CHECK(!bus.attach("empty", { 0x5000 }, 0, device).ok());
    CHECK(!bus.attach("wrap", { ~uint64_t { 0 } - 4 }, 16, device).ok());
    CHECK(bus.attach("next", { 0x2000 }, 0x10, device).ok());
}
