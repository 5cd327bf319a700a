#include "engine/emulator/runtime/timers.h"

#include "engine/emulator/runtime/fake_services.h"
#include "engine/emulator/runtime/register_list.h"

#include <doctest/doctest.h>

#include <optional>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::runtime;
using SR = SystemRegister;

namespace {

struct FakeClock final : Clock {
    uint64_t now_ns() const override { return now; }
    uint64_t wall_ns() const override { return now; }
    uint64_t now { 1'000'000 };
};

struct FakeTimerService final : wires::TimerService {
    struct FakeTimer final : Timer {
        FakeTimer(FakeTimerService& service, std::function<void()> on_fire)
            : m_service(service)
            , callback(std::move(on_fire))
        {
            m_service.timers.push_back(this);
        }
        ~FakeTimer() override { std::erase(m_service.timers, this); }
        void arm(uint64_t deadline_ns) override
        {
            deadline = deadline_ns;
            ++m_service.arms;
        }
        void disarm() override { deadline.reset(); }
        FakeTimerService& m_service;
        std::function<void()> callback;
        std::optional<uint64_t> deadline;
    };
    std::unique_ptr<Timer> create_timer(std::function<void()> on_fire) override
    {
        return std::make_unique<FakeTimer>(*this, std::move(on_fire));
    }
    void run(uint64_t now)
    {
        for (FakeTimer* timer : std::vector<FakeTimer*>(timers)) {
            if (timer->deadline && *timer->deadline <= now) {
                timer->deadline.reset();
                timer->callback();
            }
        }
    }
    std::vector<FakeTimer*> timers;
    unsigned arms { 0 };
};

struct FakeLine final : wires::IrqLine {
    void set_level(bool high) override { level = high; }
    bool level { false };
};

// Timers between a real Cpu and a clock in the test's hand.
struct Fixture : CpuFixture {
    Fixture()
    {
        timers.wire(&virtual_line, &physical_line);
        services.ticks = clock.now / 16;
    }
    void write(SR which, uint64_t value)
    {
        write_timer_register(cpu, which, value);
        timers.changed();
    }
    void advance_ticks(uint64_t ticks)
    {
        clock.now += ticks * 16;
        services.ticks = clock.now / 16;
        service.run(clock.now);
    }
    FakeClock clock;
    FakeTimerService service;
    FakeLine virtual_line;
    FakeLine physical_line;
    Timers timers { cpu, clock, service };
};

}

