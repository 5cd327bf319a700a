#include "firmware/psci/function_table.h"

#include "firmware/psci/device_tree.h"

#include <doctest/doctest.h>
#include <set>

using namespace dormouse::firmware::psci;

TEST_CASE("every id of the table is unique and has the form of the calling convention")
{
    std::set<uint32_t> seen;
    for (FunctionRow const& row : function_table()) {
        INFO(row.name);
        CHECK(row.id32 == 0x8400'0000 + static_cast<uint32_t>(row.function));
        CHECK((row.id64 == 0 || row.id64 == row.id32 + 0x4000'0000));
        for (uint32_t id : { row.id32, row.id64, row.id_0_1 })
            CHECK((id == 0 || seen.insert(id).second));
    }
}

TEST_CASE("every mandatory function is served in the versions that have it")
{
    for (FunctionRow const& row : function_table())
        for (auto const& version : kVersions) {
            if (row.presence != Presence::Mandatory || version.version < row.since || version.version == Version::V0_1)
                continue;
            INFO(row.name << " in " << version.name);
            CHECK(is_served(version.version, row.id32));
            if (row.id64)
                CHECK(is_served(version.version, row.id64));
        }
}

TEST_CASE("a version has no function that a later one brought")
{
    CHECK_FALSE(find_function(Version::V0_2, 0x8400'000a));
    CHECK(find_function(Version::V1_0, 0x8400'000a) == Function::PsciFeatures);
    CHECK_FALSE(find_function(Version::V1_0, 0xc400'0012));
    CHECK(find_function(Version::V1_1, 0xc400'0012) == Function::SystemReset2);
    CHECK_FALSE(find_function(Version::V1_2, 0xc400'0015));
    CHECK(find_function(Version::V1_3, 0xc400'0015) == Function::SystemOff2);
}

TEST_CASE("ids without a 64-bit form do not exist")
{
    for (uint32_t id : { 0xc400'0000u, 0xc400'0002u, 0xc400'0006u, 0xc400'0008u, 0xc400'0009u, 0xc400'000au, 0u })
        CHECK_FALSE(find_function(Version::V1_3, id));
}

TEST_CASE("version 0.1 knows its own ids only, and no other version knows them")
{
    CHECK(find_function(Version::V0_1, 0x95c1'ba60) == Function::CpuOn);
    CHECK_FALSE(find_function(Version::V0_1, 0x8400'0000));
    CHECK_FALSE(find_function(Version::V0_1, 0xc400'0003));
    CHECK_FALSE(find_function(Version::V0_2, 0x95c1'ba60));
}

TEST_CASE("error_for gives a code the version knows")
{
    CHECK(error_for(Function::CpuOn, Version::V0_1, ErrorCode::AlreadyOn) == ErrorCode::InvalidParameters);
    CHECK(error_for(Function::CpuOn, Version::V0_2, ErrorCode::AlreadyOn) == ErrorCode::AlreadyOn);
    CHECK(error_for(Function::CpuOn, Version::V0_2, ErrorCode::InvalidAddress) == ErrorCode::InvalidParameters);
    CHECK(error_for(Function::CpuOn, Version::V1_0, ErrorCode::InvalidAddress) == ErrorCode::InvalidAddress);
    CHECK(error_for(Function::CpuSuspend, Version::V0_2, ErrorCode::InvalidAddress) == ErrorCode::InvalidParameters);
}

TEST_CASE("the device tree names ids for 0.1 alone, and only those that are served")
{
    auto const oldest = device_tree_node(Version::V0_1);
    CHECK(oldest.compatible == std::vector<std::string> { "arm,psci" });
    REQUIRE(oldest.function_ids.size() == 3);
    for (auto const& [property, id] : oldest.function_ids)
        CHECK(is_served(Version::V0_1, id));

    CHECK(device_tree_node(Version::V0_2).compatible == std::vector<std::string> { "arm,psci-0.2" });
    auto const newest = device_tree_node(Version::V1_3);
    CHECK(newest.compatible == std::vector<std::string> { "arm,psci-1.0", "arm,psci-0.2" });
    CHECK(newest.method == "hvc");
    CHECK(newest.function_ids.empty());
}

TEST_CASE("version names and values map to one another")
{
    for (auto const& entry : kVersions) {
        CHECK(version_from_name(entry.name) == entry.version);
        CHECK(version_from_value(entry.value) == entry.version);
    }
    CHECK_FALSE(version_from_name("1.4"));
    CHECK_FALSE(version_from_value(0x0001'0004));
}
