#include "state/section.h"

#include <doctest/doctest.h>

using namespace dormouse;

TEST_CASE("nested sections come back as written")
{
    state::Writer writer;
    {
        state::SectionWriter const machine { writer, "machine", 3 };
        writer.u32(0x1234'5678);
        state::SectionWriter const uart { writer, "pl011", 1 };
        writer.u8(7);
        writer.u16(0xbeef);
        writer.u64(0x0102'0304'0506'0708);
        writer.boolean(true);
        writer.text("hello");
    }
    state::Reader root { "image", writer.data() };
    auto machine = state::read_section(root, "machine", 3);
    REQUIRE(machine.ok());
    CHECK(machine.value().version == 3);
    CHECK(machine.value().content.u32("x") == 0x1234'5678);
    auto uart = state::read_section(machine.value().content);
    REQUIRE(uart.ok());
    auto& content = uart.value().content;
    CHECK(uart.value().name == "pl011");
    CHECK(content.u8("a") == 7);
    CHECK(content.u16("b") == 0xbeef);
    CHECK(content.u64("c") == 0x0102'0304'0506'0708);
    CHECK(content.boolean("d"));
    CHECK(content.text("e", 10) == "hello");
    CHECK(content.finish().ok());
    CHECK(machine.value().content.finish().ok());
    CHECK(root.finish().ok());
}

TEST_CASE("words are little-endian")
{
    state::Writer writer;
    writer.u32(0x1122'3344);
    CHECK(writer.data() == std::vector<uint8_t> { 0x44, 0x33, 0x22, 0x11 });
}

TEST_CASE("the first failure names section and field, and sticks")
{
    std::vector<uint8_t> const bytes { 1, 2 };
    state::Reader reader { "image/pl031", bytes };
    CHECK(reader.u32("match") == 0);
    CHECK(reader.u8("later") == 0);
    auto const result = reader.result();
    REQUIRE(!result.ok());
    CHECK(result.error().code == Code::Corrupt);
    CHECK(result.error().message == "Saved state, section \"image/pl031\": field match ends early");
}

TEST_CASE("lengths over the limit, bad booleans and left-over bytes are refused")
{
    std::vector<uint8_t> const length { 0xff, 0xff, 0xff, 0xff, 1 };
    state::Reader too_long { "s", length };
    CHECK(too_long.blob("b", 16).empty());
    CHECK(!too_long.result().ok());
    std::vector<uint8_t> const two { 2 };
    state::Reader boolean { "s", two };
    boolean.boolean("flag");
    CHECK(!boolean.result().ok());
    state::Reader rest { "s", two };
    CHECK(rest.result().ok());
    CHECK(!rest.finish().ok());
}

TEST_CASE("every truncation of a section is refused, a newer one says so")
{
    state::Writer writer;
    {
        state::SectionWriter const section { writer, "gicv3", 2 };
        writer.u64(1);
    }
    for (size_t size = 0; size < writer.size(); ++size) {
        state::Reader reader { "image", std::span { writer.data() }.first(size) };
        CHECK_FALSE(state::read_section(reader, "gicv3", 2).ok());
    }
    state::Reader newer { "image", writer.data() };
    auto const result = state::read_section(newer, "gicv3", 1);
    REQUIRE(!result.ok());
    CHECK(result.error().code == Code::Unsupported);
    state::Reader other { "image", writer.data() };
    CHECK(!state::read_section(other, "pl011", 2).ok());
}
