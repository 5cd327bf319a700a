// Where VIXL has no simulator, as in Debian's build for arm64: it then knows no instruction.
#include "tester/vixl_oracle.h"

namespace dormouse::conformance {

struct VixlOracle::Simulation { };

VixlOracle::VixlOracle() = default;
VixlOracle::~VixlOracle() = default;

bool VixlOracle::run(Instance const&, OracleRecord const&, OracleRecord&)
{
    return false;
}

}
