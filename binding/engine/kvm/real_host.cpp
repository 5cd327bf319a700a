#include "engine/kvm/host.h"

#if defined(__linux__) && defined(__aarch64__)

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace dormouse::kvm {

namespace {

    // A real-time signal that neither the C library nor Node uses. Its handler does nothing: that it ends the system
    // call is all we want of it.
    int kick_signal()
    {
        return SIGRTMIN + 5;
    }

    void ignore_kick(int) { }

    class RealHost final : public Host {
    public:
        RealHost()
        {
            struct sigaction action { };
            action.sa_handler = ignore_kick;
            // A kick that comes a little late must not fail some other system call of the thread. KVM_RUN returns
            // anyway.
            action.sa_flags = SA_RESTART;
            sigemptyset(&action.sa_mask);
            sigaction(kick_signal(), &action, nullptr);
        }

        int open(char const* path) override { return result(::open(path, O_RDWR | O_CLOEXEC)); }
        int close(int fd) override { return result(::close(fd)); }
        int ioctl(int fd, uint32_t request, uint64_t argument) override
        {
            return result(::ioctl(fd, static_cast<unsigned long>(request), argument));
        }
        void* map(int fd, size_t bytes) override
        {
            void* const data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            return data == MAP_FAILED ? nullptr : data;
        }
        void unmap(void* data, size_t bytes) override { munmap(data, bytes); }

        std::thread::native_handle_type accept_interrupts() override
        {
            sigset_t set;
            sigemptyset(&set);
            sigaddset(&set, kick_signal());
            pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
            return pthread_self();
        }
        void interrupt(std::thread::native_handle_type thread) override { pthread_kill(thread, kick_signal()); }

    private:
        static int result(int returned) { return returned < 0 ? -errno : returned; }
    };

}

std::shared_ptr<Host> real_host()
{
    return std::make_shared<RealHost>();
}

}

#else

namespace dormouse::kvm {

std::shared_ptr<Host> real_host()
{
    return nullptr;
}

}

#endif
