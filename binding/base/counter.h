#pragma once

#include <atomic>
#include <cstdint>

namespace dormouse {

// A number that one thread counts up and any thread may read, a moment late. Costs what a plain number costs.
class Counter {
public:
    void add(uint64_t by = 1) { set(m_value.load(std::memory_order_relaxed) + by); }
    void set(uint64_t value) { m_value.store(value, std::memory_order_relaxed); }
    uint64_t value() const { return m_value.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> m_value { 0 };
};
static_assert(sizeof(Counter) == sizeof(uint64_t) && std::atomic<uint64_t>::is_always_lock_free);

}
