#pragma once

#include "base/result.h"
#include "engine/kvm/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace dormouse::kvm {

// What the KVM of this host can do for us.
struct Abilities {
    unsigned physical_address_bits { 40 };
    unsigned max_vcpus { 1 };
    size_t run_page_bytes { 4096 };
    bool smccc_filter { false }; // Linux 6.4: our firmware answers the guest
    bool counter_offset { false }; // Linux 6.4
    bool pmu { false };
};

struct Probed {
    Descriptor system; // /dev/kvm
    Abilities abilities;
};

// Opens KVM and makes sure that a machine of ours can run. The error is one sentence for the user, with what to do.
Result<Probed> probe(std::shared_ptr<Host>);

}
