#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

namespace dormouse::kvm {

// The system calls that KVM is used through: the one place where the kernel is reached, so that tests can put another
// kernel in its place. Results are those of the kernel: what is negative is an errno with the sign turned.
class Host {
public:
    virtual ~Host() = default;
    virtual int open(char const* path) = 0;
    virtual int close(int fd) = 0;
    virtual int ioctl(int fd, uint32_t request, uint64_t argument) = 0;
    // Shared, readable and writable; null when the kernel refuses.
    virtual void* map(int fd, size_t bytes) = 0;
    virtual void unmap(void*, size_t bytes) = 0;

    // By a thread that is going to be interrupted; what it is called by.
    virtual std::thread::native_handle_type accept_interrupts() = 0;
    // Makes KVM_RUN of that thread return, if it is in one.
    virtual void interrupt(std::thread::native_handle_type) = 0;
};

// Null where there is no KVM for arm64 guests: other processors, other operating systems.
std::shared_ptr<Host> real_host();

}