TEST_CASE_FIXTURE(Fixture, "the counter runs at CNTFRQ_EL0 and needs no rounding")
{
    CHECK(timers.frequency_hz() == 62'500'000);
    CHECK(timers.physical_counter() == 62'500);
    clock.now += 1'000'000'000;
    CHECK(timers.physical_counter() == 62'500 + 62'500'000);
}

TEST_CASE_FIXTURE(Fixture, "the line follows enable, mask and condition")
{
    for (bool is_virtual : { true, false }) {
        CAPTURE(is_virtual);
        SR const ctl = is_virtual ? SR::CNTV_CTL_EL0 : SR::CNTP_CTL_EL0;
        SR const cval = is_virtual ? SR::CNTV_CVAL_EL0 : SR::CNTP_CVAL_EL0;
        FakeLine const& line = is_virtual ? virtual_line : physical_line;
        write(cval, services.ticks); // met right now
        for (unsigned control = 0; control < 4; ++control) {
            write(ctl, control);
            CHECK(line.level == (control == kTimerEnable));
            bool const status = read_timer_register(cpu, ctl) & kTimerStatus;
            CHECK(status == bool(control & kTimerEnable));
        }
        write(ctl, kTimerEnable);
        REQUIRE(line.level);
        write(cval, services.ticks + 1);
        CHECK_FALSE(line.level);
        write(ctl, 0);
    }
    CHECK_FALSE(virtual_line.level);
}

TEST_CASE_FIXTURE(Fixture, "the line rises at the tick of the deadline and not before")
{
    write(SR::CNTV_TVAL_EL0, 100);
    CHECK(read_timer_register(cpu, SR::CNTV_TVAL_EL0) == 100);
    CHECK(sys(SR::CNTV_CVAL_EL0) == services.ticks + 100);
    write(SR::CNTV_CTL_EL0, kTimerEnable);
    advance_ticks(99);
    CHECK_FALSE(virtual_line.level);
    CHECK(read_timer_register(cpu, SR::CNTV_CTL_EL0) == kTimerEnable);
    advance_ticks(1);
    CHECK(virtual_line.level);
    CHECK(read_timer_register(cpu, SR::CNTV_CTL_EL0) == (kTimerEnable | kTimerStatus));
    CHECK_FALSE(physical_line.level);
    advance_ticks(1);
    CHECK(read_timer_register(cpu, SR::CNTV_TVAL_EL0) == 0xffff'ffff);
    write(SR::CNTV_TVAL_EL0, 0xffff'ffff); // -1: in the past
    CHECK(virtual_line.level);
}

TEST_CASE_FIXTURE(Fixture, "the offset shifts the virtual timer alone")
{
    sys(SR::CNTVOFF_EL2) = 1000;
    CHECK(virtual_count(cpu) == services.ticks - 1000);
    CHECK(physical_count(cpu) == services.ticks);
    write(SR::CNTV_CVAL_EL0, virtual_count(cpu) + 5);
    write(SR::CNTV_CTL_EL0, kTimerEnable);
    advance_ticks(4);
    CHECK_FALSE(virtual_line.level);
    advance_ticks(1);
    CHECK(virtual_line.level);
}

TEST_CASE("a scale is exact at any frequency and any time")
{
    for (uint64_t const hertz :
        { 1'000'000ull, 19'200'000ull, 24'000'000ull, 62'500'000ull, 999'999'937ull, 1'000'000'000ull }) {
        CounterScale const scale { hertz };
        for (uint64_t const second : { 0ull, 1ull, 86'400ull, 3'000'000'000ull }) {
            CAPTURE(hertz);
            CAPTURE(second);
            CHECK(scale.ticks_at(second * 1'000'000'000) == second * hertz);
            for (uint64_t const fraction : { uint64_t { 0 }, uint64_t { 1 }, hertz / 3, hertz - 1 }) {
                uint64_t const tick = second * hertz + fraction;
                uint64_t const start = scale.start_of(tick);
                CHECK(scale.ticks_at(start) == tick);
                if (start != 0)
                    CHECK(scale.ticks_at(start - 1) + 1 == tick);
            }
        }
        CHECK(scale.start_of(scale.farthest_tick()) <= uint64_t { 1 } << 62);
    }
}

TEST_CASE_FIXTURE(Fixture, "with another frequency deadlines are where they belong")
{
    timers.set_frequency(24'000'000);
    CHECK(timers.physical_counter() == 24'000); // after a millisecond
    services.ticks = 24'000;
    write(SR::CNTV_CVAL_EL0, 24'001);
    write(SR::CNTV_CTL_EL0, kTimerEnable);
    REQUIRE(service.timers[0]->deadline.has_value());
    CHECK(*service.timers[0]->deadline == 1'000'042); // a tick is 41.67 ns
    clock.now = 1'000'041;
    service.run(clock.now);
    CHECK_FALSE(virtual_line.level);
    clock.now = 1'000'042;
    service.run(clock.now);
    CHECK(virtual_line.level);
}

TEST_CASE_FIXTURE(Fixture, "a callback that lost the race against a new deadline raises nothing")
{
    write(SR::CNTP_CVAL_EL0, services.ticks + 10);
    write(SR::CNTP_CTL_EL0, kTimerEnable);
    auto const stale = service.timers[1]->callback;
    clock.now += 10 * 16;
    services.ticks += 10;
    write(SR::CNTP_CVAL_EL0, services.ticks + 10);
    stale();
    CHECK_FALSE(physical_line.level);
    write(SR::CNTP_CTL_EL0, 0);
    clock.now += 1'000'000;
    stale();
    CHECK_FALSE(physical_line.level);
}

TEST_CASE_FIXTURE(Fixture, "comparisons are unsigned and far deadlines never fire")
{
    write(SR::CNTV_CTL_EL0, kTimerEnable);
    write(SR::CNTV_CVAL_EL0, ~uint64_t { 0 });
    CHECK_FALSE(virtual_line.level);
    CHECK_FALSE(service.timers[0]->deadline.has_value());
    write(SR::CNTV_CVAL_EL0, 0);
    CHECK(virtual_line.level);
    // Counter before zero: a huge unsigned number.
    sys(SR::CNTVOFF_EL2) = services.ticks + 1;
    write(SR::CNTV_CVAL_EL0, 5);
    CHECK(virtual_line.level);
}

TEST_CASE_FIXTURE(Fixture, "reprogramming with the same deadline does not touch the host timer")
{
    write(SR::CNTV_CVAL_EL0, services.ticks + 10);
    write(SR::CNTV_CTL_EL0, kTimerEnable);
    unsigned const before = service.arms;
    timers.changed();
    CHECK(service.arms == before);
}

TEST_CASE_FIXTURE(Fixture, "a restored vCPU continues its counters and has the right lines at once")
{
    write(SR::CNTV_CVAL_EL0, services.ticks + 50);
    write(SR::CNTV_CTL_EL0, kTimerEnable);
    write(SR::CNTP_CVAL_EL0, services.ticks);
    write(SR::CNTP_CTL_EL0, kTimerEnable);

    Fixture other;
    other.clock.now = 77'777'777; // another machine with another clock
    other.services.ticks = other.clock.now / 16;
    for (auto const id : register_list(profile_dormouse_v1()))
        REQUIRE(write_register(other.cpu, id, read_register(cpu, id).value()).ok());
    other.timers.changed();
    CHECK(virtual_count(other.cpu) == virtual_count(cpu));
    CHECK(physical_count(other.cpu) == physical_count(cpu));
    CHECK(other.physical_line.level);
    CHECK_FALSE(other.virtual_line.level);
    other.advance_ticks(49);
    CHECK_FALSE(other.virtual_line.level);
    other.advance_ticks(1);
    CHECK(other.virtual_line.level);
}

TEST_CASE_FIXTURE(Fixture, "the PMU poll sets its bit")
{
    timers.schedule_pmu_poll(100'000);
    advance_ticks(100'000 / 16 - 1);
    CHECK((cpu.pending.load() & kPendingPmu) == 0);
    advance_ticks(2);
    CHECK((cpu.pending.load() & kPendingPmu) != 0);
    cpu.pending = 0;
    timers.schedule_pmu_poll(100'000);
    timers.schedule_pmu_poll(0);
    advance_ticks(1'000'000);
    CHECK(cpu.pending.load() == 0);
}
