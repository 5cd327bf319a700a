#include "devices/pl061/pl061.h"

#include "devices/device_contract.h"
#include "devices/fakes.h"

using namespace dormouse;
using devices::Pl061;

namespace {

struct Board {
    fakes::FakeClock clock;
    fakes::FakeTimers timers;
    fakes::FakeLine line;
    Pl061 gpio { clock, timers, line };
    uint32_t get(uint64_t offset) { return static_cast<uint32_t>(gpio.read(offset, 4)); }
    void set(uint64_t offset, uint32_t value) { gpio.write(offset, 4, value); }
};

constexpr uint64_t kAllData = 0x3fc, kDir = 0x400, kIs = 0x404, kIbe = 0x408, kIev = 0x40c, kIe = 0x410, kRis = 0x414,
                   kIc = 0x41c;

}

TEST_CASE("pl061: keeps the device contract")
{
    Board board;
    Pl061::State pins;
    pins.inputs = 1;
    Pl061::State edges;
    edges.edges = edges.is = 4;
    contract::check_state_contract(board.gpio, [](Pl061& gpio) { gpio.press_power_button(); }, { pins, edges });
    contract::check_bus_contract(board.gpio, board.gpio, 0x1000);
}

TEST_CASE("pl061: the power button is pin 3, high for 100 ms, both edges seen as gpio-keys asks")
{
    Board board;
    board.set(kIbe, 8);
    board.set(kIe, 8);
    board.gpio.press_power_button();
    CHECK(board.get(kAllData) == 8);
    CHECK(board.line.level);
    board.set(kIc, 8);
    CHECK_FALSE(board.line.level);
    board.timers.advance(board.clock, 99'999'999);
    CHECK(board.get(kAllData) == 8);
    board.timers.advance(board.clock, 1);
    CHECK(board.get(kAllData) == 0);
    CHECK(board.line.level);
}

TEST_CASE("pl061: levels show as long as they last, masks select data bits")
{
    Board board;
    board.set(kIs, 8);
    board.set(kIev, 8);
    board.set(kIe, 8);
    board.gpio.press_power_button();
    board.set(kIc, 8);
    CHECK(board.line.level);
    board.timers.advance(board.clock, Pl061::kPressNs);
    CHECK_FALSE(board.line.level);
    CHECK(board.get(kRis) == 0);
    board.set(kDir, 0x0f);
    board.set(0x3 << 2, 0xff);
    CHECK(board.get(kAllData) == 3);
}

TEST_CASE("pl061: a press that was saved in its middle ends after a restore")
{
    Board board;
    board.gpio.press_power_button();
    auto const state = board.gpio.save();
    board.gpio.reset();
    REQUIRE(board.gpio.restore(state).ok());
    CHECK(board.get(kAllData) == 8);
    board.timers.advance(board.clock, Pl061::kPressNs);
    CHECK(board.get(kAllData) == 0);
}
