#include "engine/kvm/probe.h"

#include <algorithm>
#include <cerrno>

namespace dormouse::kvm {

using abi::Cap;
using abi::Request;

namespace {

    constexpr char kDevice[] = "/dev/kvm";

    // More than the board can use would only make the guest's page tables deeper.
    constexpr unsigned kMaxAddressBits = 48;
    // The board has a second region of redistributors, and RAM, above 256 GiB.
    constexpr unsigned kMinAddressBits = 40;
    constexpr unsigned kDefaultAddressBits = 40;

    Error unavailable(std::string message)
    {
        return { Code::Unsupported, std::move(message) };
    }

    Error cannot_open(int result)
    {
        std::string const device { kDevice };
        switch (-result) {
        case ENOENT:
        case ENODEV:
        case ENXIO:
            return unavailable("There is no " + device
                + ": load the kernel's KVM, and inside a virtual machine enable nested virtualization");
        case EACCES:
        case EPERM:
            return unavailable("You may not open " + device
                + ": add yourself to the group kvm and log in again (sudo usermod -aG kvm $USER)");
        default: return unavailable(device + " cannot be opened: " + describe_errno(result));
        }
    }

}

static int check(Descriptor const& descriptor, Cap cap)
{
    return std::max(descriptor.raw(Request::CheckExtension, static_cast<uint64_t>(cap)), 0);
}

// What only a VM can be asked about. It is gone when we return.
static Result<void> probe_vm(Descriptor const& system, Abilities& abilities)
{
    int const fd = system.raw(Request::CreateVm, abilities.physical_address_bits);
    if (fd < 0)
        return unavailable("KVM cannot make a virtual machine: " + describe_errno(fd));
    Descriptor const vm { system.host(), fd };
    abi::CreateDevice gic { abi::kDeviceArmVgicV3, 0, abi::kCreateDeviceTest };
    if (vm.raw(Request::CreateDevice, gic) < 0)
        return unavailable("KVM has no GICv3 for guests here: this host's interrupt controller is an older one");
    abilities.smccc_filter = vm.has_attribute(abi::kVmSmcccCtrl, abi::kVmSmcccFilter);
    abilities.max_vcpus = static_cast<unsigned>(std::max(check(vm, Cap::MaxVcpus), 1));
    return {};
}

Result<Probed> probe(std::shared_ptr<Host> host)
{
    if (!host)
        return unavailable("KVM runs arm64 guests only on an arm64 Linux host");
    int const fd = host->open(kDevice);
    if (fd < 0)
        return cannot_open(fd);
    Probed probed { { host, fd }, {} };
    Descriptor const& system = probed.system;
    Abilities& abilities = probed.abilities;
    if (int const version = system.raw(Request::GetApiVersion, 0); version != abi::kApiVersion)
        return unavailable("KVM speaks version " + std::to_string(version) + " of its interface, not "
            + std::to_string(abi::kApiVersion));
    struct Need {
        Cap cap;
        char const* name;
    };
    static constexpr Need kNeeds[] { { Cap::OneReg, "KVM_CAP_ONE_REG" }, { Cap::ReadonlyMem, "KVM_CAP_READONLY_MEM" },
        { Cap::DeviceCtrl, "KVM_CAP_DEVICE_CTRL" }, { Cap::ImmediateExit, "KVM_CAP_IMMEDIATE_EXIT" },
        { Cap::ArmNisvToUser, "KVM_CAP_ARM_NISV_TO_USER" }, { Cap::ArmSystemSuspend, "KVM_CAP_ARM_SYSTEM_SUSPEND" } };
    for (auto const& [cap, name] : kNeeds)
        if (check(system, cap) == 0)
            return unavailable(
                std::string { "KVM of this kernel has no " }.append(name) + ": Linux 6.1 or newer is needed");
    int const bits = check(system, Cap::ArmVmIpaSize);
    abilities.physical_address_bits = bits == 0 ? kDefaultAddressBits : std::min<unsigned>(bits, kMaxAddressBits);
    if (abilities.physical_address_bits < kMinAddressBits)
        return unavailable("KVM gives guests " + std::to_string(bits) + " bits of physical address here, "
            + std::to_string(kMinAddressBits) + " are needed");
    abilities.counter_offset = check(system, Cap::CounterOffset) != 0;
    abilities.pmu = check(system, Cap::ArmPmuV3) != 0;
    int const page = system.raw(Request::GetVcpuMmapSize, 0);
    if (page < static_cast<int>(sizeof(abi::Run)))
        return unavailable("KVM_GET_VCPU_MMAP_SIZE answers " + std::to_string(page));
    abilities.run_page_bytes = static_cast<size_t>(page);
    TRY(probe_vm(system, abilities));
    return probed;
}

}
