#include "base/sys/file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

namespace dormouse::sys {

namespace {

    // Linux moves at most 2 GiB at a time, macOS refuses more.
    constexpr size_t kMostAtOnce = size_t { 1 } << 30;

    Error failure(std::string const& path, char const* what)
    {
        int const number = errno;
        Code const code = number == ENOENT ? Code::NotFound : Code::HostFailure;
        return { code, path + ": " + what + ": " + std::strerror(number) };
    }

    std::string folder_of(std::string const& path)
    {
        size_t const slash = path.rfind('/');
        if (slash == std::string::npos)
            return ".";
        return slash == 0 ? "/" : path.substr(0, slash);
    }

    bool flush(int descriptor)
    {
#ifdef F_FULLFSYNC
        // macOS: fsync() leaves the bytes in the drive's cache. Some file systems know only that one.
        if (fcntl(descriptor, F_FULLFSYNC) == 0)
            return true;
#endif
        return fsync(descriptor) == 0;
    }

    bool flush_folder(std::string const& folder)
    {
        int const descriptor = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0)
            return false;
        // Some file systems cannot do it to folders and need not.
        bool const done = flush(descriptor) || errno == EINVAL;
        int const number = errno;
        ::close(descriptor);
        errno = number;
        return done;
    }

}

Result<File> File::open(std::string const& path)
{
    int const descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return failure(path, "cannot be opened");
    return File { path, descriptor, false };
}

Result<File> File::create_anew(std::string const& path)
{
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return failure(path, "cannot be replaced");
    int const descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return failure(path, "cannot be created");
    return File { path, descriptor, false };
}

Result<File> File::create_beside(std::string const& path)
{
    std::string name = path + ".XXXXXX";
    int const descriptor = mkstemp(name.data()); // readable and writable for the owner alone
    if (descriptor < 0)
        return failure(path, "cannot be created");
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    return File { std::move(name), descriptor, true };
}

File::~File()
{
    if (m_descriptor < 0)
        return;
    ::close(m_descriptor);
    if (m_temporary)
        unlink(m_path.c_str());
}

Result<uint64_t> File::size() const
{
    struct stat status { };
    if (fstat(m_descriptor, &status) != 0)
        return failure(m_path, "its size cannot be read");
    if (!S_ISREG(status.st_mode))
        return Error { Code::InvalidArgument, m_path + " is no plain file" };
    return static_cast<uint64_t>(status.st_size);
}

Result<void> File::read(uint64_t position, std::span<uint8_t> bytes) const
{
    while (!bytes.empty()) {
        ssize_t const count
            = pread(m_descriptor, bytes.data(), std::min(bytes.size(), kMostAtOnce), static_cast<off_t>(position));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failure(m_path, "cannot be read");
        if (count == 0)
            return Error { Code::Corrupt, m_path + " ends early" };
        bytes = bytes.subspan(static_cast<size_t>(count));
        position += static_cast<uint64_t>(count);
    }
    return {};
}

Result<void> File::write(uint64_t position, std::span<uint8_t const> bytes)
{
    while (!bytes.empty()) {
        ssize_t const count
            = pwrite(m_descriptor, bytes.data(), std::min(bytes.size(), kMostAtOnce), static_cast<off_t>(position));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failure(m_path, "cannot be written");
        bytes = bytes.subspan(static_cast<size_t>(count));
        position += static_cast<uint64_t>(count);
    }
    return {};
}

Result<void> File::resize(uint64_t bytes)
{
    if (bytes > static_cast<uint64_t>(std::numeric_limits<off_t>::max()))
        return Error { Code::InvalidArgument, m_path + ": no file has room for " + std::to_string(bytes) + " bytes" };
    if (ftruncate(m_descriptor, static_cast<off_t>(bytes)) != 0)
        return failure(m_path, "cannot be given its length");
    return {};
}

Result<void> File::become(std::string const& path)
{
    if (!flush(m_descriptor))
        return failure(path, "cannot be put on the disk");
    if (std::rename(m_path.c_str(), path.c_str()) != 0)
        return failure(path, "cannot be replaced");
    m_path = path;
    m_temporary = false;
    if (!flush_folder(folder_of(path)))
        return failure(path, "its folder cannot be put on the disk");
    return {};
}

}
