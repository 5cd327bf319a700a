#include "machine/memory_state.h"

#include <doctest/doctest.h>
#include <vector>

using namespace dormouse;
using namespace dormouse::machine;

namespace {

constexpr uint64_t kBase = 0x4000'0000;
constexpr size_t kSize = 256 << 10;

struct Memory {
    std::vector<uint8_t> bytes = std::vector<uint8_t>(kSize);
    memory::FlatView view { { { { kBase }, kSize, bytes.data(), false, nullptr } }, 1 };
};

std::vector<uint8_t> saved(Memory const& memory)
{
    state::Writer writer;
    save_memory(writer, memory.view);
    return writer.take();
}

Result<void> restored(Memory const& memory, std::vector<uint8_t> const& bytes)
{
    state::Reader reader { "memory", bytes };
    return restore_memory(reader, memory.view);
}

}

TEST_CASE("memory comes back as it was, and zero chunks cost nothing")
{
    Memory source;
    source.bytes.front() = 1;
    source.bytes[(64 << 10) + 7] = 2;
    source.bytes.back() = 3;
    auto const blob = saved(source);
    CHECK(blob.size() == 3 * ((64 << 10) + 16) + 16); // chunk 2 of 4 is zero
    Memory target;
    REQUIRE(restored(target, blob).ok());
    CHECK(target.bytes == source.bytes);
}

TEST_CASE("clear memory is sixteen bytes")
{
    CHECK(saved(Memory {}).size() == 16);
}

TEST_CASE("runs outside of memory and cut files are refused")
{
    Memory source;
    source.bytes[5] = 1;
    auto const blob = saved(source);
    Memory target;
    for (size_t cut : { size_t { 0 }, size_t { 8 }, size_t { 15 }, size_t { 100 }, blob.size() - 1 })
        CHECK_FALSE(restored(target, { blob.begin(), blob.begin() + static_cast<long>(cut) }).ok());
    auto moved = blob;
    moved[2] = 0x04; // the run now ends behind the memory
    CHECK(restored(target, moved).error().message.find("outside") != std::string::npos);
    auto longer = blob;
    longer.push_back(0);
    CHECK_FALSE(restored(target, longer).ok());
    state::Writer huge;
    huge.u64(kBase);
    huge.u64(~uint64_t { 0 });
    CHECK_FALSE(restored(target, huge.data()).ok());
}
