#include "firmware/psci/psci.h"

#include "firmware/fakes.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::firmware;
using namespace dormouse::firmware::psci;

namespace {

constexpr uint64_t kEntry = 0x4008'0000;
constexpr uint64_t kBadEntry = kEntry + 2;

// Which id a version uses for a function; the 64-bit one where there is one.
uint32_t id_of(Version version, Function function)
{
    FunctionRow const& row = row_of(function);
    if (version == Version::V0_1)
        return row.id_0_1;
    return row.id64 ? row.id64 : row.id32;
}

struct Fixture {
    FakePlatform platform;
    FakeClock clock;

    // What the call returns; empty when it does not.
    std::optional<int64_t> call(Psci& psci, uint32_t id, uint64_t x1 = 0, uint64_t x2 = 0, uint64_t x3 = 0)
    {
        smccc::Call call { { id }, 0, { x1, x2, x3, 0 } };
        if (!call.id.is_64_bit())
            for (uint64_t& argument : call.arguments)
                argument = static_cast<uint32_t>(argument);
        Answer const answer = psci.call(call);
        standby = std::holds_alternative<Standby>(answer);
        if (auto const* const result = std::get_if<Return>(&answer))
            return result->x0;
        return standby ? std::optional { std::get<Standby>(answer).x0 } : std::nullopt;
    }
    bool standby { false };
};

int64_t code(ErrorCode error)
{
    return static_cast<int64_t>(error);
}

}

