#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace dormouse::firmware {

struct TraceEntry {
    static constexpr size_t kArguments = 5; // SDEI_EVENT_REGISTER has the most

    uint64_t time_ns { 0 }; // guest-monotonic
    unsigned vcpu { 0 };
    uint32_t function_id { 0 };
    std::array<uint64_t, kArguments> arguments {}; // x1..x5
    std::optional<int64_t> result; // empty: the call has not returned
    uint64_t sequence { 0 }; // counts the calls of the machine; given by the trace
};

// The last firmware calls of a machine: a bounded ring, always on. All functions from any thread.
class Trace {
public:
    static constexpr size_t kCapacity = 256;

    // Returns a number for finish().
    uint64_t begin(TraceEntry const&);
    // Fills in the result, unless the entry has been overwritten meanwhile.
    void finish(uint64_t number, int64_t result);
    // Oldest first, those with a sequence of at least `since` that are still there.
    std::vector<TraceEntry> entries(uint64_t since = 0) const;

private:
    mutable std::mutex m_mutex;
    std::array<TraceEntry, kCapacity> m_ring {};
    uint64_t m_count { 0 };
};

}
