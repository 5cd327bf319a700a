#pragma once

#include "base/result.h"

#include <cstdint>
#include <utility>

namespace dormouse::sys {

// Memory for generated code. No page is writable and executable at once. On Linux it is mapped twice: what is written
// through writable() is executed at executable(). macOS has one mapping, whose pages a thread can either write or
// execute: everything that is written goes into a CodeWriteWindow.
class ExecutableMemory {
public:
    // Whether this operating system has a way that create() knows.
    static bool is_supported();
    // `bytes`: a multiple of the host's page size. Pages cost memory from their first use. Fails with Unsupported where
    // the host has no way to do it, with HostFailure where it refuses.
    static Result<ExecutableMemory> create(uint64_t bytes);
    // The same such that Linux's perf takes the code for generated code, for which it reads /tmp/perf-PID.map; it does
    // not for code that is mapped from a file. [Linux, tools/perf/util/map.c, is_anon_memory()]
    static Result<ExecutableMemory> create_for_perf(uint64_t bytes);
    ExecutableMemory(ExecutableMemory&& other) noexcept
        : m_writable(std::exchange(other.m_writable, nullptr))
        , m_executable(std::exchange(other.m_executable, nullptr))
        , m_size(std::exchange(other.m_size, 0))
    {
    }
    ExecutableMemory& operator=(ExecutableMemory&&) = delete;
    ~ExecutableMemory();

    uint8_t* writable() { return m_writable; }
    uint8_t const* executable() const { return m_executable; }
    uint64_t size() const { return m_size; }

    // These bytes (whole host pages) will hardly be written again: where there are two mappings, the one to write takes
    // no part in what is resident until then. What was written stays.
    void finish_writing(uint64_t offset, uint64_t bytes);

private:
    ExecutableMemory(uint8_t* writable, uint8_t const* executable, uint64_t size)
        : m_writable(writable)
        , m_executable(executable)
        , m_size(size)
    {
    }

    uint8_t* m_writable;
    uint8_t const* m_executable;
    uint64_t m_size;
};

// While it lives, this thread may write ExecutableMemory and must not execute it. Windows do not nest. As a switch
// costs some time where there is one, what is written together belongs into one window.
class CodeWriteWindow {
public:
    CodeWriteWindow();
    ~CodeWriteWindow();
    CodeWriteWindow(CodeWriteWindow const&) = delete;
    CodeWriteWindow& operator=(CodeWriteWindow const&) = delete;
};

// Makes instructions that were written visible to this thread's fetches, by the address at which they execute.
// [Arm DDI 0487, B2.2.5 "Concurrent modification and execution of instructions"]
void publish_code(uint8_t const* executable, uint64_t bytes);

}
