#pragma once

#include "firmware/psci/version.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dormouse::firmware::psci {

// What the /psci node of the device tree says about a version.
// [Linux, Documentation/devicetree/bindings/arm/psci.yaml]
struct DeviceTreeNode {
    std::vector<std::string> compatible; // most specific first
    std::string method; // "hvc"
    std::vector<std::pair<std::string, uint32_t>> function_ids; // property name and id; what version 0.1 lives by
};

DeviceTreeNode device_tree_node(Version);

}
