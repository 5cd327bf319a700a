#include "memory/memory_map.h"

#include <doctest/doctest.h>
#include <map>
#include <optional>
#include <random>

using namespace dormouse;
using namespace dormouse::memory;

namespace {

uint64_t const kPage = sys::host_page_size();

std::shared_ptr<Backing> backing(uint64_t pages)
{
    return Backing::create_anonymous(pages * kPage).take();
}

struct Fixture {
    MemoryMap map { 40 };
    wires::Quiesced quiesced { wires::Quiesced::for_tests() };

    std::string error_of(MemoryMap::Transaction transaction)
    {
        uint64_t const before = map.generation();
        auto const result = map.commit(std::move(transaction), quiesced);
        CHECK(map.generation() == (result.ok() ? before + 1 : before));
        return result.ok() ? "" : result.error().message;
    }
};

}

TEST_CASE_FIXTURE(Fixture, "a committed slot is visible to new views, an old view keeps its picture")
{
    auto const before = map.view();
    auto transaction = map.begin();
    transaction.add("ram", { 4 * kPage }, 2 * kPage, backing(2), 0, {});
    REQUIRE(map.commit(std::move(transaction), quiesced).value() == 1);
    CHECK(before->find({ 4 * kPage }) == nullptr);
    CHECK(map.view()->find({ 5 * kPage })->size == 2 * kPage);
    CHECK(map.slots().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a view keeps the memory of a removed slot alive")
{
    auto transaction = map.begin();
    SlotId const id = transaction.add("ram", { 0 }, kPage, backing(1), 0, {});
    REQUIRE(map.commit(std::move(transaction), quiesced).ok());
    auto const old_view = map.view();
    auto removal = map.begin();
    removal.remove(id);
    REQUIRE(map.commit(std::move(removal), quiesced).ok());
    *old_view->host({ 0 }, 1, true) = 42;
    CHECK(*old_view->host({ 0 }, 1, false) == 42);
    CHECK(map.view()->find({ 0 }) == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "each broken rule is refused with the slot's name and changes nothing")
{
    auto const add = [&](arch::Gpa base, uint64_t size, std::shared_ptr<Backing> memory, uint64_t offset) {
        auto transaction = map.begin();
        transaction.add("bad", base, size, std::move(memory), offset, {});
        return error_of(std::move(transaction));
    };
    CHECK(add({ 0 }, 0, backing(1), 0).find("\"bad\" is empty") != std::string::npos);
    CHECK(add({ 1 }, kPage, backing(1), 0).find("whole host pages") != std::string::npos);
    CHECK(add({ 0 }, kPage - 1, backing(1), 0).find("whole host pages") != std::string::npos);
    CHECK(add({ 0 }, kPage, backing(2), 1).find("whole host pages") != std::string::npos);
    CHECK(add({ (uint64_t { 1 } << 40) - kPage }, 2 * kPage, backing(2), 0).find("40-bit") != std::string::npos);
    CHECK(add({ 0 - kPage }, 2 * kPage, backing(2), 0).find("40-bit") != std::string::npos);
    CHECK(add({ 0 }, kPage, nullptr, 0).find("no backing") != std::string::npos);
    CHECK(add({ 0 }, 2 * kPage, backing(1), 0).find("past the end") != std::string::npos);
    CHECK(add({ 0 }, kPage, backing(1), 0 - kPage).find("past the end") != std::string::npos);
    CHECK(add({ (uint64_t { 1 } << 40) - kPage }, kPage, backing(1), 0).empty());
}

TEST_CASE_FIXTURE(Fixture, "an unknown slot id fails the whole transaction")
{
    auto transaction = map.begin();
    transaction.add("fine", { 0 }, kPage, backing(1), 0, {});
    transaction.move(77, { kPage });
    CHECK(error_of(std::move(transaction)) == "The memory map has no slot 77");
    CHECK(map.slots().empty());
}

TEST_CASE_FIXTURE(Fixture, "overlap is judged at the end: two slots can trade places in one transaction")
{
    auto setup = map.begin();
    SlotId const a = setup.add("a", { 0 }, kPage, backing(1), 0, {});
    SlotId const b = setup.add("b", { kPage }, kPage, backing(1), 0, {});
    REQUIRE(error_of(std::move(setup)).empty());

    auto one_move = map.begin();
    one_move.move(a, { kPage });
    CHECK(error_of(std::move(one_move)).find("overlaps") != std::string::npos);

    auto swap = map.begin();
    swap.move(a, { kPage });
    swap.move(b, { 0 });
    CHECK(error_of(std::move(swap)).empty());
}

TEST_CASE_FIXTURE(Fixture, "two slots cannot have one name")
{
    auto transaction = map.begin();
    transaction.add("dimm", { 0 }, kPage, backing(1), 0, {});
    transaction.add("dimm", { kPage }, kPage, backing(1), 0, {});
    CHECK(error_of(std::move(transaction)) == "Memory slot \"dimm\" exists already");
}

TEST_CASE_FIXTURE(Fixture, "a transaction that another one overtook is refused")
{
    auto late = map.begin();
    late.add("late", { 0 }, kPage, backing(1), 0, {});
    auto early = map.begin();
    early.add("early", { kPage }, kPage, backing(1), 0, {});
    REQUIRE(map.commit(std::move(early), quiesced).ok());
    auto const result = map.commit(std::move(late), quiesced);
    REQUIRE(!result.ok());
    CHECK(result.error().code == Code::Superseded);
    CHECK(map.slots().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a map that nobody adopts was never there, but for its number")
{
    auto setup = map.begin();
    SlotId const a = setup.add("a", { 0 }, kPage, backing(1), 0, {});
    REQUIRE(map.commit(std::move(setup), quiesced).value() == 1);
    auto const before = map.view();

    auto transaction = map.begin();
    transaction.move(a, { 4 * kPage });
    SlotId const b = transaction.add("b", { 0 }, kPage, backing(1), 0, {});
    uint64_t seen = 0;
    auto const result = map.commit(std::move(transaction), quiesced, [&]() -> Result<void> {
        seen = map.generation();
        CHECK(map.slots().size() == 2);
        CHECK(map.view()->find({ 4 * kPage })->name == "a");
        return Error { Code::HostFailure, "The kernel refused" };
    });
    REQUIRE(!result.ok());
    CHECK(result.error().message == "The kernel refused");
    CHECK(map.view() == before);
    REQUIRE(map.slots().size() == 1);
    CHECK(map.slots()[0].base.value == 0);

    auto again = map.begin();
    CHECK(again.add("b", { kPage }, kPage, backing(1), 0, {}) == b);
    uint64_t const next = map.commit(std::move(again), quiesced).value();
    CHECK(next > seen);
    CHECK(map.generation() == next);
}

TEST_CASE_FIXTURE(
    Fixture, "a dirty log starts clean, moves with its slot, and forgets nothing when the slot changes its size")
{
    auto const change = [&](auto what) {
        auto transaction = map.begin();
        what(transaction);
        REQUIRE(map.commit(std::move(transaction), quiesced).ok());
    };
    SlotId id = 0;
    change([&](auto& t) { id = t.add("ram", { 0 }, 2 * kPage, backing(4), 0, {}); });
    uint8_t const byte = 1;
    REQUIRE(map.view()->write({ 0 }, &byte, 1));
    CHECK(map.slots()[0].dirty_log == nullptr);

    change([&](auto& t) { t.set_flags(id, { .read_only = false, .log_dirty = true }); });
    auto const log = map.slots()[0].dirty_log;
    REQUIRE(log);
    CHECK_FALSE(log->is_dirty(0));
    change([&](auto& t) { t.move(id, { 8 * kPage }); });
    CHECK(map.slots()[0].dirty_log == log);
    REQUIRE(map.view()->write({ 9 * kPage }, &byte, 1));
    CHECK_FALSE(log->is_dirty(0));
    CHECK(log->is_dirty(kPage));

    change([&](auto& t) { t.resize(id, 4 * kPage); });
    auto const grown = map.slots()[0].dirty_log;
    REQUIRE(grown->pages() == 4 * kPage / 4096);
    for (uint64_t offset = 0; offset < 4 * kPage; offset += 4096)
        CHECK(grown->is_dirty(offset));

    change([&](auto& t) { t.set_flags(id, {}); });
    CHECK(map.slots()[0].dirty_log == nullptr);
}

// Random transactions against the simplest model there is: a table from page number to (slot, page of its backing).
TEST_CASE_FIXTURE(Fixture, "property: after any sequence of transactions the view equals a page table built by hand")
{
    constexpr uint32_t kSeed = 20261121;
    constexpr uint64_t kPages = 32; // small, so that overlaps are frequent
    INFO("seed " << kSeed);
    std::mt19937 random { kSeed };
    auto const pick = [&](uint64_t below) { return random() % below; };

    struct Expected {
        uint8_t* host;
        bool read_only;
    };
    std::vector<Slot> model; // the slots as they should be
    unsigned committed = 0;
    unsigned refused = 0;
    for (int round = 0; round < 3000; ++round) {
        auto transaction = map.begin();
        std::vector<Slot> wanted = model;
        bool legal = true;
        for (uint64_t step = 0, steps = 1 + pick(4); step < steps; ++step) {
            auto const some_slot = [&]() -> std::optional<size_t> {
                return wanted.empty() ? std::nullopt : std::optional<size_t> { pick(wanted.size()) };
            };
            switch (pick(6)) {
            case 0:
            case 1: {
                Slot slot { 0, std::to_string(round * 4 + static_cast<int>(step)), { pick(kPages) * kPage },
                    (1 + pick(6)) * kPage, backing(8), pick(4) * kPage, { pick(4) == 0 } };
                slot.id
                    = transaction.add(slot.name, slot.base, slot.size, slot.backing, slot.backing_offset, slot.flags);
                wanted.push_back(slot);
                break;
            }
            case 2:
                if (auto const i = some_slot()) {
                    transaction.remove(wanted[*i].id);
                    wanted.erase(wanted.begin() + static_cast<long>(*i));
                }
                break;
            case 3:
                if (auto const i = some_slot()) {
                    wanted[*i].base = { pick(kPages) * kPage };
                    transaction.move(wanted[*i].id, wanted[*i].base);
                }
                break;
            case 4:
                if (auto const i = some_slot()) {
                    wanted[*i].size = pick(10) * kPage;
                    transaction.resize(wanted[*i].id, wanted[*i].size);
                }
                break;
            case 5:
                if (pick(8) == 0) {
                    transaction.set_flags(1'000'000, {});
                    legal = false;
                }
                break;
            }
        }

        std::map<uint64_t, Expected> table;
        for (Slot const& slot : wanted) {
            legal = legal && slot.size != 0 && slot.backing_offset + slot.size <= slot.backing->size();
            for (uint64_t at = 0; at < slot.size; at += kPage) {
                Expected const page { slot.backing->data() + slot.backing_offset + at, slot.flags.read_only };
                legal = table.emplace(slot.base.value + at, page).second && legal;
            }
        }
        auto const result = map.commit(std::move(transaction), quiesced);
        REQUIRE(result.ok() == legal);
        if (!legal) {
            ++refused;
            continue;
        }
        ++committed;
        model = std::move(wanted);
        REQUIRE(map.generation() == committed);
        auto const view = map.view();
        for (uint64_t page = 0; page < kPages + 16; ++page) {
            auto const expected = table.find(page * kPage);
            auto const* range = view->find({ page * kPage });
            REQUIRE((range != nullptr) == (expected != table.end()));
            if (!range)
                continue;
            REQUIRE(view->host({ page * kPage }, kPage, false) == expected->second.host);
            REQUIRE(range->read_only == expected->second.read_only);
        }
    }
    CHECK(committed > 300); // the walk must have seen both outcomes often, or it proves nothing
    CHECK(refused > 300);
}
