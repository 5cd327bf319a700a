#pragma once

#include "firmware/answer.h"
#include "firmware/platform.h"
#include "firmware/psci/function_table.h"
#include "firmware/smccc/function_id.h"

namespace dormouse::firmware::psci {

// The PSCI service of one machine, pinned to one version. Stateless: the power states belong to the platform.
// CPU-scope calls are served at once on the calling vCPU's thread; system-scope calls go through Platform::request().
class Psci {
public:
    Psci(Version version, Platform& platform) : m_version(version), m_platform(platform) { }

    // Ids the version does not have, and functions we do not implement, answer NOT_SUPPORTED.
    Answer call(smccc::Call const&);

private:
    Answer fail(Function, ErrorCode) const;
    Answer cpu_suspend(smccc::Call const&);
    Answer cpu_off(smccc::Call const&);
    Answer cpu_on(smccc::Call const&);
    Answer affinity_info(smccc::Call const&) const;
    Answer features(smccc::Call const&) const;
    Answer system_reset2(smccc::Call const&);
    Answer system(smccc::Call const&, SystemRequest);
    bool valid_entry(uint64_t address) const;

    Version m_version;
    Platform& m_platform;
};

}
