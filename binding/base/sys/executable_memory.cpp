#include "base/sys/executable_memory.h"

#include "base/sys/mapping.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <libkern/OSCacheControl.h>
#include <pthread.h>
#endif

namespace dormouse::sys {

namespace {

#if defined(__linux__) || defined(__APPLE__)

    Error refusal(char const* what)
    {
        return { Code::HostFailure, std::string { "The host refused " } + what + ": " + std::strerror(errno) };
    }

    Error not_whole_pages(uint64_t bytes)
    {
        return { Code::InvalidArgument,
            "Executable memory of " + std::to_string(bytes) + " bytes is not a whole number of host pages" };
    }

    bool is_whole_pages(uint64_t bytes)
    {
        return bytes != 0 && bytes % host_page_size() == 0;
    }

#endif

}

#if defined(__linux__)

bool ExecutableMemory::is_supported()
{
    return true;
}

// Moving no bytes of a shared mapping maps its pages a second time. [mremap(2), "old_size"]
Result<ExecutableMemory> ExecutableMemory::create_for_perf(uint64_t bytes)
{
    if (!is_whole_pages(bytes))
        return not_whole_pages(bytes);
    void* const writable = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (writable == MAP_FAILED)
        return refusal("memory for generated code");
    void* const executable = mremap(writable, 0, bytes, MREMAP_MAYMOVE);
    if (executable == MAP_FAILED || mprotect(executable, bytes, PROT_READ | PROT_EXEC) != 0) {
        Error const error = refusal("to map generated code");
        munmap(writable, bytes);
        if (executable != MAP_FAILED)
            munmap(executable, bytes);
        return error;
    }
    return ExecutableMemory { static_cast<uint8_t*>(writable), static_cast<uint8_t const*>(executable), bytes };
}

Result<ExecutableMemory> ExecutableMemory::create(uint64_t bytes)
{
    if (!is_whole_pages(bytes))
        return not_whole_pages(bytes);
    int const file = memfd_create("dormouse-code", MFD_CLOEXEC);
    if (file < 0)
        return refusal("a file for generated code");
    if (ftruncate(file, static_cast<off_t>(bytes)) != 0) {
        Error const error = refusal("room for generated code");
        close(file);
        return error;
    }
    void* const writable = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void* const executable = mmap(nullptr, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    Error const error = refusal("to map generated code");
    close(file);
    if (writable == MAP_FAILED || executable == MAP_FAILED) {
        if (writable != MAP_FAILED)
            munmap(writable, bytes);
        if (executable != MAP_FAILED)
            munmap(executable, bytes);
        return error;
    }
    return ExecutableMemory { static_cast<uint8_t*>(writable), static_cast<uint8_t const*>(executable), bytes };
}

CodeWriteWindow::CodeWriteWindow() = default;
CodeWriteWindow::~CodeWriteWindow() = default;

#elif defined(__APPLE__) && defined(__aarch64__)

// With the hardened runtime it needs the entitlement com.apple.security.cs.allow-jit. This branch has never been run:
// there is no such host among those that the project is tested on.
bool ExecutableMemory::is_supported()
{
    return pthread_jit_write_protect_supported_np() != 0;
}

Result<ExecutableMemory> ExecutableMemory::create(uint64_t bytes)
{
    if (!is_whole_pages(bytes))
        return not_whole_pages(bytes);
    void* const memory
        = mmap(nullptr, bytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON | MAP_JIT, -1, 0);
    if (memory == MAP_FAILED)
        return refusal("memory for generated code");
    return ExecutableMemory { static_cast<uint8_t*>(memory), static_cast<uint8_t const*>(memory), bytes };
}

CodeWriteWindow::CodeWriteWindow()
{
    pthread_jit_write_protect_np(0);
}

CodeWriteWindow::~CodeWriteWindow()
{
    pthread_jit_write_protect_np(1);
}

#else

bool ExecutableMemory::is_supported()
{
    return false;
}

CodeWriteWindow::CodeWriteWindow() = default;
CodeWriteWindow::~CodeWriteWindow() = default;

Result<ExecutableMemory> ExecutableMemory::create(uint64_t)
{
    return Error { Code::Unsupported, "This build cannot map memory for generated code on this operating system" };
}

#endif

#if !defined(__linux__)
Result<ExecutableMemory> ExecutableMemory::create_for_perf(uint64_t bytes)
{
    return create(bytes);
}
#endif

ExecutableMemory::~ExecutableMemory()
{
    if (m_writable)
        munmap(m_writable, m_size);
    if (m_executable && m_executable != m_writable)
        munmap(const_cast<uint8_t*>(m_executable), m_size);
}

void ExecutableMemory::finish_writing([[maybe_unused]] uint64_t offset, [[maybe_unused]] uint64_t bytes)
{
#if defined(__linux__)
    // Of a shared mapping of a file this takes the page table's entries away and leaves the file's pages.
    (void)madvise(m_writable + offset, bytes, MADV_DONTNEED);
#endif
}

void publish_code([[maybe_unused]] uint8_t const* executable, [[maybe_unused]] uint64_t bytes)
{
#if defined(__APPLE__)
    sys_icache_invalidate(const_cast<uint8_t*>(executable), bytes);
#elif defined(__aarch64__)
    auto* const begin = reinterpret_cast<char*>(const_cast<uint8_t*>(executable));
    __builtin___clear_cache(begin, begin + bytes);
#endif
}

}
