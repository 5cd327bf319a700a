#pragma once

#include "firmware/psci/version.h"
#include "state/reader.h"
#include "state/writer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dormouse::machine {

// What a machine is, beyond the contents of its registers and memory: what its guest was promised for life. The section
// "facts" of a saved state. Field names in sentences are those of binding/index.d.ts.
struct MachineFacts {
    std::string engine; // that executed it; for people
    std::string cpu_profile;
    uint64_t counter_frequency_hz { 0 }; // CNTFRQ_EL0; 0: the engine has no counter of its own
    uint32_t zero_block_bytes { 0 }; // that DC ZVA clears; 0: unknown
    firmware::psci::Version psci_version { firmware::psci::kNewestVersion };
    bool sdei { false };
    std::vector<uint32_t> sdei_events;
    uint32_t cpus { 0 };
    uint64_t memory_bytes { 0 };
    uint32_t gic_lines { 0 }; // INTIDs with SGIs and PPIs
    std::vector<uint32_t> gic_cpus_per_region; // of redistributors
    bool operator==(MachineFacts const&) const = default;

    void save(state::Writer&) const;
    // The reader remembers failures; counts are within what any board has then.
    static MachineFacts parse(state::Reader&);
};

}
