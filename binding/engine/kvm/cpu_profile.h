#pragma once

#include "base/result.h"
#include "engine/kvm/descriptor.h"
#include "engine/vcpu.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dormouse::kvm {

// Which bits of the identification registers KVM lets us choose before a vCPU runs. All zero before Linux 6.7, which
// has none. [Linux, Documentation/virt/kvm/api.rst, KVM_ARM_GET_REG_WRITABLE_MASKS]
class WritableMasks {
public:
    WritableMasks() = default;
    explicit WritableMasks(Descriptor const& vm);
    uint64_t of(engine::RegisterId) const;

private:
    std::array<uint64_t, 192> m_masks {};
};

// What the ID registers of a machine promise: "host" leaves them to KVM, "portable-v1" is
// engine/registers/portable_v1.h.
class CpuProfile {
public:
    // Unsupported for a name that is not of KVM; "native" is "host".
    static Result<CpuProfile> find(std::string_view name);

    char const* name() const;
    bool is_host() const { return !m_portable; }

    // Gives a vCPU that has not run the promised values. Fails with Unsupported, naming every register and field of
    // which this host offers more than it can hide, or less.
    Result<void> apply(engine::Vcpu&, WritableMasks const&) const;

private:
    explicit CpuProfile(bool portable) : m_portable(portable) { }

    bool m_portable;
};

}
