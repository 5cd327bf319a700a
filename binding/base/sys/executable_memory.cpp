#include "base/sys/executable_memory.h"

#include "base/sys/mapping.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace dormouse::sys {

#ifdef __linux__

bool ExecutableMemory::is_supported()
{
    return true;
}

static Error refusal(char const* what)
{
    return { Code::HostFailure, std::string { "The host refused " } + what + ": " + std::strerror(errno) };
}

Result<ExecutableMemory> ExecutableMemory::create(uint64_t bytes)
{
    if (bytes == 0 || bytes % host_page_size() != 0)
        return Error { Code::InvalidArgument,
            "Executable memory of " + std::to_string(bytes) + " bytes is not a whole number of host pages" };
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

#else

bool ExecutableMemory::is_supported()
{
    return false;
}

Result<ExecutableMemory> ExecutableMemory::create(uint64_t)
{
    return Error { Code::Unsupported, "This build cannot map memory for generated code on this operating system" };
}

#endif

ExecutableMemory::~ExecutableMemory()
{
    if (m_writable)
        munmap(m_writable, m_size);
    if (m_executable)
        munmap(const_cast<uint8_t*>(m_executable), m_size);
}

}
