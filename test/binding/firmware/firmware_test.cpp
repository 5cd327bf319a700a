#include "firmware/firmware.h"

#include "firmware/fakes.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::firmware;
using psci::Version;

namespace {

constexpr uint64_t kEntry = 0x4008'0000;

struct Fixture {
    FakePlatform platform;
    FakeVcpu vcpu;
    FakeClock clock;
    Firmware::Next next { Firmware::Next::Run };

    // Makes vCPU 0 call, returns x0 afterwards.
    int64_t call(
        Firmware& firmware, uint64_t id, uint64_t x1 = 0, uint64_t x2 = 0, uint64_t x3 = 0, uint16_t immediate = 0)
    {
        uint64_t const values[] { id, x1, x2, x3 };
        for (unsigned i = 0; i < 4; ++i)
            vcpu.registers[engine::x_register(i)] = { values[i], 0 };
        next = firmware.handle(0, vcpu, { engine::Conduit::Hvc, immediate }).take();
        for (unsigned i = 1; i < 4; ++i)
            CHECK(vcpu.registers[engine::x_register(i)].low == values[i]);
        return static_cast<int64_t>(vcpu.registers[engine::x_register(0)].low);
    }
    int64_t call_as(Version version, uint64_t id, uint64_t x1 = 0, uint64_t x2 = 0, uint64_t x3 = 0)
    {
        Firmware firmware { version, platform, clock };
        return call(firmware, id, x1, x2, x3);
    }
};

}

