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

// PL031 real time clock: seconds since 1970 modulo 2^32, with an alarm. [Arm DDI 0224] It follows the host's wall clock
// plus what the guest has set it forward or back, so a restored machine shows the right time by itself.
class Pl031 final : public MmioDevice, public SuspendableDevice<Pl031> {
public:
    struct State {
        uint32_t offset_seconds { 0 }; // guest's time minus wall time, modulo 2^32
        uint32_t load { 0 }; // RTCLR as last written
        uint32_t match { 0 };
        bool irq_enabled { false };
        bool irq_pending { false };
        bool operator==(State const&) const = default;
    };

    // All live longer than the device.
    Pl031(Clock const& clock, wires::TimerService& timers, wires::IrqLine& line);

    uint64_t read(uint64_t offset, unsigned size) override;
    void write(uint64_t offset, unsigned size, uint64_t value) override;

    std::string_view name() const override { return "pl031"; }
    void reset() override;
    using SuspendableDevice::restore;
    using SuspendableDevice::save;
    State save() const;
    Result<void> restore(State const&);
    static void serialize(state::Writer&, State const&);
    static State parse(state::Reader&);

    uint64_t ignored_accesses() const { return m_ignored_accesses.load(std::memory_order_relaxed); }

private:
    // Callers hold m_mutex.
    uint32_t seconds() const;
    void set_alarm();
    void alarm();
    void update_line();

    Clock const& m_clock;
    wires::IrqLine& m_line;
    State m_state;
    std::atomic<uint64_t> m_ignored_accesses { 0 };
    mutable std::mutex m_mutex;
    // Last: its callback uses all of the above until its destructor has returned.
    std::unique_ptr<wires::TimerService::Timer> m_timer;
};

}
