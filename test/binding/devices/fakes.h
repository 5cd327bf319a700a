#pragma once

#include "base/clock.h"
#include "wires/byte_stream.h"
#include "wires/cpu_signals.h"
#include "wires/irq_line.h"
#include "wires/timer_service.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dormouse::fakes {

struct FakeLine final : wires::IrqLine {
    void set_level(bool high) override
    {
        rises += high && !level;
        level = high;
    }
    bool level { false };
    int rises { 0 };
};

struct FakeSignals final : wires::CpuSignals {
    void set_irq(bool high) override { irq = high; }
    void set_fiq(bool high) override { fiq = high; }
    bool irq { false };
    bool fiq { false };
};

struct FakeClock final : Clock {
    uint64_t now_ns() const override { return now; }
    uint64_t wall_ns() const override { return wall + now; }
    uint64_t now { 0 };
    uint64_t wall { 1'700'000'000ull * 1'000'000'000 };
};

// Timers fire when the test moves the clock.
class FakeTimers final : public wires::TimerService {
public:
    struct Entry {
        std::function<void()> on_fire;
        std::optional<uint64_t> deadline;
    };
    class FakeTimer final : public Timer {
    public:
        explicit FakeTimer(Entry& entry) : m_entry(entry) { }
        ~FakeTimer() override
        {
            m_entry.deadline.reset();
            m_entry.on_fire = {};
        }
        void arm(uint64_t deadline_ns) override { m_entry.deadline = deadline_ns; }
        void disarm() override { m_entry.deadline.reset(); }

    private:
        Entry& m_entry;
    };

    std::unique_ptr<Timer> create_timer(std::function<void()> on_fire) override
    {
        entries.push_back({ std::move(on_fire), std::nullopt });
        return std::make_unique<FakeTimer>(entries.back());
    }
    void advance(FakeClock& clock, uint64_t ns)
    {
        clock.now += ns;
        for (auto& entry : entries) {
            if (entry.deadline && *entry.deadline <= clock.now) {
                entry.deadline.reset();
                entry.on_fire();
            }
        }
    }
    std::deque<Entry> entries;
};

class FakeStream final : public wires::ByteStream {
public:
    void write(std::span<uint8_t const> bytes) override
    {
        printed.append(bytes.begin(), bytes.end());
        if (echo)
            type(std::string(bytes.begin(), bytes.end()));
    }
    size_t read(std::span<uint8_t> bytes) override
    {
        size_t const count = std::min(bytes.size(), waiting.size());
        std::copy_n(waiting.begin(), count, bytes.begin());
        waiting.erase(0, count);
        return count;
    }
    void on_readable(std::function<void()> callback) override { notify = std::move(callback); }
    void type(std::string const& text)
    {
        waiting += text;
        if (notify)
            notify();
    }
    std::string printed;
    std::string waiting;
    bool echo { false };
    std::function<void()> notify;
};

}
