#include "machine/boot_file.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace dormouse;
using machine::BootFile;

namespace {

struct Folder {
    std::filesystem::path path;
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "dormouse-boot-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }

    std::string put(std::string const& name, std::string const& text) const
    {
        std::string const file = (path / name).string();
        std::ofstream { file, std::ios::binary } << text;
        return file;
    }
};

std::string take(BootFile& file)
{
    auto const bytes = file.take();
    return bytes.ok() ? std::string { bytes.value().begin(), bytes.value().end() } : bytes.error().message;
}

}

TEST_CASE("a boot file is the same after it was replaced or removed, and what it holds after it was written over")
{
    Folder const folder;
    std::string const path = folder.put("Image", "first");
    auto opened = BootFile::open("kernel", path, 100);
    REQUIRE(opened.ok());
    BootFile& file = opened.value();
    CHECK(take(file) == "first");

    std::filesystem::rename(folder.put("new", "other"), path);
    CHECK(take(file) == "first");
    std::filesystem::remove(path);
    CHECK(take(file) == "first");

    std::string const initrd = folder.put("initrd", "one");
    auto second = BootFile::open("initrd", initrd, 100);
    REQUIRE(second.ok());
    folder.put("initrd", "three");
    CHECK(take(second.value()) == "one"); // read when it was opened
    CHECK(take(second.value()) == "three");
    folder.put("initrd", "");
    CHECK(take(second.value()) == "initrd " + initrd + ": the file has 0 bytes, expected 1 to 100");
}

TEST_CASE("what is no boot file is refused with its field and its path")
{
    Folder const folder;
    auto const refused = [&](std::string const& path) { return BootFile::open("kernel", path, 4).error(); };
    std::string const missing = (folder.path / "missing").string();
    CHECK(refused(missing).code == Code::NotFound);
    CHECK(refused(missing).message == "kernel " + missing + ": there is no such file");
    CHECK(refused(folder.path.string()).message == "kernel " + folder.path.string() + ": this is not a file");
    std::string const large = folder.put("large", "12345");
    CHECK(refused(large).code == Code::InvalidArgument);
    CHECK(refused(large).message == "kernel " + large + ": the file has 5 bytes, expected 1 to 4");
}
