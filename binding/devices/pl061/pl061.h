#pragma once

#include "base/clock.h"
#include "devices/device.h"
#include "wires/irq_line.h"
#include "wires/timer_service.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace dormouse::devices {

// PL061 GPIO, eight pins. [Arm DDI 0190] Pin 3 is the power button; nothing else is connected.
class Pl061 final : public MmioDevice, public SuspendableDevice<Pl061> {
public:
    static constexpr unsigned kPowerPin = 3;
    static constexpr uint64_t kPressNs = 100'000'000; // how long a press of the button holds the pin high

    struct State {
        uint8_t data { 0 }; // output latch
        uint8_t dir { 0 };
        uint8_t is { 0 };
        uint8_t ibe { 0 };
        uint8_t iev { 0 };
        uint8_t ie { 0 };
        uint8_t edges { 0 }; // edges seen and not cleared; levels show in RIS by themselves
        uint8_t afsel { 0 };
        uint8_t inputs { 0 }; // what the board drives
        bool operator==(State const&) const = default;
    };

    // All live longer than the device.
    Pl061(Clock const& clock, wires::TimerService& timers, wires::IrqLine& line);

    // Pushes the power button; a press during a press makes it longer. Any thread.
    void press_power_button();

    uint64_t read(uint64_t offset, unsigned size) override;
    void write(uint64_t offset, unsigned size, uint64_t value) override;

    std::string_view name() const override { return "pl061"; }
    void reset() override; // releases the button
    using SuspendableDevice::restore;
    using SuspendableDevice::save;
    State save() const;
    Result<void> restore(State const&);
    static void serialize(state::Writer&, State const&);
    static State parse(state::Reader&);

    uint64_t ignored_accesses() const { return m_ignored_accesses.load(std::memory_order_relaxed); }

private:
    // Callers hold m_mutex.
    uint8_t pins() const;
    uint8_t raw_status() const;
    void pins_changed(uint8_t before);
    void update_line();
    bool write_register(uint64_t offset, uint8_t value);

    Clock const& m_clock;
    wires::IrqLine& m_line;
    State m_state;
    std::atomic<uint64_t> m_ignored_accesses { 0 };
    mutable std::mutex m_mutex;
    // Last: its callback uses all of the above until its destructor has returned.
    std::unique_ptr<wires::TimerService::Timer> m_timer;
};

}
