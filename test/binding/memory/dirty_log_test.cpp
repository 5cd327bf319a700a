#include "base/sys/mapping.h"
#include "memory/backing.h"
#include "memory/dirty_log.h"
#include "memory/flat_view.h"

#include <doctest/doctest.h>
#include <thread>

using namespace dormouse;
using namespace dormouse::memory;

TEST_CASE("a log names the pages that were marked, once")
{
    DirtyLog log { 130 * 4096 };
    log.mark(4095, 2); // the last byte of page 0 and the first of page 1
    log.mark(129 * 4096 + 4095, 1);
    log.mark(64 * 4096, 0);
    CHECK(log.is_dirty(0));
    CHECK(log.is_dirty(8191));
    CHECK_FALSE(log.is_dirty(64 * 4096));
    CHECK(log.take() == std::vector<uint64_t> { 3, 0, 2 });
    CHECK(log.take() == std::vector<uint64_t> { 0, 0, 0 });
}

TEST_CASE("marking all leaves the bits past the last page alone")
{
    DirtyLog log { 66 * 4096 };
    log.mark_all();
    CHECK(log.take() == std::vector<uint64_t> { ~uint64_t { 0 }, 3 });
}

TEST_CASE("marks of several threads in one word are all kept")
{
    DirtyLog log { 64 * 4096 };
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < 4; ++thread)
        threads.emplace_back([&log, thread] {
            for (unsigned round = 0; round < 100; ++round)
                for (unsigned page = thread; page < 64; page += 4)
                    log.mark(page * 4096, 8);
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(log.take() == std::vector<uint64_t> { ~uint64_t { 0 } });
}

TEST_CASE("what the host writes through a view is logged in each slot it touches; what it reads is not")
{
    uint64_t const size = sys::host_page_size();
    auto const memory = Backing::create_anonymous(2 * size).take();
    auto const low = std::make_shared<DirtyLog>(size);
    auto const high = std::make_shared<DirtyLog>(size);
    FlatView const view { { { { 0 }, size, memory->data(), false, memory, low, "low" },
                              { { size }, size, memory->data() + size, false, memory, high, "high" } },
        1 };
    uint8_t bytes[8] {};
    REQUIRE(view.read({ size - 4 }, bytes, 8));
    REQUIRE(view.host({ 0 }, 8, false));
    CHECK_FALSE(low->is_dirty(0));

    REQUIRE(view.write({ size - 4 }, bytes, 8));
    CHECK(low->is_dirty(size - 1));
    CHECK(high->is_dirty(0));
    high->take();
    REQUIRE_FALSE(view.write({ 2 * size - 4 }, bytes, 8)); // ends past all memory: nothing is written
    CHECK_FALSE(high->is_dirty(size - 1));
    REQUIRE(view.host({ size + 8 }, 8, true));
    CHECK(high->is_dirty(0));
}
