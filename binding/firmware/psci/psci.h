#pragma once

#include "firmware/answer.h"
#include "firmware/platform.h"
#include "firmware/psci/function_table.h"
#include "firmware/psci/power_ledger.h"
#include "firmware/smccc/function_id.h"

#include <atomic>
#include <mutex>

namespace dormouse::firmware::psci {

// The PSCI service of one machine, pinned to one version. The power states belong to the platform; this keeps what PSCI
// itself remembers: suspend mode, memory protection, statistics. CPU-scope calls are served at once on the calling
// vCPU's thread; system-scope calls go through Platform::request().
class Psci {
public:
    Psci(Version version, Platform& platform, Clock const& clock);

    // Ids the version does not have, and functions we do not serve, answer NOT_SUPPORTED.
    Answer call(smccc::Call const&);

    PowerLedger& ledger() { return m_ledger; }
    PowerLedger const& ledger() const { return m_ledger; }

    // The machine was reset. Cold: memory was cleared.
    void reset(bool cold);

    // What PSCI remembers besides the ledger, as bits of a pseudo-firmware register.
    struct Memory {
        static constexpr uint64_t kOsInitiated = 1; // PSCI_SET_SUSPEND_MODE
        static constexpr uint64_t kSuspendUsed = 2; // CPU_SUSPEND was called since boot or since the mode changed
        static constexpr uint64_t kMemoryProtected = 4; // MEM_PROTECT
        static constexpr uint64_t kAll = 7;
    };
    uint64_t memory() const { return m_memory.load(); }
    void set_memory(uint64_t bits) { m_memory.store(bits & Memory::kAll); }

private:
    Answer fail(Function, ErrorCode) const;
    // The figure at the width of the convention.
    static Answer number(smccc::Call const&, uint64_t);
    std::optional<unsigned> find_vcpu(uint64_t target) const;
    bool valid_entry(uint64_t address) const;
    bool all_others_off(unsigned caller) const;
    std::optional<ErrorCode> os_initiated_conflict(unsigned caller, PowerRequest) const;

    Answer cpu_suspend(smccc::Call const&);
    Answer cpu_default_suspend(smccc::Call const&);
    Answer cpu_off(smccc::Call const&);
    Answer cpu_on(smccc::Call const&);
    Answer affinity_info(smccc::Call const&) const;
    Answer features(smccc::Call const&) const;
    Answer node_hw_state(smccc::Call const&) const;
    Answer set_suspend_mode(smccc::Call const&);
    Answer statistics(Function, smccc::Call const&) const;
    Answer mem_protect(smccc::Call const&);
    Answer mem_protect_check_range(smccc::Call const&) const;
    Answer system_suspend(smccc::Call const&);
    Answer system_reset2(smccc::Call const&);
    Answer system_off2(smccc::Call const&);
    Answer system(Function, smccc::Call const&, SystemCall const&);

    Version m_version;
    Platform& m_platform;
    PowerLedger m_ledger;
    std::mutex m_mode_mutex; // between the check of a suspend mode and what follows from it
    std::atomic<uint64_t> m_memory { 0 };
};

}
