#include "firmware/smccc/architecture.h"

namespace dormouse::firmware::smccc {

// Answers of ARCH_FEATURES for the workarounds: 1 = this PE is not affected, -2 = not needed.
constexpr int64_t kUnaffected = 1;
constexpr int64_t kNotRequired = -2;

static int64_t features(uint32_t id)
{
    switch (id) {
    case kVersionFunction:
    case kArchFeaturesFunction: return 0;
    case kWorkaround1Function:
    case kWorkaround3Function: return kUnaffected;
    case kWorkaround2Function: return kNotRequired;
    default: return kNotSupported;
    }
}

Answer architecture_call(Call const& call)
{
    switch (call.id.value) {
    case kVersionFunction: return Return { kVersion1_1 };
    case kArchFeaturesFunction: return Return { features(static_cast<uint32_t>(call.arguments[0])) };
    // Discovered as "not affected", so calling them is allowed and does nothing.
    case kWorkaround1Function:
    case kWorkaround3Function: return Return { 0 };
    default: return Return { kNotSupported };
    }
}

}
