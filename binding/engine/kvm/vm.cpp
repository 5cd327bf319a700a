#include "engine/kvm/vm.h"

#include "arch/system_register_encoding.h"
#include "base/check.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>

namespace dormouse::kvm {

using abi::Request;

namespace {

    // Every Vcpu that reaches a Vm was made by it: the contract of engine::Vm.
    KvmVcpu& ours(engine::Vcpu& vcpu)
    {
        return static_cast<KvmVcpu&>(vcpu);
    }

    constexpr uint32_t kPsci0_1 = 1;

}

KvmVm::KvmVm(Descriptor vm, Abilities const& abilities, memory::MemoryMap& memory_map, abi::VcpuInit const& init,
    CpuProfile const& profile)
    : m_vm(std::move(vm))
    , m_abilities(abilities)
    , m_memory_map(memory_map)
    , m_slots(m_vm)
    , m_counter(m_vm, abilities.counter_offset)
    , m_init(init)
    , m_profile(profile)
    , m_masks(m_vm)
{
}

Result<std::unique_ptr<engine::Vm>> KvmVm::create(
    Descriptor const& system, Abilities const& abilities, memory::MemoryMap& memory_map, CpuProfile const& profile)
{
    TRY_PUT(fd, system.call(Request::CreateVm, "KVM_CREATE_VM", abilities.physical_address_bits));
    Descriptor vm { system.host(), fd };
    abi::EnableCap nisv {};
    nisv.cap = static_cast<uint32_t>(abi::Cap::ArmNisvToUser);
    TRY_PUT(enabled, vm.call(Request::EnableCap, "Enabling KVM_CAP_ARM_NISV_TO_USER", nisv));
    static_cast<void>(enabled);
    if (!profile.is_host()) {
        // Linux 6.15: MIDR_EL1 and its like can be chosen. An older kernel refuses, and they are the host's.
        abi::EnableCap parts {};
        parts.cap = static_cast<uint32_t>(abi::Cap::ArmWritableImpIdRegs);
        vm.raw(Request::EnableCap, parts);
    }
    abi::VcpuInit init {};
    TRY_PUT(target, vm.call(Request::ArmPreferredTarget, "KVM_ARM_PREFERRED_TARGET", init));
    static_cast<void>(target);
    init.features[0] |= abi::kFeaturePsci02;
    if (abilities.pmu)
        init.features[0] |= abi::kFeaturePmuV3;
    std::unique_ptr<KvmVm> made { new KvmVm { std::move(vm), abilities, memory_map, init, profile } };
    if (abilities.smccc_filter)
        TRY(made->forward_firmware_calls());
    TRY(made->m_slots.apply(memory_map.slots()));
    return std::unique_ptr<engine::Vm> { std::move(made) };
}

// Everything but what KVM keeps for itself: the Arm Architecture calls, in both conventions.
Result<void> KvmVm::forward_firmware_calls()
{
    struct Range {
        uint32_t first;
        uint32_t last;
    };
    static constexpr Range kForwarded[] { { 0x0000'0000, 0x7fff'ffff }, { 0x8001'0000, 0xbfff'ffff },
        { 0xc001'0000, 0xffff'ffff } };
    for (auto const& [first, last] : kForwarded) {
        abi::SmcccFilter const filter { first, last - first + 1, abi::kSmcccForwardToUser, {} };
        TRY(m_vm.set_attribute(abi::kVmSmcccCtrl, abi::kVmSmcccFilter, &filter, "the SMCCC filter"));
    }
    return {};
}

Result<void> KvmVm::pin_psci_version(uint32_t version)
{
    m_psci_version = version;
    if (version == kPsci0_1)
        m_init.features[0] &= ~abi::kFeaturePsci02;
    return {};
}

Result<void> KvmVm::set_psci_version(Descriptor const& vcpu) const
{
    uint64_t value = 0;
    abi::OneReg request { abi::kRegPsciVersion, reinterpret_cast<uint64_t>(&value) };
    TRY_PUT(read, vcpu.call(Request::GetOneReg, "Reading KVM_REG_ARM_PSCI_VERSION", request));
    static_cast<void>(read);
    uint64_t const newest = value;
    value = m_psci_version;
    int const result = vcpu.raw(Request::SetOneReg, request);
    if (result >= 0)
        return {};
    if (result != -EINVAL)
        return Descriptor::failure("Setting KVM_REG_ARM_PSCI_VERSION", result);
    char text[200];
    std::snprintf(text, sizeof(text),
        "psciVersion is %u.%u: the firmware in this host's kernel goes up to %u.%u; newer versions need Linux 6.4 or "
        "newer",
        m_psci_version >> 16, m_psci_version & 0xffff, static_cast<unsigned>(newest >> 16),
        static_cast<unsigned>(newest & 0xffff));
    return Error { Code::Unsupported, text };
}

Result<std::unique_ptr<engine::Vcpu>> KvmVm::create_vcpu(unsigned index, uint64_t mpidr)
{
    TRY_PUT(fd, m_vm.call(Request::CreateVcpu, "KVM_CREATE_VCPU", index));
    Descriptor descriptor { m_vm.host(), fd };
    void* const page = m_vm.host()->map(fd, m_abilities.run_page_bytes);
    if (!page)
        return Error { Code::HostFailure, "The host refused to map the page of a vCPU" };
    auto run_page = std::make_unique<RunPage>(m_vm.host(), page, m_abilities.run_page_bytes);
    KvmVcpu::Setup const setup { index, m_init, m_psci_version != 0 && index != 0 };
    TRY_PUT(vcpu, KvmVcpu::create(std::move(descriptor), std::move(run_page), setup, m_counter, m_masks));
    if (m_psci_version != 0)
        TRY(set_psci_version(vcpu->descriptor()));
    TRY(m_profile.apply(*vcpu, m_masks));
    // MPIDR_EL1 bit 31 is one in each.
    constexpr uint64_t kRes1 = uint64_t { 1 } << 31;
    TRY(vcpu->write_register(engine::system_register_id(arch::system_register(3, 0, 0, 0, 5)), { mpidr | kRes1, 0 }));
    if (m_vcpus.empty())
        m_counter.use(vcpu->descriptor());
    m_mpidrs.push_back(mpidr);
    m_vcpus.push_back(vcpu.get());
    return std::unique_ptr<engine::Vcpu> { std::move(vcpu) };
}

void KvmVm::wire(engine::Vcpu& vcpu, engine::VcpuWiring const& wiring)
{
    ours(vcpu).wire(wiring);
}

wires::CpuSignals& KvmVm::signals(engine::Vcpu&)
{
    return m_signals;
}

Result<engine::InterruptController*> KvmVm::create_interrupt_controller(engine::InterruptControllerLayout const& layout)
{
    TRY_PUT(vgic, Vgic::create(m_vm, layout, m_mpidrs));
    m_vgic = std::move(vgic);
    if (m_abilities.pmu)
        for (KvmVcpu const* vcpu : m_vcpus) {
            auto const intid = static_cast<int32_t>(layout.pmu_intid);
            TRY(vcpu->descriptor().set_attribute(
                abi::kVcpuPmuV3Ctrl, abi::kVcpuPmuV3Irq, &intid, "the interrupt of the PMU"));
            TRY(vcpu->descriptor().set_attribute(abi::kVcpuPmuV3Ctrl, abi::kVcpuPmuV3Init, nullptr, "the PMU up"));
        }
    return m_vgic.get();
}

Result<void> KvmVm::clock_changed(bool running, wires::Quiesced const&)
{
    return running ? m_counter.start() : m_counter.stop();
}

void KvmVm::guest_code_changed(wires::Quiesced const&)
{
    // Nothing new is asked of the kernel, so it has no reason to refuse.
    CHECK(m_slots.rebuild().ok());
}

}
