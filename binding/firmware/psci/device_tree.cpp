#include "firmware/psci/device_tree.h"

#include "firmware/psci/function_table.h"

#include <array>

namespace dormouse::firmware::psci {

static std::vector<std::string> compatible(Version version)
{
    if (version == Version::V0_1)
        return { "arm,psci" };
    if (version == Version::V0_2)
        return { "arm,psci-0.2" };
    return { "arm,psci-1.0", "arm,psci-0.2" };
}

DeviceTreeNode device_tree_node(Version version)
{
    static constexpr std::array kProperties { std::pair { "cpu_suspend", Function::CpuSuspend },
        std::pair { "cpu_off", Function::CpuOff }, std::pair { "cpu_on", Function::CpuOn },
        std::pair { "migrate", Function::Migrate } };

    DeviceTreeNode node { compatible(version), "hvc", {} };
    // From 0.2 on the ids are fixed and the properties are ignored, so they are written for 0.1 alone; and only those
    // that are served, because Linux calls whatever is named.
    if (version == Version::V0_1)
        for (auto const& [property, function] : kProperties)
            if (row_of(function).served())
                node.function_ids.emplace_back(property, row_of(function).id_0_1);
    return node;
}

}
