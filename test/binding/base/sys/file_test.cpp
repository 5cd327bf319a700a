#include "base/sys/file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace dormouse;
using sys::File;

namespace {

struct Folder {
    std::filesystem::path path;
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "dormouse-file-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    size_t count() const
    {
        return static_cast<size_t>(std::distance(std::filesystem::directory_iterator { path }, {}));
    }
    std::string file() const { return (path / "file").string(); }
};

std::vector<uint8_t> const kBytes { 1, 2, 3, 4, 5 };

}

TEST_CASE_FIXTURE(Folder, "a new file appears under its name when it is whole, and holes read as zero")
{
    {
        auto created = File::create_beside(file());
        REQUIRE(created.ok());
        File target = created.take();
        REQUIRE(target.resize(100'000).ok());
        REQUIRE(target.write(99'995, kBytes).ok());
        CHECK_FALSE(std::filesystem::exists(file()));
        REQUIRE(target.become(file()).ok());
    }
    CHECK(count() == 1);
    using std::filesystem::perms;
    CHECK((std::filesystem::status(file()).permissions() & (perms::group_all | perms::others_all)) == perms::none);
    File const source = File::open(file()).take();
    CHECK(source.size().value() == 100'000);
    std::vector<uint8_t> read(6);
    REQUIRE(source.read(99'994, read).ok());
    CHECK(read == std::vector<uint8_t> { 0, 1, 2, 3, 4, 5 });
    CHECK(source.read(99'996, read).error().code == Code::Corrupt);
}

TEST_CASE_FIXTURE(Folder, "a file that is given up leaves nothing, and the old one stays")
{
    REQUIRE(File::create_beside(file()).take().become(file()).ok());
    {
        File other = File::create_beside(file()).take();
        REQUIRE(other.write(0, kBytes).ok());
        CHECK(count() == 2);
    }
    CHECK(count() == 1);
    CHECK(std::filesystem::file_size(file()) == 0);
}

TEST_CASE_FIXTURE(Folder, "refusals name the file")
{
    CHECK(File::open(file()).error().code == Code::NotFound);
    CHECK(File::open(file()).error().message.find(file()) == 0);
    CHECK(File::create_beside((path / "none" / "file").string()).error().code == Code::NotFound);
    CHECK(File::open(path.string()).take().size().error().code == Code::InvalidArgument);
}
