#include "machine/machine_memory.h"

#include "base/sys/mapping.h"
#include "machine/fake_engine.h"
#include "machine/machine.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::machine;
using Kind = SlotChange::Kind;

namespace {

constexpr uint64_t kRam = 0x4000'0000;
constexpr uint64_t kHot = 0x8000'0000;

struct Fixture {
    RecordingListener listener;
    std::atomic<unsigned> placed { 0 };
    std::atomic<bool> refuses { false };
    std::unique_ptr<Machine> machine = build();

    std::unique_ptr<Machine> build()
    {
        MachineConfig config;
        config.memory_bytes = 32_MiB;
        config.kernel = "fake";
        auto engine = std::make_unique<FakeEngine>([](FakeVcpu& vcpu) { return vcpu.spin(); }, &refuses);
        return Machine::create(config, std::move(engine), std::make_unique<FakeBoot>(placed), listener).take();
    }
    std::string change(std::vector<SlotChange> const& changes)
    {
        auto const result = machine->change_memory_map(changes);
        return result.ok() ? "" : result.error().message;
    }
    std::vector<std::string> slots(Machine const* which = nullptr) const
    {
        std::vector<std::string> slots;
        for (auto const& slot : (which ? which : machine.get())->memory_map().slots)
            slots.push_back(slot.name + "@" + std::to_string(slot.base >> 20) + "+" + std::to_string(slot.bytes >> 10)
                + "/" + std::to_string(slot.maximum_bytes >> 10) + (slot.read_only ? " ro" : ""));
        return slots;
    }
};

using Slots = std::vector<std::string>;

}

TEST_CASE_FIXTURE(
    Fixture, "slots are added, moved, resized and removed while the machine runs, each batch one generation")
{
    REQUIRE(machine->start().ok());
    uint64_t const generation = machine->memory_map().generation;
    CHECK(change({ { Kind::Add, "a", kHot, 1_MiB, 4_MiB }, { Kind::Add, "b", kHot + 1_MiB, 64_KiB, 0, { true } } })
        == "");
    CHECK(slots() == Slots { "ram@1024+32768/32768", "a@2048+1024/4096", "b@2049+64/64 ro" });
    // Judged as a whole: the two trade places.
    CHECK(change({ { Kind::Move, "a", kHot + 1_MiB }, { Kind::Move, "b", kHot } }) == "");
    CHECK(change({ { Kind::Resize, "a", {}, 4_MiB }, { Kind::SetFlags, "b", {}, 0, 0, {} } }) == "");
    CHECK(slots() == Slots { "ram@1024+32768/32768", "b@2048+64/64", "a@2049+4096/4096" });
    CHECK(change({ { Kind::Remove, "a" }, { Kind::Add, "a", {}, 64_KiB } }) == "");
    CHECK(slots() == Slots { "ram@1024+32768/32768", "b@2048+64/64", "a@2176+64/64" }); // at a multiple of 128 MiB
    CHECK(machine->memory_map().generation == generation + 4);
    CHECK(machine->state() == MachineState::Running);
}

