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

// What a large page of the host has to begin at. Where they are larger than this they are not asked for.
static constexpr uint64_t kLargePage = uint64_t { 2 } << 20;

// A guest whose memory is in large pages is faster: fewer faults while it boots, fewer misses in the host's TLB later.
// A wish: the host may not know of it.
static void ask_for_large_pages([[maybe_unused]] uint8_t* data, [[maybe_unused]] uint64_t bytes)
{
#if defined(MADV_HUGEPAGE)
    if (bytes >= kLargePage)
        (void)madvise(data, bytes, MADV_HUGEPAGE);
#endif
}

Result<Mapping> Mapping::create(uint64_t bytes)
{
    if (bytes == 0 || bytes % host_page_size() != 0)
        return Error { Code::InvalidArgument,
            "A mapping of " + std::to_string(bytes) + " bytes is not a whole number of host pages" };
    // More than is asked for, so that a large page can begin where it does; the rest is given back.
    uint64_t const room = bytes >= kLargePage ? bytes + kLargePage : bytes;
    void* const reserved
        = room < bytes ? MAP_FAILED : mmap(nullptr, room, PROT_READ | PROT_WRITE, anonymous_flags(), -1, 0);
    if (reserved == MAP_FAILED)
        return Error { Code::OutOfMemory,
            "The host refused to reserve " + std::to_string(bytes >> 20) + " MiB of memory: " + std::strerror(errno) };
    auto* const begin = static_cast<uint8_t*>(reserved);
    uint64_t const before = room == bytes ? 0 : -reinterpret_cast<uintptr_t>(begin) % kLargePage;
    if (before != 0)
        munmap(begin, before);
    if (uint64_t const behind = room - bytes - before)
        munmap(begin + before + bytes, behind);
    ask_for_large_pages(begin + before, bytes);
    return Mapping { begin + before, bytes };
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
    ask_for_large_pages(m_data + offset, bytes);
    return {};
}

}
