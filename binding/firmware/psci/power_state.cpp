#include "firmware/psci/power_state.h"

#include "base/bits.h"

namespace dormouse::firmware::psci {

static std::optional<PowerRequest> decode_original(uint32_t power_state)
{
    constexpr uint32_t kDefined = 0x0301'ffff;
    auto const level = static_cast<unsigned>(bits<25, 24>(power_state));
    if ((power_state & ~kDefined) || level > kSystemLevel || bits<15, 0>(power_state) != 0)
        return std::nullopt;
    return PowerRequest { bit<16>(power_state), level };
}

static std::optional<PowerRequest> decode_extended(uint32_t power_state)
{
    constexpr uint32_t kDefined = 0x4fff'ffff;
    if (power_state & ~kDefined)
        return std::nullopt;
    bool const power_down = bit<30>(power_state);
    auto const id = static_cast<uint32_t>(bits<27, 0>(power_state));
    uint32_t const digit = power_down ? 3 : 1;
    if (id == 0 || id == digit)
        return PowerRequest { power_down, kCoreLevel };
    if (id == digit * 0x11)
        return PowerRequest { power_down, kCoreLevel + 1 };
    if (id == digit * 0x111)
        return PowerRequest { power_down, kSystemLevel };
    return std::nullopt;
}

std::optional<PowerRequest> decode_power_state(Version version, uint32_t power_state)
{
    return uses_extended_state(version) ? decode_extended(power_state) : decode_original(power_state);
}

uint32_t encode_power_state(Version version, PowerRequest request)
{
    uint32_t const power_down = request.power_down ? 1 : 0;
    if (!uses_extended_state(version))
        return power_down << 16 | static_cast<uint32_t>(request.level) << 24;
    constexpr uint32_t kOnesUpTo[] { 0x1, 0x11, 0x111 };
    return power_down << 30 | kOnesUpTo[request.level] * (power_down ? 3 : 1);
}

}
