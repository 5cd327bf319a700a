#include "machine/state_file.h"

#include "base/units.h"
#include "memory/backing.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

using namespace dormouse;
using namespace dormouse::machine;

namespace {

struct Memory {
    std::vector<std::shared_ptr<memory::Backing>> backings;
    std::vector<memory::FlatView::Range> ranges;

    void add(uint64_t base, uint64_t size)
    {
        auto backing = memory::Backing::create_anonymous(size).take();
        ranges.push_back({ { base }, size, backing->data(), false, backing });
        backings.push_back(std::move(backing));
    }
    memory::FlatView view() const { return { ranges, 1 }; }
};

struct Fixture {
    std::filesystem::path folder;
    std::string file;
    std::vector<uint8_t> machine;
    Memory memory;

    Fixture()
    {
        std::string name = (std::filesystem::temp_directory_path() / "dormouse-state-XXXXXX").string();
        folder = mkdtemp(name.data());
        file = (folder / "vm.state").string();
        for (unsigned i = 0; i < 5000; ++i)
            machine.push_back(static_cast<uint8_t>(i * 7));
        memory.add(0x4000'0000, 1_MiB);
        memory.add(0x8000'0000, 256_KiB);
        memory.ranges[0].host[0] = 1;
        memory.ranges[0].host[70'000] = 2;
        memory.ranges[1].host[256_KiB - 1] = 3;
    }
    ~Fixture() { std::filesystem::remove_all(folder); }

    Result<void> write()
    {
        return write_state_file(file, machine, memory.view(), [](uint64_t, uint64_t) {});
    }
    std::vector<char> bytes() const
    {
        std::ifstream stream { file, std::ios::binary };
        return { std::istreambuf_iterator<char> { stream }, {} };
    }
    void replace(std::vector<char> const& with) const
    {
        std::ofstream { file, std::ios::binary }.write(with.data(), static_cast<std::streamsize>(with.size()));
    }
};

Memory same_size()
{
    Memory memory;
    memory.add(0x4000'0000, 1_MiB);
    memory.add(0x8000'0000, 256_KiB);
    return memory;
}

bool same(Memory const& a, Memory const& b)
{
    for (size_t i = 0; i < a.ranges.size(); ++i)
        if (!std::equal(a.ranges[i].host, a.ranges[i].host + a.ranges[i].size, b.ranges[i].host))
            return false;
    return true;
}

}

TEST_CASE_FIXTURE(Fixture, "what was written comes back, with its holes")
{
    memory.add(0x1'0000'0000, 64_MiB);
    uint64_t last = 0;
    uint64_t of = 0;
    REQUIRE(write_state_file(file, machine, memory.view(), [&](uint64_t done, uint64_t total) {
        CHECK(done > last);
        last = done;
        of = total;
    }).ok());
    CHECK(last == of);
    CHECK(of == 65_MiB + 256_KiB);
    auto opened = StateFile::open(file);
    REQUIRE(opened.ok());
    CHECK(std::equal(machine.begin(), machine.end(), opened.value().machine().begin(), opened.value().machine().end()));
    Memory target = same_size();
    target.add(0x1'0000'0000, 64_MiB);
    REQUIRE(opened.value().read_memory(target.view(), [](uint64_t, uint64_t) {}).ok());
    CHECK(same(memory, target));
}

TEST_CASE_FIXTURE(Fixture, "a machine with another map is refused")
{
    REQUIRE(write().ok());
    Memory other;
    other.add(0x4000'0000, 1_MiB);
    auto const result = StateFile::open(file).take().read_memory(other.view(), [](uint64_t, uint64_t) {});
    CHECK(result.error().message.find("another memory map") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a failed save leaves the file that was there")
{
    REQUIRE(write().ok());
    auto const before = bytes();
    auto const nowhere = (folder / "none" / "vm.state").string();
    CHECK_FALSE(write_state_file(nowhere, machine, memory.view(), [](uint64_t, uint64_t) {}).ok());
    CHECK(bytes() == before);
    CHECK(std::distance(std::filesystem::directory_iterator { folder }, {}) == 1);
}

TEST_CASE_FIXTURE(Fixture, "foreign, newer and missing files are told apart")
{
    CHECK(StateFile::open(file).error().code == Code::NotFound);
    replace({ 'P', 'K', 3, 4 });
    CHECK(StateFile::open(file).error().message == file + ": it is no saved state of Dormouse");
    replace({});
    CHECK(StateFile::open(file).error().message == file + ": it is no saved state of Dormouse");
    REQUIRE(write().ok());
    auto newer = bytes();
    newer[16] = 2;
    replace(newer);
    CHECK(StateFile::open(file).error().code == Code::Unsupported);
    CHECK(StateFile::open(file).error().message.find("format version 2") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "damage is found and the section is named, wherever it is")
{
    REQUIRE(write().ok());
    auto const good = bytes();
    Memory target = same_size();
    auto const read = [&]() -> Result<void> {
        TRY_PUT(opened, StateFile::open(file));
        for (auto& range : target.ranges)
            std::fill(range.host, range.host + range.size, uint8_t { 0 });
        return opened.read_memory(target.view(), [](uint64_t, uint64_t) {});
    };
    struct Place {
        size_t at;
        char const* said;
    };
    size_t const table = 4096 + machine.size();
    size_t const contents = 64_KiB;
    for (Place const& place :
        { Place { 0, "no saved state" }, Place { 24, "\"header\" is damaged" }, Place { 40, "\"header\" is damaged" },
            Place { 70, "\"header\" is damaged" }, Place { 4096 + 17, "\"machine\" is damaged" },
            Place { table + 2, "\"memory\" is damaged" }, Place { table + 60, "\"memory\" is damaged" },
            Place { contents + 5, "address 1073741824" }, Place { contents + 64_KiB + 5, "address 1073807360" } }) {
        auto bad = good;
        bad[place.at] = static_cast<char>(bad[place.at] ^ 0x10);
        replace(bad);
        auto const result = read();
        CAPTURE(place.at);
        REQUIRE_FALSE(result.ok());
        CHECK(result.error().code == Code::Corrupt);
        CHECK(result.error().message.find(place.said) != std::string::npos);
        CHECK(result.error().message.find(file) == 0);
    }
    replace(good);
    CHECK(read().ok());
    CHECK(same(memory, target));
}

TEST_CASE_FIXTURE(Fixture, "no cut and no random change is survived unnoticed, and none is fatal")
{
    REQUIRE(write().ok());
    auto const good = bytes();
    std::mt19937_64 random { 7 };
    for (unsigned round = 0; round < 300; ++round) {
        auto bad = good;
        if (round % 3 == 0) {
            bad.resize(random() % bad.size());
        } else {
            size_t const reach = round % 3 == 1 ? 4096 + machine.size() + 400 : bad.size();
            for (unsigned changes = 0; changes <= random() % 4; ++changes)
                bad[random() % reach] = static_cast<char>(random());
        }
        if (bad == good)
            continue;
        replace(bad);
        auto opened = StateFile::open(file);
        Memory target = same_size();
        bool const whole = opened.ok() && opened.value().read_memory(target.view(), [](uint64_t, uint64_t) {}).ok();
        // A change where nothing is written, in a hole or in the room before a section, is none of the saved machine.
        if (whole)
            CHECK((same(memory, target)
                && std::equal(
                    machine.begin(), machine.end(), opened.value().machine().begin(), opened.value().machine().end())));
        if (bad.size() != good.size())
            CHECK_FALSE(whole);
    }
}