TEST_CASE_FIXTURE(Fixture, "every id in every version gives only what the table allows, whatever its arguments are")
{
    constexpr uint64_t kValues[] { 0, 1, 2, 3, 4, 0x100, 0x101, kEntry, kBadEntry, 0x0001'0000, 0x4000'0003,
        0x8000'0000, 0xffff'ffff, 0x1'0000'0000, ~uint64_t { 0 } };
    unsigned cases = 0;
    for (auto const& version : kVersions)
        for (FunctionRow const& row : function_table())
            for (uint32_t const id : { row.id32, row.id64, row.id_0_1 }) {
                if (id == 0)
                    continue;
                for (uint64_t const x1 : kValues)
                    for (uint64_t const x2 : kValues) {
                        platform = {};
                        platform.states[0] = PowerState::On;
                        Psci psci { version.version, platform, clock };
                        auto const result = call(psci, id, x1, x2, kEntry);
                        ++cases;
                        auto const function = find_function(version.version, id);
                        INFO(row.name << " in " << version.name << " x1 " << x1 << " x2 " << x2);
                        if (!function || !row.served()) {
                            REQUIRE(result == -1);
                            continue;
                        }
                        if (is_wrong_width(version.version, id)) {
                            REQUIRE(result == code(ErrorCode::InvalidParameters));
                            continue;
                        }
                        if (result && *result < 0 && !row.gives_number)
                            REQUIRE(
                                allowed_errors(*function, version.version).contains(static_cast<ErrorCode>(*result)));
                    }
            }
    CHECK(cases > 30'000);
}

TEST_CASE_FIXTURE(Fixture, "version 0.2 refuses 32-bit ids where there is a 64-bit one, 1.0 takes both")
{
    for (auto const& version : kVersions) {
        if (version.version == Version::V0_1)
            continue;
        Psci psci { version.version, platform, clock };
        bool const strict = version.version == Version::V0_2;
        CHECK(call(psci, 0x8400'0004, 0, 0) == (strict ? -2 : 0)); // AFFINITY_INFO
        CHECK(call(psci, 0xc400'0004, 0, 0) == 0);
    }
}

TEST_CASE("power states in both formats")
{
    using R = PowerRequest;
    CHECK(decode_power_state(Version::V0_2, 0) == R { false, 0 });
    CHECK(decode_power_state(Version::V0_2, 0x0001'0000) == R { true, 0 });
    CHECK(decode_power_state(Version::V0_1, 0x0201'0000) == R { true, 2 });
    for (uint32_t const bad : { 0x0301'0000u, 0x0000'0001u, 0x8000'0000u, 0x4000'0000u, 0x0400'0000u, 0x0002'0000u })
        CHECK_FALSE(decode_power_state(Version::V0_2, bad));
    CHECK(decode_power_state(Version::V1_0, 0x0000'0001) == R { false, 0 });
    CHECK(decode_power_state(Version::V1_3, 0x4000'0000) == R { true, 0 });
    CHECK(decode_power_state(Version::V1_3, 0x4000'0033) == R { true, 1 });
    CHECK(decode_power_state(Version::V1_3, 0x0000'0111) == R { false, 2 });
    for (uint32_t const bad : { 0x8000'0000u, 0x3000'0000u, 0x0001'0000u, 0x4000'0001u, 3u, 0x4000'0333u << 4 })
        CHECK_FALSE(decode_power_state(Version::V1_3, bad));
    for (auto const& version : kVersions)
        for (bool const power_down : { false, true })
            for (unsigned level = kCoreLevel; level <= kSystemLevel; ++level)
                CHECK(decode_power_state(version.version, encode_power_state(version.version, { power_down, level }))
                    == R { power_down, level });
}

TEST_CASE_FIXTURE(Fixture, "CPU_SUSPEND: standby returns, power-down restarts at the entry")
{
    for (auto const& version : kVersions) {
        INFO(version.name);
        platform = {};
        Psci psci { version.version, platform, clock };
        uint32_t const id = id_of(version.version, Function::CpuSuspend);
        uint64_t const down = uses_extended_state(version.version) ? 0x4000'0003 : 0x0001'0000;
        CHECK(call(psci, id, 0, kBadEntry) == 0); // the entry is not looked at
        CHECK(standby);
        CHECK_FALSE(call(psci, id, down, kEntry, 0x1234));
        CHECK(platform.powered_down == EntryPoint { kEntry, 0x1234 });
        bool const old = version.version < Version::V1_0;
        CHECK(call(psci, id, down, kBadEntry) == code(old ? ErrorCode::InvalidParameters : ErrorCode::InvalidAddress));
        CHECK(call(psci, id, 0x8000'0000, kEntry) == code(ErrorCode::InvalidParameters));
    }
}

TEST_CASE_FIXTURE(Fixture, "CPU_DEFAULT_SUSPEND and CPU_FREEZE exist from 1.0 on")
{
    for (auto const& version : kVersions) {
        platform = {};
        Psci psci { version.version, platform, clock };
        bool const there = version.version >= Version::V1_0;
        CHECK(call(psci, 0xc400'000c, kBadEntry) == (there ? -9 : -1));
        CHECK(call(psci, 0xc400'000c, kEntry, 5) == (there ? std::nullopt : std::optional<int64_t> { -1 }));
        CHECK(platform.powered_down.has_value() == there);
        CHECK(call(psci, 0x8400'000b) == (there ? std::nullopt : std::optional<int64_t> { -1 }));
        CHECK((platform.states[0] == PowerState::Off) == there);
    }
}

TEST_CASE_FIXTURE(Fixture, "the suspend mode changes only when nobody is in its way")
{
    Psci psci { Version::V1_3, platform, clock };
    psci.ledger().runs(0);
    CHECK(call(psci, 0x8400'000f, 2) == -2);
    CHECK(call(psci, 0x8400'000f, 0) == 0); // what it is
    call(psci, 0xc400'0001, 0);
    CHECK(call(psci, 0x8400'000f, 1) == -3); // CPU_SUSPEND was used
    psci.reset(true);
    psci.ledger().runs(0);
    CHECK(call(psci, 0x8400'000f, 1) == 0);
    platform.states[1] = PowerState::On;
    CHECK(call(psci, 0x8400'000f, 0) == -3); // somebody else is on
    platform.states[1] = PowerState::Off;
    CHECK(call(psci, 0x8400'000f, 0) == 0);
    CHECK(call(psci, 0x8400'000a, 0xc400'0001) == 3);
}

TEST_CASE_FIXTURE(Fixture, "in OS-initiated mode the last core alone may ask for the cluster")
{
    Psci psci { Version::V1_3, platform, clock };
    psci.ledger().runs(0);
    psci.ledger().runs(1);
    REQUIRE(call(psci, 0x8400'000f, 1) == 0);
    CHECK(call(psci, 0xc400'0001, 0x4000'0033, kEntry) == -3); // vCPU 1 runs
    psci.ledger().sleeps(1, { false, 0 });
    CHECK(call(psci, 0xc400'0001, 0x4000'0033, kEntry) == -2); // vCPU 1 is in standby
    psci.ledger().sleeps(1, { true, 0 });
    CHECK_FALSE(call(psci, 0xc400'0001, 0x4000'0033, kEntry)); // the other cluster does not matter
    psci.ledger().runs(0);
    psci.ledger().runs(2);
    CHECK(call(psci, 0xc400'0001, 0x4000'0333, kEntry) == -3);
}

TEST_CASE_FIXTURE(Fixture, "statistics and NODE_HW_STATE follow what the cores do")
{
    Psci psci { Version::V1_3, platform, clock };
    PowerLedger& ledger = psci.ledger();
    auto const residency = [&](uint64_t target, uint64_t state) { return *call(psci, 0xc400'0010, target, state); };
    auto const count = [&](uint64_t target, uint64_t state) { return *call(psci, 0xc400'0011, target, state); };
    auto const hardware = [&](uint64_t target, uint64_t level) { return *call(psci, 0xc400'000d, target, level); };
    ledger.runs(0);
    ledger.runs(1);
    CHECK(hardware(0, 0) == 0);
    CHECK(hardware(0x100, 0) == 1);
    CHECK(hardware(0x100, 1) == 1); // a cluster that nobody has turned on
    CHECK(hardware(0, 3) == -2);
    CHECK(hardware(7, 0) == -2);
    CHECK(count(0x100, 0x4000'0003) == 0); // being off since the boot is no use

    clock.now += 5'000'000;
    ledger.sleeps(0, { false, 0 });
    CHECK(hardware(0, 0) == 2);
    clock.now += 250'000;
    CHECK(residency(0, 1) == 250); // while it lasts
    ledger.runs(0);
    clock.now += 1'000'000;
    CHECK(residency(0, 1) == 250);
    CHECK(count(0, 1) == 1);

    // Both down to cluster level: the cluster sleeps from the second on.
    ledger.sleeps(0, { true, 1 });
    clock.now += 100'000;
    ledger.sleeps(1, { true, 1 });
    CHECK(hardware(0, 1) == 1);
    clock.now += 300'000;
    ledger.runs(1);
    CHECK(hardware(1, 1) == 0);
    CHECK(residency(0, 0x4000'0033) == 300);
    CHECK(residency(1, 0x4000'0033) == 300);
    CHECK(residency(0, 0x4000'0003) == 400);
    CHECK(count(0, 0x4000'0033) == 1);
    CHECK(residency(0, 0x4000'0333) == 0); // nobody asked for the system
    CHECK(residency(9, 1) == 0); // no such core
    CHECK(residency(0, 0x8000'0000) == 0); // no such state

    psci.reset(false);
    ledger.runs(0);
    CHECK(count(0, 1) == 1); // a warm reset is no cold boot
    psci.reset(true);
    CHECK(count(0, 1) == 0);
    CHECK(residency(0, 0x4000'0003) == 0);
}

TEST_CASE_FIXTURE(Fixture, "the 32-bit residency wraps")
{
    Psci psci { Version::V1_0, platform, clock };
    psci.ledger().runs(0);
    psci.ledger().sleeps(0, { false, 0 });
    clock.now += uint64_t { 0x1'0000'0010 } * 1000;
    CHECK(call(psci, 0x8400'0010, 0, 0) == 0x10);
    CHECK(call(psci, 0xc400'0010, 0, 0) == 0x1'0000'0010);
}

TEST_CASE_FIXTURE(Fixture, "MEM_PROTECT remembers until memory was overwritten; ranges are checked whole")
{
    Psci psci { Version::V1_1, platform, clock };
    CHECK(call(psci, 0x8400'0013, 1) == 0);
    CHECK(call(psci, 0x8400'0013, 1) == 1);
    psci.reset(false);
    CHECK(call(psci, 0x8400'0013, 1) == 1);
    psci.reset(true);
    CHECK(call(psci, 0x8400'0013, 0) == 0);
    CHECK(call(psci, 0xc400'0014, 0x4000'0000, 0x10'0000) == 0);
    CHECK(call(psci, 0xc400'0014, 0x4000'0000, 0x10'0001) == -3);
    CHECK(call(psci, 0xc400'0014, 0x4000'0000, 0) == -3);
    CHECK(call(psci, 0xc400'0014, ~uint64_t { 0 }, 2) == -3);
}

TEST_CASE_FIXTURE(Fixture, "SYSTEM_SUSPEND checks the entry; the machine says whether others are on")
{
    Psci psci { Version::V1_0, platform, clock };
    CHECK(call(psci, 0xc400'000e, kBadEntry) == -9);
    CHECK_FALSE(platform.requested);
    platform.verdict = SystemVerdict::NotAlone;
    CHECK(call(psci, 0xc400'000e, kEntry) == -3);
    platform.verdict = SystemVerdict::Refused;
    CHECK(call(psci, 0xc400'000e, kEntry) == -3);
    platform.verdict = SystemVerdict::Committed;
    CHECK_FALSE(call(psci, 0xc400'000e, kEntry, 9));
    CHECK(platform.requested == SystemCall { SystemCallKind::Suspend, 0, 0, { kEntry, 9 } });
}

TEST_CASE_FIXTURE(Fixture, "SYSTEM_OFF2 takes types 0 and 1 with cookie 0, from 1.3 on")
{
    Psci older { Version::V1_2, platform, clock };
    CHECK(call(older, 0xc400'0015, 0, 0) == -1);
    CHECK(call(older, 0x8400'000a, 0xc400'0015) == -1);
    Psci psci { Version::V1_3, platform, clock };
    CHECK(call(psci, 0x8400'000a, 0xc400'0015) == 1);
    CHECK(call(psci, 0xc400'0015, 2, 0) == -2);
    CHECK(call(psci, 0xc400'0015, 0x8000'0001, 0) == -2);
    CHECK(call(psci, 0xc400'0015, 1, 1) == -2);
    CHECK(call(psci, 0xc400'0015, 1, uint64_t { 1 } << 32) == -2);
    CHECK_FALSE(platform.requested);
    CHECK_FALSE(call(psci, 0x8400'0015, 1, 0));
    CHECK(platform.requested == SystemCall { SystemCallKind::Off2, 1, 0, {} });
    platform.verdict = SystemVerdict::Refused;
    CHECK(call(psci, 0xc400'0015, 0xffff'ffff'0000'0000, 0) == -6); // the type is 32 bits wide
}

TEST_CASE_FIXTURE(Fixture, "the ledger is saved and restored whole, and refuses what is none")
{
    Psci psci { Version::V1_3, platform, clock };
    psci.ledger().runs(0);
    psci.ledger().sleeps(0, { true, 1 });
    clock.now += 7'000;
    state::Writer writer;
    psci.ledger().save(writer);
    Psci other { Version::V1_3, platform, clock };
    state::Reader reader { "psci", writer.data() };
    REQUIRE(other.ledger().restore(reader).ok());
    CHECK(other.ledger().figures(0, { true, 0 }).residency_us == 7);
    state::Writer again;
    other.ledger().save(again);
    CHECK(again.data() == writer.data());

    auto damaged = writer.data();
    damaged[0] = 200;
    state::Reader bad { "psci", damaged };
    CHECK(other.ledger().restore(bad).error().message.find("no state of a core") != std::string::npos);
    CHECK(other.ledger().figures(0, { true, 0 }).residency_us == 7);
}
