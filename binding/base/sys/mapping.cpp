#include "base/sys/mapping.h"

#include "base/check.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

namespace dormouse::sys {

uint64_t host_page_size()
{
    return static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t host_memory_bytes()
{
#ifdef __APPLE__
    uint64_t bytes = 0;
    size_t length = sizeof(bytes);
    return sysctlbyname("hw.memsize", &bytes, &length, nullptr, 0) == 0 ? bytes : 0;
#else
    return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * host_page_size();
#endif
}

static int anonymous_flags()
{
#ifdef __APPLE__
    return MAP_PRIVATE | MAP_ANON; // macOS overcommits private memory always.
#else
    return MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#endif
}

Result<Mapping> Mapping::create(uint64_t bytes)
{
    if (bytes == 0 || bytes % host_page_size() != 0)
        return Error { Code::InvalidArgument,
            "A mapping of " + std::to_string(bytes) + " bytes is not a whole number of host pages" };
    void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, anonymous_flags(), -1, 0);
    if (data == MAP_FAILED)
        return Error { Code::OutOfMemory,
            "The host refused to reserve " + std::to_string(bytes >> 20) + " MiB of memory: " + std::strerror(errno) };
    return Mapping { static_cast<uint8_t*>(data), bytes };
}

Mapping::~Mapping()
{
    if (m_data)
        munmap(m_data, m_size);
}

Result<void> Mapping::discard(uint64_t offset, uint64_t bytes)
{
    // A fresh mapping over the old one is the one way that gives zero pages on Linux and macOS alike.
    CHECK(offset <= m_size && bytes <= m_size - offset);
    if (bytes == 0)
        return {};
    if (mmap(m_data + offset, bytes, PROT_READ | PROT_WRITE, anonymous_flags() | MAP_FIXED, -1, 0) == MAP_FAILED)
        return Error { Code::HostFailure,
            std::string { "The host refused to clear guest memory: " } + std::strerror(errno) };
    return {};
}

}
