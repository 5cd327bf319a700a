#include "firmware/sdei/sdei.h"

#include "firmware/describe_call.h"
#include "firmware/fakes.h"
#include "firmware/firmware.h"
#include "firmware/sdei/context_switch.h"
#include "firmware/sdei/registers.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace dormouse;
using namespace dormouse::firmware;

namespace {

constexpr uint32_t kCritical = 0x4080'0000;
constexpr uint64_t kEntry = 0xffff'8000'0000'1000;

struct Fixture {
    FakePlatform platform;
    FakeClock clock;
    FakeVcpu vcpu;
    Firmware firmware { psci::Version::V1_3, platform, clock, std::vector { kCritical } };
    sdei::Sdei& sdei { *firmware.sdei() };

    int64_t call(uint64_t id, uint64_t x1 = 0, uint64_t x2 = 0, uint64_t x3 = 0, uint64_t x4 = 0)
    {
        uint64_t const values[] { id, x1, x2, x3, x4 };
        for (unsigned i = 0; i < std::size(values); ++i)
            vcpu.registers[engine::x_register(i)] = { values[i], 0 };
        CHECK(firmware.handle(0, vcpu, {}).ok());
        return static_cast<int64_t>(vcpu.registers[engine::x_register(0)].low);
    }
    // Registers, enables and unmasks.
    void prepare(uint32_t event)
    {
        CHECK(call(0xc400'0021, event, kEntry, 7) == 0);
        CHECK(call(0xc400'0022, event) == 0);
        CHECK(call(0xc400'002c) == 0);
    }
    uint64_t x(unsigned n) { return vcpu.registers[engine::x_register(n)].low; }
    uint64_t pc() { return vcpu.registers[engine::kRegisterPc].low; }
};

}

TEST_CASE("without SDEI every call answers NOT_SUPPORTED, with it in every version of PSCI the calls are there")
{
    for (auto const& version : psci::kVersions)
        for (bool const enabled : { false, true })
            for (auto const& row : sdei::function_table()) {
                FakePlatform platform;
                FakeClock clock;
                FakeVcpu vcpu;
                Firmware firmware { version.version, platform, clock,
                    enabled ? std::optional { std::vector<uint32_t> {} } : std::nullopt };
                for (uint32_t const id : { row.id, row.id & ~uint32_t { 0x4000'0000 } }) {
                    vcpu.registers[engine::x_register(0)] = { id, 0 };
                    CHECK(firmware.handle(0, vcpu, {}).ok());
                    bool const absent = vcpu.registers[engine::x_register(0)].low == ~uint64_t { 0 };
                    CHECK(absent == (!enabled || id != row.id));
                }
            }
}

TEST_CASE("PSTATE in a handler is that of an exception taken to EL1h")
{
    using sdei::exception_pstate;
    constexpr uint64_t kAll = 0xf140'1000 | 1 << 21 | 1 << 20 | 3 << 10 | uint64_t { 1 } << 25;
    // Without PAN, SSBS and MTE: N, Z, C, V and DIT stay, SS, IL, UAO, BTYPE and TCO do not.
    CHECK(exception_pstate(kAll & ~(uint64_t { 1 } << 22), {}) == 0xf100'03c5);
    CHECK(exception_pstate(0, {}) == 0x3c5);
    CHECK(exception_pstate(0, { 0, 1 << 20, 0 }) == 0x0040'03c5); // SPAN is 0
    CHECK(exception_pstate(0, { 1 << 23, 1 << 20, 0 }) == 0x3c5);
    CHECK(exception_pstate(1 << 22, { 1 << 23, 1 << 20, 0 }) == 0x0040'03c5);
    CHECK(exception_pstate(0, { uint64_t { 1 } << 44, 0, 0 }) == 0x3c5);
    CHECK(exception_pstate(0, { uint64_t { 1 } << 44, 0, 2 << 4 }) == 0x13c5);
    CHECK(exception_pstate(1 << 12, { 0, 0, 2 << 4 }) == 0x3c5);
    CHECK(exception_pstate(0, { 0, 0, 2 << 8 }) == 0x0200'03c5);
}

TEST_CASE_FIXTURE(Fixture, "a critical event interrupts a normal handler, and both end where they began")
{
    prepare(0);
    prepare(kCritical);
    vcpu.registers[engine::kRegisterPc] = { 0x1000, 0 };
    sdei.signal(0, 0);
    CHECK(firmware.deliver_event(0, vcpu).take());
    CHECK(x(0) == 0);
    CHECK(x(1) == 7);
    CHECK(x(2) == 0x1000);
    CHECK(pc() == kEntry);
    sdei.signal(0, 0); // waits for the end of the first
    CHECK_FALSE(firmware.deliver_event(0, vcpu).take());
    sdei.signal(0, 1);
    CHECK(firmware.deliver_event(0, vcpu).take());
    CHECK(x(0) == kCritical);
    CHECK(x(2) == kEntry);
    CHECK(sdei.handler_runs(0));
    call(0xc400'0025);
    CHECK(pc() == kEntry);
    CHECK(x(2) == 0x1000);
    call(0xc400'0025);
    CHECK(pc() == 0x1000);
    CHECK(firmware.deliver_event(0, vcpu).take()); // the second event 0
    CHECK(pc() == kEntry);
}

TEST_CASE_FIXTURE(Fixture, "a vCPU that starts has no SDEI state, one that resumes is masked and keeps the rest")
{
    prepare(0);
    sdei.resume(0);
    sdei.signal(0, 0);
    CHECK_FALSE(sdei.deliverable(0));
    CHECK(call(0xc400'002c) == 0);
    CHECK(sdei.deliverable(0));
    CHECK(firmware.deliver_event(0, vcpu).take());
    sdei.start(0);
    CHECK(call(0xc400'0028, 0) == 0);
    CHECK(call(0xc400'0025) == -3);
    CHECK(call(0xc400'002b) == 0);
}

TEST_CASE_FIXTURE(Fixture, "EVENT_SIGNAL reaches a vCPU in any power state and makes it look once")
{
    std::vector<unsigned> looks;
    platform.on_look = [&](unsigned target) { looks.push_back(target); };
    CHECK(call(0xc400'002f, 0, 0x101) == 0); // off
    CHECK(call(0xc400'002f, 0, 0x101) == 0);
    CHECK(call(0xc400'002f, 0, 0x000) == 0); // itself
    CHECK(looks == std::vector { 3u, 0u });
    CHECK(call(0xc400'002f, kCritical, 0) == -2); // of the host alone
}

TEST_CASE_FIXTURE(Fixture, "registers refuse what no machine can be in")
{
    using namespace sdei;
    auto const write = [&](engine::RegisterId id, uint64_t value) {
        return this->sdei.write_register(0, id, { value, 0 });
    };
    auto const state = event_register_id(1, EventField::State);
    CHECK_FALSE(write(kPeState, 2).ok());
    CHECK_FALSE(write(event_register_id(1, EventField::Number), 0x4000'0001).ok());
    CHECK_FALSE(write(state, 2).ok()); // enabled, not registered
    CHECK_FALSE(write(state, 4).ok()); // running is said elsewhere
    CHECK_FALSE(write(state, 32).ok());
    CHECK_FALSE(write(event_register_id(1, EventField::Entry), 2).ok());
    CHECK_FALSE(write(event_register_id(2, EventField::State), 0).ok());
    CHECK_FALSE(write(context_register_id(0, ContextField::Event), kCritical).ok()); // of the other priority
    CHECK_FALSE(write(context_register_id(1, ContextField::Event), 5).ok());
    CHECK_FALSE(write(context_register_id(1, ContextField::Pstate), 9).ok()); // EL2
    CHECK_FALSE(write(context_register_id(1, ContextField::Pstate), 0x10).ok()); // AArch32
    CHECK_FALSE(this->sdei.write_register(0, kPeState, { 1, 1 }).ok());
    CHECK_FALSE(this->sdei.read_register(0, { kPeState.value + 1 }).ok());
    CHECK(this->sdei.register_list().size() == 1 + 2 * 4 + 2 * 21);
    CHECK(write(context_register_id(1, ContextField::Event), kCritical).ok());
    CHECK(call(0xc400'0028, kCritical) == 4);
    CHECK(write(state, 3).ok());
    CHECK(call(0xc400'0028, kCritical) == 7);
}

// --- Storms --------------------------------------------------------------------------------------------------------

// Four vCPUs on threads of their own signal each other and two outsiders signal all of them, for as long as each vCPU
// has not been in its handler often enough. No handler is entered without a signal, none is lost at the end.
TEST_CASE("storms of signals lose none, and enter no handler without one")
{
    constexpr unsigned kVcpus = 4;
    constexpr unsigned kEnough = 300;
    FakePlatform platform;
    FakeClock clock;
    std::array<std::atomic<bool>, kVcpus> looked {};
    platform.on_look = [&](unsigned vcpu) { looked[vcpu].store(true); };
    sdei::Sdei sdei { { kCritical }, platform };
    std::array<std::atomic<uint64_t>, kVcpus> sent {};
    std::array<uint64_t, kVcpus> handled {};
    std::atomic<unsigned> busy { kVcpus };
    std::atomic<bool> over { false };
    std::atomic<unsigned> silent { 0 };

    auto const run_vcpu = [&](unsigned self) {
        FakeVcpu vcpu;
        auto const call = [&](uint32_t id, uint64_t x1 = 0, uint64_t x2 = 0) {
            return sdei.call({ { id }, self, { x1, x2, 0, 0 } }, vcpu).take();
        };
        for (uint64_t const event : { 0u, kCritical }) {
            call(0xc400'0021, event, kEntry);
            call(0xc400'0022, event);
        }
        call(0xc400'002c);
        bool counted = false;
        for (unsigned round = 0; !over.load(); ++round) {
            sent[round % kVcpus].fetch_add(1);
            call(0xc400'002f, 0, platform.mpidr(round % kVcpus));
            unsigned depth = 0;
            while (sdei.deliver(self, vcpu).take()) {
                ++depth;
                ++handled[self];
                if (depth == 2 || round % 2)
                    call(round % 3 ? 0xc400'0025 : 0xc400'0026, 0x1000), --depth;
            }
            for (; depth; --depth)
                call(0xc400'0025);
            if (!counted && handled[self] >= kEnough) {
                counted = true;
                busy.fetch_sub(1);
            }
        }
        // What is latched when nobody signals any more is delivered without another signal.
        for (silent.fetch_add(1); silent.load() < kVcpus;)
            std::this_thread::yield();
        while (sdei.deliver(self, vcpu).take()) {
            ++handled[self];
            call(0xc400'0025);
        }
        CHECK_FALSE(sdei.deliverable(self));
    };
    std::vector<std::thread> outsiders;
    for (unsigned i = 0; i < 2; ++i)
        outsiders.emplace_back([&, i] {
            for (unsigned n = i; busy.load(); ++n) {
                sent[n % kVcpus].fetch_add(1);
                sdei.signal(n % kVcpus, n / kVcpus % 2);
                if (n % 64 == 0)
                    std::this_thread::yield();
            }
        });
    std::vector<std::thread> vcpus;
    for (unsigned i = 0; i < kVcpus; ++i)
        vcpus.emplace_back(run_vcpu, i);
    for (auto& thread : outsiders)
        thread.join();
    over.store(true);
    for (auto& thread : vcpus)
        thread.join();
    for (unsigned i = 0; i < kVcpus; ++i) {
        CHECK(handled[i] >= kEnough);
        CHECK(handled[i] <= sent[i].load());
        CHECK(looked[i].load());
    }
}

// --- Trace ---------------------------------------------------------------------------------------------------------

TEST_CASE_FIXTURE(Fixture, "the trace names calls of SDEI, their arguments and results")
{
    call(0xc400'0020);
    call(0xc400'0021, kCritical, kEntry, 7, 2);
    call(0xc400'0028, kCritical);
    call(0xc400'0025);
    call(0xc400'0033);
    auto const entries = firmware.trace().entries();
    REQUIRE(entries.size() == 5);
    std::vector<CallDescription> calls;
    for (auto const& entry : entries)
        calls.push_back(describe_call(entry));
    CHECK(calls[0].function == "SDEI_VERSION");
    CHECK(calls[0].result == "SDEI 1.1");
    CHECK(calls[1].function == "SDEI_EVENT_REGISTER");
    CHECK(calls[1].argument_names
        == std::vector<std::string_view> { "event", "entry_point", "ep_argument", "flags", "affinity" });
    CHECK(calls[1].arguments == std::vector<uint64_t> { kCritical, kEntry, 7, 2, 0 });
    CHECK(calls[1].result == "SUCCESS");
    CHECK_FALSE(calls[2].result); // a plain number
    CHECK(entries[2].result == 1);
    CHECK(calls[3].result == "DENIED");
    CHECK(calls[4].function == "0xc4000033");
    CHECK(calls[4].result == "NOT_SUPPORTED");
}

TEST_CASE("what the trace costs a call")
{
    constexpr unsigned kCalls = 1'000'000;
    Trace trace;
    auto const start = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < kCalls; ++i)
        trace.finish(trace.begin({ i, 0, 0xc400'0028, { i }, std::nullopt, 0 }), 0);
    auto const spent = std::chrono::steady_clock::now() - start;
    MESSAGE("a traced call: " << std::chrono::duration<double, std::nano> { spent }.count() / kCalls << " ns");
    CHECK(trace.entries().back().sequence == kCalls - 1);
    CHECK(trace.entries().size() == Trace::kCapacity);
}
