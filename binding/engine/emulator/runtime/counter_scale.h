#pragma once

#include <cstdint>

namespace dormouse::emulator::runtime {

// The machine's clock in units of the generic timer's counter. Exact: nothing drifts, however long it runs.
class CounterScale {
public:
    // From 1 MHz to 1 GHz, where the counter and its products stay within 64 bits for more than a hundred years.
    explicit constexpr CounterScale(uint64_t hertz) : m_hertz(hertz) { }

    constexpr uint64_t hertz() const { return m_hertz; }
    // Whole ticks at that time.
    constexpr uint64_t ticks_at(uint64_t ns) const { return ns / kSecond * m_hertz + ns % kSecond * m_hertz / kSecond; }
    // The first nanosecond of that tick, which is not beyond farthest_tick().
    constexpr uint64_t start_of(uint64_t tick) const
    {
        return tick / m_hertz * kSecond + (tick % m_hertz * kSecond + m_hertz - 1) / m_hertz;
    }
    // About 146 years.
    constexpr uint64_t farthest_tick() const { return ticks_at(uint64_t { 1 } << 62); }

private:
    static constexpr uint64_t kSecond = 1'000'000'000;

    uint64_t m_hertz;
};

}
