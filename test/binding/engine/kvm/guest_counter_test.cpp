#include "engine/kvm/guest_counter.h"

#include "engine/kvm/fake_host.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::kvm;

constexpr engine::RegisterId kVirtualCount { abi::kRegVirtualCount };

TEST_CASE("the guest's counter starts from zero, stands while stopped and goes on without a jump")
{
    for (bool const has_offset : { true, false }) {
        CAPTURE(has_offset);
        auto host = std::make_shared<FakeHost>();
        Descriptor const vm { host, FakeHost::kVm };
        Descriptor const vcpu { host, FakeHost::kVcpu };
        GuestCounter counter { vm, has_offset };
        counter.use(vcpu);
        CHECK(counter.read(kVirtualCount) == 0u);

        REQUIRE(counter.start().ok());
        CHECK(host->host_count - host->guest_offset == 0);
        CHECK_FALSE(counter.read(kVirtualCount).has_value());
        host->host_count += 500;
        REQUIRE(counter.start().ok()); // nothing happens
        CHECK(host->host_count - host->guest_offset == 500);

        REQUIRE(counter.stop().ok());
        host->host_count += 10'000;
        CHECK(counter.read(kVirtualCount) == 500u);
        CHECK(counter.read({ abi::kRegPhysicalCount }) == 500u);
        CHECK_FALSE(counter.read({ abi::kRegVirtualCompare }).has_value());
        REQUIRE(counter.stop().ok());
        REQUIRE(counter.start().ok());
        CHECK(host->host_count - host->guest_offset == 500);
        host->host_count += 7;
        CHECK(host->host_count - host->guest_offset == 507);
    }
}

TEST_CASE("a restored counter goes on from the saved count")
{
    auto host = std::make_shared<FakeHost>();
    Descriptor const vm { host, FakeHost::kVm };
    Descriptor const vcpu { host, FakeHost::kVcpu };
    GuestCounter counter { vm, true };
    counter.use(vcpu);
    CHECK(counter.write(kVirtualCount, 123'456'789'000));
    CHECK_FALSE(counter.write({ abi::kRegVirtualCompare }, 5));
    CHECK(counter.read(kVirtualCount) == 123'456'789'000u);
    REQUIRE(counter.start().ok());
    CHECK(host->host_count - host->guest_offset == 123'456'789'000);
    CHECK_FALSE(counter.write(kVirtualCount, 1));
}

TEST_CASE("the status of a timer is that at the stopped count")
{
    auto host = std::make_shared<FakeHost>();
    Descriptor const vm { host, FakeHost::kVm };
    GuestCounter counter { vm, true };
    CHECK(counter.write(kVirtualCount, 100));
    CHECK(counter.control_at_stop(1, 100) == 5);
    CHECK(counter.control_at_stop(5, 101) == 1);
    CHECK(counter.control_at_stop(3, 99) == 7);
    CHECK(counter.control_at_stop(4, 99) == 0);
}
