#include "devices/pl031/pl031.h"

#include "devices/device_contract.h"
#include "devices/fakes.h"

using namespace dormouse;
using devices::Pl031;

namespace {

struct Board {
    fakes::FakeClock clock;
    fakes::FakeTimers timers;
    fakes::FakeLine line;
    Pl031 rtc { clock, timers, line };
    uint32_t get(uint64_t offset) { return static_cast<uint32_t>(rtc.read(offset, 4)); }
    void set(uint64_t offset, uint32_t value) { rtc.write(offset, 4, value); }
};

constexpr uint64_t kSecond = 1'000'000'000;

}

TEST_CASE("pl031: keeps the device contract")
{
    Board board;
    contract::check_state_contract(
        board.rtc, [](Pl031& rtc) { rtc.write(0x10, 4, 1); }, std::vector<Pl031::State> {});
    contract::check_bus_contract(board.rtc, board.rtc, 0x1000);
}

TEST_CASE("pl031: a boolean that is neither 0 nor 1 is refused")
{
    Board board;
    state::Writer writer;
    Pl031::serialize(writer, board.rtc.save());
    auto bytes = writer.data();
    bytes.back() = 2;
    state::Reader reader { "pl031", bytes };
    CHECK_FALSE(static_cast<devices::Device&>(board.rtc).restore(reader).ok());
}

TEST_CASE("pl031: tells the wall clock, keeps an offset over reset")
{
    Board board;
    CHECK(board.get(0) == 1'700'000'000);
    board.timers.advance(board.clock, 2 * kSecond);
    CHECK(board.get(0) == 1'700'000'002);
    board.set(8, 1000);
    CHECK(board.get(0) == 1000);
    board.rtc.reset();
    board.timers.advance(board.clock, 5 * kSecond);
    CHECK(board.get(0) == 1005);
}

TEST_CASE("pl031: the alarm rings on the second, once, and is cleared by ICR")
{
    Board board;
    board.clock.wall += kSecond / 2;
    board.set(0x10, 1);
    board.set(4, 1'700'000'010);
    board.timers.advance(board.clock, 9 * kSecond);
    CHECK_FALSE(board.line.level);
    board.timers.advance(board.clock, kSecond / 2);
    CHECK(board.line.level);
    CHECK(board.get(0x18) == 1);
    board.set(0x1c, 1);
    CHECK_FALSE(board.line.level);
}

TEST_CASE("pl031: a wall clock set back makes the alarm wait, a restore after it rings at once")
{
    Board board;
    board.set(0x10, 1);
    board.set(4, 1'700'000'010);
    auto const state = board.rtc.save();
    board.clock.wall -= 5 * kSecond;
    board.timers.advance(board.clock, 10 * kSecond);
    CHECK_FALSE(board.line.level);
    board.timers.advance(board.clock, 5 * kSecond);
    CHECK(board.line.level);

    board.clock.wall += 100 * kSecond;
    REQUIRE(board.rtc.restore(state).ok());
    board.timers.advance(board.clock, 0);
    CHECK(board.line.level);
}
