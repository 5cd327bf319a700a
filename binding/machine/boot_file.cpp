#include "machine/boot_file.h"

#include <filesystem>

namespace dormouse::machine {

Result<BootFile> BootFile::open(std::string const& field, std::string const& path, uint64_t limit)
{
    namespace fs = std::filesystem;
    std::string name = field + " " + path;
    std::error_code error;
    auto const status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found)
        return Error { Code::NotFound, name + ": there is no such file" };
    if (error)
        return Error { Code::HostFailure, name + ": " + error.message() };
    if (!fs::is_regular_file(status))
        return Error { Code::InvalidArgument, name + ": this is not a file" };
    auto file = sys::File::open(path);
    if (!file.ok())
        return Error { Code::HostFailure, field + " " + file.error().message };
    BootFile opened { std::move(name), limit, file.take() };
    TRY_PUT(bytes, opened.read());
    opened.m_bytes = std::move(bytes);
    return opened;
}

Result<std::vector<uint8_t>> BootFile::take()
{
    if (!m_bytes)
        return read();
    std::vector<uint8_t> bytes = std::move(*m_bytes);
    m_bytes.reset();
    return bytes;
}

Result<std::vector<uint8_t>> BootFile::read() const
{
    auto const found = m_file.size();
    if (!found.ok())
        return Error { found.error().code, m_name + ": " + found.error().message };
    uint64_t const size = found.value();
    if (size == 0 || size > m_limit)
        return Error { Code::InvalidArgument,
            m_name + ": the file has " + std::to_string(size) + " bytes, expected 1 to " + std::to_string(m_limit) };
    std::vector<uint8_t> bytes(size);
    if (auto const done = m_file.read(0, bytes); !done.ok())
        return Error { Code::HostFailure, m_name + ": " + done.error().message };
    return bytes;
}

}
