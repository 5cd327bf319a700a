#include "engine/kvm/descriptor.h"

#include <cerrno>
#include <cstring>

namespace dormouse::kvm {

std::string describe_errno(int result)
{
    struct Name {
        int number;
        char const* name;
    };
    // What KVM answers with; the C libraries' functions for the names are not everywhere.
    static constexpr Name kNames[] { { EPERM, "EPERM" }, { ENOENT, "ENOENT" }, { EINTR, "EINTR" }, { EIO, "EIO" },
        { ENXIO, "ENXIO" }, { E2BIG, "E2BIG" }, { ENOEXEC, "ENOEXEC" }, { EBADF, "EBADF" }, { EAGAIN, "EAGAIN" },
        { ENOMEM, "ENOMEM" }, { EACCES, "EACCES" }, { EFAULT, "EFAULT" }, { EBUSY, "EBUSY" }, { EEXIST, "EEXIST" },
        { ENODEV, "ENODEV" }, { EINVAL, "EINVAL" }, { EMFILE, "EMFILE" }, { ENOTTY, "ENOTTY" }, { ENOSPC, "ENOSPC" },
        { ENOSYS, "ENOSYS" }, { EOPNOTSUPP, "EOPNOTSUPP" } };
    std::string const words = std::strerror(-result);
    for (auto const& [number, name] : kNames)
        if (number == -result)
            return std::string { name }.append(" (").append(words).append(")");
    return "errno " + std::to_string(-result) + " (" + words + ")";
}

bool Descriptor::has_attribute(uint32_t group, uint64_t attribute) const
{
    abi::DeviceAttr request { 0, group, attribute, 0 };
    return raw(abi::Request::HasDeviceAttr, request) == 0;
}

int Descriptor::set_attribute_raw(uint32_t group, uint64_t attribute, void const* value) const
{
    abi::DeviceAttr request { 0, group, attribute, reinterpret_cast<uint64_t>(value) };
    return raw(abi::Request::SetDeviceAttr, request);
}

Result<void> Descriptor::set_attribute(uint32_t group, uint64_t attribute, void const* value, char const* what) const
{
    if (int const result = set_attribute_raw(group, attribute, value); result < 0)
        return failure(std::string { "Setting " }.append(what), result);
    return {};
}

Result<void> Descriptor::get_attribute(uint32_t group, uint64_t attribute, void* value, char const* what) const
{
    abi::DeviceAttr request { 0, group, attribute, reinterpret_cast<uint64_t>(value) };
    if (int const result = raw(abi::Request::GetDeviceAttr, request); result < 0)
        return failure(std::string { "Reading " }.append(what), result);
    return {};
}

}
