#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "firmware/psci/power_state.h"
#include "state/reader.h"
#include "state/writer.h"

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace dormouse::firmware::psci {

// Who sleeps how deeply, and for how long everybody has: the figures of PSCI_STAT_RESIDENCY and PSCI_STAT_COUNT and the
// answers of NODE_HW_STATE. [Arm DEN 0022 F.b, 5.19 and 5.22]
//
// A node is a core, a cluster or the system. It runs while one of its cores runs or sleeps less deeply than the node's
// level; otherwise it is in standby while one of its cores is, and powered down when all are. A vCPU reports for itself
// from its own thread, in the order of its life; reading is for any thread.
class PowerLedger {
public:
    enum class Activity : uint8_t { Running, Standby, PowerDown };

    PowerLedger(Clock const&, std::vector<uint64_t> const& mpidrs);

    void sleeps(unsigned vcpu, PowerRequest);
    // CPU_OFF and CPU_FREEZE.
    void is_off(unsigned vcpu) { sleeps(vcpu, { true, kSystemLevel }); }
    void runs(unsigned vcpu);
    // Everybody is off, which counts as no use of a state. `clear`: a cold boot, all figures start from zero.
    void restart(bool clear);

    // Empty while it runs.
    std::optional<PowerRequest> asleep(unsigned vcpu) const;
    Activity activity(unsigned vcpu, unsigned level) const;

    struct Figures {
        uint64_t residency_us { 0 }; // with the time of a use that still goes on
        uint64_t count { 0 }; // counted at entry
    };
    // Of the node of `vcpu` at the level of the request, in that kind of state.
    Figures figures(unsigned vcpu, PowerRequest) const;

    void save(state::Writer&) const;
    // Refuses what no ledger of this many vCPUs could have saved, and changes nothing then.
    Result<void> restore(state::Reader&);

private:
    struct Node {
        unsigned running { 0 }; // cores
        unsigned standby { 0 };
        Activity activity { Activity::PowerDown };
        bool counted { false }; // false: the time since the last restart, which is no use of a state
        uint64_t since_ns { 0 }; // while it is counted and does not run
        std::array<uint64_t, 2> slept_ns {}; // standby, power-down
        std::array<uint64_t, 2> count {};
    };
    struct Core {
        std::optional<PowerRequest> asleep { PowerRequest { true, kSystemLevel } };
        std::array<size_t, kSystemLevel + 1> nodes {}; // by level
    };

    // Callers hold m_mutex.
    void change(unsigned vcpu, std::optional<PowerRequest>);
    void contribute(Core const&, int sign);
    void settle(Node&, uint64_t now);
    static Activity contribution(Core const&, unsigned level);

    Clock const& m_clock;
    mutable std::mutex m_mutex;
    std::vector<Core> m_cores;
    std::vector<Node> m_nodes;
};

}