TEST_CASE_FIXTURE(Fixture, "PSCI_VERSION answers the pinned version")
{
    CHECK(call_as(Version::V0_1, 0x8400'0000) == -1);
    CHECK(call_as(Version::V0_2, 0x8400'0000) == 0x2);
    CHECK(call_as(Version::V1_3, 0x8400'0000) == 0x1'0003);
    CHECK(next == Firmware::Next::Run);
}

TEST_CASE_FIXTURE(Fixture, "unknown, malformed and foreign ids answer NOT_SUPPORTED in every version")
{
    uint64_t const ids[] { 0, 0x8400'0016, 0x8400'0020, 0xc400'0020, 0x8600'ff01, 0x8400'0050, 0x8402'0000, 0x0400'0000,
        0xbfff'ffff, 0xffff'ffff, 0xffff'ffff'ffff'ffff, 0xc400'0000 };
    for (auto const& version : psci::kVersions)
        for (uint64_t id : ids)
            CHECK(call_as(version.version, id) == -1);
    CHECK_FALSE(platform.requested);
}

TEST_CASE_FIXTURE(Fixture, "a conduit immediate other than 0 answers NOT_SUPPORTED")
{
    Firmware firmware { Version::V1_3, platform, clock };
    CHECK(call(firmware, 0x8400'0000, 0, 0, 0, 1) == -1);
}

TEST_CASE_FIXTURE(Fixture, "upper half of x0 and the SVE hint do not change the result")
{
    CHECK(call_as(Version::V1_3, 0xdead'beef'8400'0000) == 0x1'0003);
    CHECK(call_as(Version::V1_3, 0x8401'0000) == 0x1'0003);
}

TEST_CASE_FIXTURE(Fixture, "SMCCC appears with PSCI 1.0")
{
    CHECK(call_as(Version::V0_2, 0x8000'0000) == -1);
    CHECK(call_as(Version::V1_0, 0x8000'0000) == 0x1'0001);
    CHECK(call_as(Version::V1_0, 0x8400'000a, 0x8000'0000) == 0);
    CHECK(call_as(Version::V1_0, 0x8000'0001, 0x8000'8000) == 1);
    CHECK(call_as(Version::V1_0, 0x8000'0001, 0x8000'7fff) == -2);
    CHECK(call_as(Version::V1_0, 0x8000'0001, 0x8000'0002) == -1);
}

TEST_CASE_FIXTURE(Fixture, "PSCI_FEATURES agrees with what a call of the same id does")
{
    for (auto const& version : psci::kVersions) {
        if (version.version < Version::V1_0)
            continue;
        for (auto const& row : psci::function_table())
            for (uint32_t id : { row.id32, row.id64 }) {
                if (id == 0)
                    continue;
                INFO(row.name << " in " << version.name);
                platform = {};
                bool const offered = call_as(version.version, 0x8400'000a, id) != -1;
                CHECK(offered == psci::is_served(version.version, id));
                platform.verdict = SystemVerdict::Refused; // so that system calls return
                // The argument makes PSCI_FEATURES ask about a function that exists.
                bool const not_supported = call_as(version.version, id, 0x8400'0000) == -1;
                CHECK(offered != not_supported);
            }
    }
}

TEST_CASE_FIXTURE(Fixture, "CPU_ON starts an OFF vCPU and answers by its state afterwards")
{
    CHECK(call_as(Version::V1_3, 0xc400'0003, 0x100, kEntry, 0x1234'5678'9abc'def0) == 0);
    CHECK(platform.states[2] == PowerState::OnPending);
    CHECK(platform.entries[2].address == kEntry);
    CHECK(platform.entries[2].context_id == 0x1234'5678'9abc'def0);
    CHECK(call_as(Version::V1_3, 0xc400'0003, 0x100, kEntry) == -5);
    platform.states[2] = PowerState::Suspended;
    CHECK(call_as(Version::V1_3, 0xc400'0003, 0x100, kEntry) == -4);
    CHECK(call_as(Version::V1_3, 0xc400'0003, 0x000, kEntry) == -4); // itself
}

TEST_CASE_FIXTURE(Fixture, "CPU_ON checks the target, then the entry, then the state")
{
    CHECK(call_as(Version::V1_3, 0xc400'0003, 0x200, 3) == -2); // no such vCPU
    CHECK(call_as(Version::V1_3, 0xc400'0003, 0x8000'0001, kEntry) == -2); // bit 31 of MPIDR must not be given
    CHECK(call_as(Version::V1_3, 0xc400'0003, 0x000, kEntry + 2) == -9);
    CHECK(call_as(Version::V1_3, 0xc400'0003, 0x001, 0x0900'0000) == -9); // a device, not memory
    CHECK(call_as(Version::V0_2, 0xc400'0003, 0x001, kEntry + 2) == -2);
    CHECK(call_as(Version::V0_1, 0x95c1'ba60, 0x000, kEntry) == -2); // ALREADY_ON is younger than 0.1
    CHECK(platform.entries.empty());
}

TEST_CASE_FIXTURE(Fixture, "the 32-bit CPU_ON ignores upper halves, the one of 0.1 takes whole registers")
{
    CHECK(call_as(Version::V1_3, 0x8400'0003, 0xffff'ffff'0000'0001, 0xffff'ffff'0000'0000 | kEntry, ~uint64_t { 0 })
        == 0);
    CHECK(platform.entries[1].address == kEntry);
    CHECK(platform.entries[1].context_id == 0xffff'ffff);
    CHECK(call_as(Version::V0_1, 0x95c1'ba60, 0x100, kEntry, ~uint64_t { 0 }) == 0);
    CHECK(platform.entries[2].context_id == ~uint64_t { 0 });
}

TEST_CASE_FIXTURE(Fixture, "AFFINITY_INFO of one vCPU and of a group")
{
    CHECK(call_as(Version::V1_3, 0xc400'0004, 0x000, 0) == 0);
    CHECK(call_as(Version::V1_3, 0xc400'0004, 0x100, 0) == 1);
    platform.states[3] = PowerState::OnPending;
    CHECK(call_as(Version::V1_3, 0xc400'0004, 0x101, 0) == 2);
    CHECK(call_as(Version::V1_3, 0xc400'0004, 0x100, 1) == 2); // one of the cluster is pending
    CHECK(call_as(Version::V1_3, 0xc400'0004, 0x100, 2) == 0); // vCPU 0 is in the group too
    CHECK(call_as(Version::V1_3, 0xc400'0004, 0x300, 0) == -2);
    CHECK(call_as(Version::V1_3, 0xc400'0004, 0x000, 4) == -2);
}

TEST_CASE_FIXTURE(Fixture, "CPU_OFF does not return")
{
    call_as(Version::V1_3, 0x8400'0002);
    CHECK(next == Firmware::Next::Stopped);
    CHECK(platform.states[0] == PowerState::Off);
}

TEST_CASE_FIXTURE(Fixture, "system calls reach the platform and do not return")
{
    call_as(Version::V0_2, 0x8400'0008);
    CHECK(platform.requested == SystemCall { SystemCallKind::Off, 0, 0, {} });
    CHECK(next == Firmware::Next::Stopped);
    call_as(Version::V0_2, 0x8400'0009);
    CHECK(platform.requested == SystemCall { SystemCallKind::Reset, 0, 0, {} });
    call_as(Version::V1_1, 0xc400'0012, 0, 0xbad'c00c1e);
    CHECK(platform.requested == SystemCall { SystemCallKind::Reset2, 0, 0xbad'c00c1e, {} });
}

TEST_CASE_FIXTURE(Fixture, "SYSTEM_RESET2 knows the warm reset and a vendor's types, and not before 1.1")
{
    CHECK(call_as(Version::V1_0, 0xc400'0012, 0) == -1);
    CHECK(call_as(Version::V1_3, 0xc400'0012, 1) == -2);
    CHECK_FALSE(platform.requested);
    call_as(Version::V1_3, 0xc400'0012, 0x8000'0007, 0x1234'5678'9abc'def0);
    CHECK(platform.requested == SystemCall { SystemCallKind::Reset2, 0x8000'0007, 0x1234'5678'9abc'def0, {} });
    CHECK_FALSE(platform.requested->warm());
}

TEST_CASE_FIXTURE(Fixture, "the trace keeps the last calls with their results")
{
    Firmware firmware { Version::V1_3, platform, clock };
    call(firmware, 0x8400'0000);
    clock.now = 2000;
    call(firmware, 0x8400'0008, 7);
    auto entries = firmware.trace().entries();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].result == 0x1'0003);
    CHECK(entries[1].time_ns == 2000);
    CHECK(entries[1].function_id == 0x8400'0008);
    CHECK(entries[1].arguments[0] == 7);
    CHECK_FALSE(entries[1].result);

    for (size_t i = 0; i < Trace::kCapacity; ++i)
        call(firmware, 0x8400'0006, i);
    entries = firmware.trace().entries();
    REQUIRE(entries.size() == Trace::kCapacity);
    CHECK(entries.front().arguments[0] == 0);
    CHECK(entries.back().arguments[0] == Trace::kCapacity - 1);
}

TEST_CASE_FIXTURE(Fixture, "the version register is readable and accepts only the pinned version")
{
    Firmware firmware { Version::V1_1, platform, clock };
    CHECK(firmware.register_list()[0] == engine::RegisterId { 0x6030'0000'0014'0000 });
    CHECK(firmware.read_register(kPsciVersionRegister).value().low == 0x1'0001);
    CHECK(firmware.write_register(kPsciVersionRegister, { 0x1'0001, 0 }).ok());
    auto const other = firmware.write_register(kPsciVersionRegister, { 0x1'0003, 0 });
    CHECK(other.error().message == "PSCI_VERSION is 1.3, this machine has 1.1");
    CHECK_FALSE(firmware.write_register(kPsciVersionRegister, { 0x7'0000, 0 }).ok());
    CHECK_FALSE(firmware.write_register({ 0x6030'0000'0014'0001 }, {}).ok());
    CHECK_FALSE(firmware.read_register({ 0x6030'0000'0014'0001 }).ok());
}
