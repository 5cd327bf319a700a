#pragma once

#include "engine/exit.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dormouse::machine {

constexpr size_t kExitKinds = std::variant_size_v<engine::Exit>;

// What one vCPU's runs ended with: counters for everybody, and the last few in words for a crash report.
class ExitLog {
public:
    // By the vCPU's thread. `x0` is the function id of a hypercall, otherwise unused.
    void record(engine::Exit const&, uint64_t x0);

    // Any thread. Indexed like engine::Exit.
    uint64_t count(size_t kind) const { return m_counts[kind].load(std::memory_order_relaxed); }
    // Oldest first, for example "hypercall fid=0x84000008"; equal neighbours are one line with a count. By a holder of
    // wires::Quiesced.
    std::vector<std::string> last() const;

private:
    struct Entry {
        size_t kind { 0 };
        uint64_t detail { 0 }; // function id, address, type
        uint64_t repeats { 0 };
    };
    static constexpr size_t kCapacity = 16;

    std::array<std::atomic<uint64_t>, kExitKinds> m_counts {};
    std::array<Entry, kCapacity> m_ring {};
    uint64_t m_recorded { 0 };
};

}
