#pragma once

#include "base/result.h"

#include <cstdint>
#include <utility>

namespace dormouse::sys {

// Size of a host page in bytes: 4096 on x86-64, 4096 to 65536 on arm64 Linux, 16384 on Apple Silicon.
uint64_t host_page_size();

// Physical memory of this host in bytes.
uint64_t host_memory_bytes();

// An owning, private, anonymous, readable and writable mapping; in large pages where the host has them.
class Mapping {
public:
    static Result<Mapping> create(uint64_t bytes);
    Mapping(Mapping&& other) noexcept
        : m_data(std::exchange(other.m_data, nullptr))
        , m_size(std::exchange(other.m_size, 0))
    {
    }
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping();

    uint8_t* data() { return m_data; }
    uint64_t size() const { return m_size; }
    // Gives pages back; they read as zero afterwards. `offset` and `bytes` are whole host pages within the mapping.
    Result<void> discard(uint64_t offset, uint64_t bytes);

private:
    Mapping(uint8_t* data, uint64_t size) : m_data(data), m_size(size) { }

    uint8_t* m_data;
    uint64_t m_size;
};

}
