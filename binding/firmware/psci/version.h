#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dormouse::firmware::psci {

enum class Version : uint8_t { V0_1, V0_2, V1_0, V1_1, V1_2, V1_3 };

struct VersionName {
    Version version;
    std::string_view name;
    uint32_t value; // what PSCI_VERSION returns: major [31:16], minor [15:0]
};

inline constexpr std::array<VersionName, 6> kVersions { {
    { Version::V0_1, "0.1", 0x0000'0001 },
    { Version::V0_2, "0.2", 0x0000'0002 },
    { Version::V1_0, "1.0", 0x0001'0000 },
    { Version::V1_1, "1.1", 0x0001'0001 },
    { Version::V1_2, "1.2", 0x0001'0002 },
    { Version::V1_3, "1.3", 0x0001'0003 },
} };

constexpr Version kNewestVersion = Version::V1_3;

constexpr VersionName const& describe_version(Version version)
{
    return kVersions[static_cast<size_t>(version)];
}

constexpr std::optional<Version> version_from_name(std::string_view name)
{
    for (auto const& entry : kVersions)
        if (entry.name == name)
            return entry.version;
    return std::nullopt;
}

constexpr std::optional<Version> version_from_value(uint64_t value)
{
    for (auto const& entry : kVersions)
        if (entry.value == value)
            return entry.version;
    return std::nullopt;
}

}
