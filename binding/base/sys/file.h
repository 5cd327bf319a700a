#pragma once

#include "base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace dormouse::sys {

// An open file of the host, by position; closed when destroyed. Errors name the file and carry the system's words.
class File {
public:
    // For reading. NotFound when there is none.
    static Result<File> open(std::string const& path);
    // A new file beside `path`, under a name of its own, for its owner alone. It is removed when destroyed, unless
    // become() has given it its name.
    static Result<File> create_beside(std::string const& path);

    // A new file for its owner alone in the place of what had the name before (a link there is not followed). It stays
    // when this is destroyed.
    static Result<File> create_anew(std::string const& path);

    File(File&& other) noexcept
        : m_path(std::move(other.m_path))
        , m_descriptor(std::exchange(other.m_descriptor, -1))
        , m_temporary(std::exchange(other.m_temporary, false))
    {
    }
    File& operator=(File&&) = delete;
    ~File();

    std::string const& path() const { return m_path; }
    Result<uint64_t> size() const;
    // Exactly as many bytes; Corrupt when the file ends early.
    Result<void> read(uint64_t position, std::span<uint8_t>) const;
    Result<void> write(uint64_t position, std::span<uint8_t const>);
    // What is new reads as zero and takes no room on file systems with holes.
    Result<void> resize(uint64_t bytes);
    // For a file of create_beside(): with all its bytes on the disk it takes the place of `path`, and the folder that
    // says so is on the disk as well. Whatever happens, `path` is the old file or the new one.
    Result<void> become(std::string const& path);

private:
    File(std::string path, int descriptor, bool temporary)
        : m_path(std::move(path))
        , m_descriptor(descriptor)
        , m_temporary(temporary)
    {
    }

    std::string m_path;
    int m_descriptor;
    bool m_temporary;
};

}
