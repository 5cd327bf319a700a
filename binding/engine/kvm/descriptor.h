#pragma once

#include "base/result.h"
#include "engine/kvm/abi.h"
#include "engine/kvm/host.h"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace dormouse::kvm {

// "EBUSY (Device or resource busy)" for a negative result of Host.
std::string describe_errno(int result);

// An owned file descriptor of KVM: the system's, a VM's, a vCPU's or a device's.
class Descriptor {
public:
    Descriptor() = default;
    Descriptor(std::shared_ptr<Host> host, int fd) : m_host(std::move(host)), m_fd(fd) { }
    Descriptor(Descriptor&& other) noexcept : m_host(std::move(other.m_host)), m_fd(std::exchange(other.m_fd, -1)) { }
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(m_host, other.m_host);
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~Descriptor()
    {
        if (m_fd >= 0)
            m_host->close(m_fd);
    }

    int fd() const { return m_fd; }
    std::shared_ptr<Host> const& host() const { return m_host; }

    // The kernel's result, negative: an errno with the sign turned.
    int raw(abi::Request request, uint64_t argument = 0) const
    {
        return m_host->ioctl(m_fd, static_cast<uint32_t>(request), argument);
    }
    template <typename Argument>
    requires std::is_class_v<Argument>
    int raw(abi::Request request, Argument& argument) const
    {
        return raw(request, reinterpret_cast<uint64_t>(&argument));
    }

    // The same as a Result; `what` says in the error sentence what was tried, as in "KVM_CREATE_VM".
    template <typename... Argument>
    Result<int> call(abi::Request request, char const* what, Argument&&... argument) const
    {
        int const result = raw(request, std::forward<Argument>(argument)...);
        if (result < 0)
            return failure(what, result);
        return result;
    }
    static Error failure(std::string const& what, int result)
    {
        return { Code::HostFailure, what + " failed: " + describe_errno(result) };
    }

    // Device attributes, of VMs, vCPUs and devices.
    bool has_attribute(uint32_t group, uint64_t attribute) const;
    int set_attribute_raw(uint32_t group, uint64_t attribute, void const* value) const;
    Result<void> set_attribute(uint32_t group, uint64_t attribute, void const* value, char const* what) const;
    Result<void> get_attribute(uint32_t group, uint64_t attribute, void* value, char const* what) const;

private:
    std::shared_ptr<Host> m_host;
    int m_fd { -1 };
};

}
