#pragma once

#include "tester/instance.h"

#include <memory>

namespace dormouse::conformance {

// VIXL's simulator, in this process: it uses host memory at the addresses of the guest.
class VixlOracle {
public:
    VixlOracle();
    ~VixlOracle();
    VixlOracle(VixlOracle const&) = delete;
    VixlOracle& operator=(VixlOracle const&) = delete;

    // `wanted_status` is what a store-exclusive reported elsewhere: VIXL lets some fail at random, as hardware may, and
    // is asked again until it agrees. False: VIXL does not know the instruction.
    bool run(Instance const&, OracleRecord const& expected, OracleRecord& result);

private:
    struct Simulation;
    bool run_once(Instance const&, OracleRecord& result);

    std::unique_ptr<Simulation> m_simulation;
};

}
