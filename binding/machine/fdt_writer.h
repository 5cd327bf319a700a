#pragma once

#include "base/result.h"
#include "firmware/psci/idle_states.h"
#include "machine/memory_layout.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dormouse::machine {

// What the /psci node says; firmware/ knows, the writer only writes. [Linux, devicetree/bindings/arm/psci.yaml]
struct PsciNode {
    std::vector<std::string> compatible; // most specific first; empty: no node
    std::string method { "hvc" };
    // Function ids as properties: needed by "arm,psci" (0.1), ignored by newer kernels.
    std::optional<uint32_t> cpu_suspend;
    std::optional<uint32_t> cpu_off;
    std::optional<uint32_t> cpu_on;
    std::optional<uint32_t> migrate;
};

struct HardwareDescription {
    uint64_t ram_bytes { 0 }; // from layout::kRamBase up
    std::vector<uint64_t> mpidrs; // affinity values, the boot CPU first
    std::string cpu_compatible { "arm,armv8" };
    bool has_pmu { true };
    PsciNode psci;
    std::vector<firmware::psci::IdleState> idle_states; // of each CPU, shallow ones first; empty: WFI is all there is
    std::string sdei_method; // "hvc"; empty: no /firmware/sdei
    std::string bootargs; // at most kMaxBootargs characters, no NUL
    struct Initrd {
        uint64_t base { 0 };
        uint64_t size { 0 };
    };
    std::optional<Initrd> initrd;
    // From the host's random source, new for every boot.
    std::array<uint8_t, 8> kaslr_seed {};
    std::array<uint8_t, 32> rng_seed {};
};

constexpr size_t kMaxBootargs = 2047; // arm64 Linux cuts off what is longer, in silence
constexpr size_t kMaxFdtBytes = size_t { 2 } << 20; // [Linux, arch/arm64/booting.rst]

// The flattened device tree of board virt-1 with the devices that exist. Fails with InvalidArgument (the message names
// the field) when the description cannot be written.
Result<std::vector<uint8_t>> write_fdt(HardwareDescription const&);

}
