#include "devices/pl011/pl011.h"

#include "devices/device_contract.h"
#include "devices/fakes.h"

using namespace dormouse;
using devices::Pl011;

namespace {

struct Board {
    fakes::FakeStream stream;
    fakes::FakeLine line;
    Pl011 uart { stream, line };
    uint32_t get(uint64_t offset) { return static_cast<uint32_t>(uart.read(offset, 4)); }
    void set(uint64_t offset, uint32_t value) { uart.write(offset, 4, value); }
};

constexpr uint64_t kDr = 0, kFr = 0x18, kLcrH = 0x2c, kCr = 0x30, kImsc = 0x38, kRis = 0x3c, kMis = 0x40, kIcr = 0x44;

}

TEST_CASE("pl011: keeps the device contract")
{
    Board board;
    Pl011::State overfull;
    overfull.rx_count = 2; // FIFOs off: one place
    Pl011::State ghost;
    ghost.rx_fifo[3] = 'x';
    Pl011::State interrupts;
    interrupts.ris = 1u << 11;
    contract::check_state_contract(board.uart,
        [](Pl011& uart) {
            uart.write(kLcrH, 4, 0x70);
            uart.write(kImsc, 4, 0x50);
            uart.write(kDr, 4, 'a');
        },
        { overfull, ghost, interrupts });
    contract::check_bus_contract(board.uart, board.uart, 0x1000);
}

TEST_CASE("pl011: identifies itself and resets as the manual says")
{
    Board board;
    std::vector<uint32_t> ids;
    for (uint64_t offset = 0xfe0; offset < 0x1000; offset += 4)
        ids.push_back(board.get(offset));
    CHECK(ids == std::vector<uint32_t> { 0x11, 0x10, 0x14, 0, 0x0d, 0xf0, 0x05, 0xb1 });
    CHECK(board.get(kFr) == 0x90);
    CHECK(board.get(kCr) == 0x300);
}

TEST_CASE("pl011: prints, and raises TX only when enabled")
{
    Board board;
    board.set(kDr, 'o');
    board.set(kDr, 'k');
    CHECK(board.stream.printed == "ok");
    CHECK_FALSE(board.line.level);
    board.set(kImsc, 1u << 5);
    CHECK(board.line.level);
    board.set(kIcr, 1u << 5);
    CHECK_FALSE(board.line.level);
}

TEST_CASE("pl011: takes no more than it has room for and asks again when drained")
{
    Board board;
    board.set(kLcrH, 0x70);
    board.set(kImsc, 1u << 4);
    board.stream.type("0123456789abcdefXYZ");
    CHECK(board.stream.waiting == "XYZ");
    CHECK((board.get(kFr) & (1u << 6)) != 0);
    CHECK(board.line.level);
    std::string seen;
    while (!(board.get(kFr) & (1u << 4)))
        seen.push_back(static_cast<char>(board.get(kDr)));
    CHECK(seen == "0123456789abcdefXYZ");
    CHECK_FALSE(board.line.level);
    CHECK((board.get(kRis) & (1u << 4)) == 0);
}

TEST_CASE("pl011: without FIFOs one byte at a time; a cleared RX interrupt comes again with the next byte")
{
    Board board;
    board.set(kImsc, 1u << 4);
    board.stream.type("ab");
    CHECK(board.stream.waiting == "b");
    board.set(kIcr, 1u << 4);
    CHECK(board.get(kMis) == 0);
    CHECK(board.get(kDr) == 'a');
    CHECK(board.line.level);
    CHECK(board.get(kDr) == 'b');
    CHECK_FALSE(board.line.level);
}

TEST_CASE("pl011: a listener that answers at once does not deadlock; loopback stays inside")
{
    Board board;
    board.stream.echo = true;
    board.set(kDr, 'e');
    CHECK(board.get(kDr) == 'e');
    board.stream.echo = false;
    board.set(kCr, 0x381);
    board.set(kDr, 'l');
    CHECK(board.stream.printed == "e");
    CHECK(board.get(kDr) == 'l');
}

TEST_CASE("pl011: bytes that waited during a restore are delivered")
{
    Board board;
    board.set(kImsc, 1u << 4);
    auto const state = board.uart.save();
    board.stream.waiting.push_back('w');
    REQUIRE(board.uart.restore(state).ok());
    CHECK(board.line.level);
    CHECK(board.get(kDr) == 'w');
}