TEST_CASE_FIXTURE(Fixture, "each wrong change is refused by the slot's name, and the map stays the very same")
{
    REQUIRE(change({ { Kind::Add, "hot", kHot, 1_MiB } }) == "");
    auto const before = slots();
    uint64_t const generation = machine->memory_map().generation;
    auto const refused = [&](SlotChange const& wrong, char const* words) {
        // What comes before the mistake does not happen either.
        auto const message = change({ { Kind::Add, "fine", kHot + 16_MiB, 64_KiB }, wrong });
        INFO(message);
        CHECK(message.find(words) != std::string::npos);
        CHECK(slots() == before);
        CHECK(machine->memory_map().generation == generation);
    };
    refused({ Kind::Add, "hot", kHot + 2_MiB, 64_KiB }, "\"hot\" exists already");
    refused({ Kind::Add, "ram", kHot + 2_MiB, 64_KiB }, "\"ram\" exists already");
    refused({ Kind::Add, "", kHot + 2_MiB, 64_KiB }, "cannot be called");
    refused({ Kind::Add, "Hot/..", kHot + 2_MiB, 64_KiB }, "cannot be called");
    refused({ Kind::Add, "x", kHot + 1, 64_KiB }, "base is 2147483649: it must be a multiple of 64 KiB");
    refused({ Kind::Add, "x", kHot + 2_MiB, 4096 }, "bytes is 4096");
    refused({ Kind::Add, "x", kHot + 2_MiB, 0 }, "has 0 bytes");
    refused({ Kind::Add, "x", kHot + 2_MiB, 128_KiB, 64_KiB }, "not more than the maximum");
    refused({ Kind::Add, "x", kHot, 64_KiB }, "overlaps slot \"hot\"");
    refused({ Kind::Add, "x", kRam + 16_MiB, 64_KiB }, "overlaps slot \"ram\"");
    refused({ Kind::Add, "x", 0x0900'0000, 64_KiB }, "has room for memory: from 1 GiB to 256 GiB");
    refused({ Kind::Add, "x", 256_GiB, 64_KiB }, "has room for memory");
    refused({ Kind::Add, "x", 0 - 64_KiB, 128_KiB }, "has room for memory");
    refused({ Kind::Add, "x", kHot + 2_MiB, (sys::host_memory_bytes() & ~(64_KiB - 1)) + 64_KiB }, "this host has");
    refused({ Kind::Remove, "cold" }, "There is no memory slot \"cold\"");
    refused({ Kind::Remove, "ram" }, "\"ram\" is the memory the machine was built with");
    refused({ Kind::Move, "ram", kHot + 64_MiB }, "\"ram\" is the memory");
    refused({ Kind::Resize, "ram", {}, 16_MiB }, "\"ram\" is the memory");
    refused({ Kind::SetFlags, "ram", {}, 0, 0, { true } }, "\"ram\" is the memory");
    refused({ Kind::Move, "hot", kRam }, "overlaps");
    refused({ Kind::Move, "hot" }, "cannot be moved without a base");
    refused({ Kind::Resize, "hot", {}, 2_MiB }, "\"hot\" reaches past the end of its backing");
    refused({ Kind::Resize, "hot", {}, 0 }, "\"hot\" is empty");
    CHECK(machine->change_memory_map({}).error().message.find("changes has 0 entries") != std::string::npos);
    std::vector<SlotChange> many;
    for (unsigned i = 0; i < kMaxSlots; ++i)
        many.push_back({ Kind::Add, "s" + std::to_string(i), kHot + 64_MiB + i * 64_KiB, 64_KiB });
    CHECK(change(many).find("at most 64") != std::string::npos);
    CHECK(slots() == before);
}

TEST_CASE_FIXTURE(Fixture, "a map that the engine refuses is rolled back, memory and guest are as before")
{
    REQUIRE(machine->start().ok());
    REQUIRE(change({ { Kind::Add, "a", kHot, 1_MiB, 4_MiB } }) == "");
    auto const before = slots();
    uint64_t const generation = machine->memory_map().generation;
    auto const blob = [&] {
        REQUIRE(machine->pause().ok());
        auto const state = machine->save().take();
        REQUIRE(machine->resume().ok());
        return state;
    };
    refuses = true;
    CHECK(change({ { Kind::Resize, "a", {}, 4_MiB }, { Kind::Add, "b", kHot + 8_MiB, 1_MiB } })
        == "The fake engine refuses this map");
    CHECK(slots() == before);
    CHECK(machine->memory_map().generation == generation);
    CHECK(machine->state() == MachineState::Running);
    CHECK_FALSE(blob().empty());
    CHECK(change({ { Kind::Resize, "a", {}, 4_MiB } }) == "");
    CHECK(machine->memory_map().generation > generation);
}

TEST_CASE_FIXTURE(Fixture, "slots travel with a saved state, and replace those of the machine that takes it over")
{
    REQUIRE(change({ { Kind::Add, "a", kHot, 1_MiB, 4_MiB }, { Kind::Add, "b", kHot + 8_MiB, 64_KiB, 0, { true } } })
        == "");
    auto const blob = machine->save().take();
    auto const other = build();
    std::vector<SlotChange> const own { { Kind::Add, "a", kHot + 8_MiB, 64_KiB }, { Kind::Add, "c", kHot, 64_KiB } };
    REQUIRE(other->change_memory_map(own).ok());
    REQUIRE(other->restore(blob).ok());
    CHECK(slots(other.get()) == slots());
    CHECK(other->save().take() == blob);
}

TEST_CASE_FIXTURE(Fixture, "a dirty log is the engine's to offer, and must be asked for")
{
    CHECK(machine->take_dirty_log("cold").error().code == Code::NotFound);
    CHECK(machine->take_dirty_log("ram").error().code == Code::InvalidState);
    REQUIRE(change({ { Kind::SetFlags, "ram", {}, 0, 0, { .read_only = false, .log_dirty = true } } }) == "");
    CHECK(machine->take_dirty_log("ram").error().code == Code::Unsupported);
}

TEST_CASE_FIXTURE(Fixture, "an ended machine changes its memory no more")
{
    REQUIRE(machine->start().ok());
    machine->stop();
    CHECK(change({ { Kind::Add, "a", kHot, 1_MiB } }) == "Changing the memory map needs a machine that has not ended");
}
