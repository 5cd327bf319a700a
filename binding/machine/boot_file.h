#pragma once

#include "base/result.h"
#include "base/sys/file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dormouse::machine {

// A file that is copied into the guest's memory at each reset. It is kept open and not in memory: when it was removed,
// or another one has taken its name, a reset finds the old one; written over, what it then holds.
class BootFile {
public:
    // Reads it for the first time. `field` and the path begin the sentence of every failure: NotFound, HostFailure, or
    // InvalidArgument for what is no file of 1 to `limit` bytes.
    static Result<BootFile> open(std::string const& field, std::string const& path, uint64_t limit);

    std::string const& name() const { return m_name; } // "kernel /boot/Image"
    // The bytes: those that open() read the first time, later what is there.
    Result<std::vector<uint8_t>> take();

private:
    BootFile(std::string name, uint64_t limit, sys::File file)
        : m_name(std::move(name))
        , m_limit(limit)
        , m_file(std::move(file))
    {
    }
    Result<std::vector<uint8_t>> read() const;

    std::string m_name;
    uint64_t m_limit;
    sys::File m_file;
    std::optional<std::vector<uint8_t>> m_bytes;
};

}
