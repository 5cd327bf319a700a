#include "engine/emulator/runtime/pmu.h"

#include "engine/emulator/runtime/exceptions.h"
#include "engine/emulator/runtime/fake_services.h"
#include "engine/emulator/runtime/register_access.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::runtime;
using SR = SystemRegister;

namespace {

constexpr uint64_t kCycle = uint64_t { 1 } << 31;
constexpr uint64_t kNotEl1 = uint64_t { 1 } << 31;
constexpr uint64_t kNotEl0 = uint64_t { 1 } << 30;

SR nth(SR first, unsigned n)
{
    return static_cast<SR>(static_cast<unsigned>(first) + n);
}

struct Fixture : CpuFixture {
    void write(SR which, uint64_t value) { write_pmu_register(cpu, which, value); }
    uint64_t read(SR which) { return read_pmu_register(cpu, which); }
    void count_event(unsigned n, uint64_t type)
    {
        write(nth(SR::PMEVTYPER0_EL0, n), type);
        write(SR::PMCNTENSET_EL0, uint64_t { 1 } << n);
    }
    uint64_t event(unsigned n) { return read(nth(SR::PMEVCNTR0_EL0, n)); }
    void run(uint64_t instructions) { cpu.instructions_retired += instructions; }
};

}

TEST_CASE_FIXTURE(Fixture, "counters stand still until both enables are set")
{
    count_event(0, kPmuEventInstRetired);
    write(SR::PMCNTENSET_EL0, kCycle);
    run(100);
    CHECK(event(0) == 0);
    CHECK_FALSE(pmu_is_counting(cpu));
    write(SR::PMCR_EL0, 1);
    CHECK(pmu_is_counting(cpu));
    run(100);
    CHECK(event(0) == 100);
    CHECK(read(SR::PMCCNTR_EL0) == 100);
    CHECK(event(1) == 0);
    write(SR::PMCNTENCLR_EL0, 1);
    run(50);
    CHECK(event(0) == 100);
    CHECK(read(SR::PMCCNTR_EL0) == 150);
    write(SR::PMCR_EL0, 0);
    run(50);
    CHECK(read(SR::PMCCNTR_EL0) == 150);
}

TEST_CASE_FIXTURE(Fixture, "PMCR_EL0 shows six counters and resets by P and C")
{
    CHECK(read(SR::PMCR_EL0) == (6 << 11 | 1 << 6));
    write(SR::PMCR_EL0, 1);
    count_event(2, kPmuEventCpuCycles);
    write(SR::PMCNTENSET_EL0, kCycle);
    run(10);
    write(SR::PMCR_EL0, 1 | 1 << 1);
    CHECK(event(2) == 0);
    CHECK(read(SR::PMCCNTR_EL0) == 10);
    run(5);
    write(SR::PMCR_EL0, 1 | 1 << 2);
    CHECK(event(2) == 5);
    CHECK(read(SR::PMCCNTR_EL0) == 0);
    CHECK(read(SR::PMCR_EL0) == (6 << 11 | 1 << 6 | 1));
    write(SR::PMCR_EL0, ~uint64_t { 0 });
    CHECK(read(SR::PMCR_EL0) == (6 << 11 | 1 << 6 | 0x39));
}

TEST_CASE_FIXTURE(Fixture, "filters follow the exception level, across entry and return")
{
    write(SR::PMCR_EL0, 1);
    count_event(0, kPmuEventInstRetired | kNotEl1);
    count_event(1, kPmuEventInstRetired | kNotEl0);
    count_event(2, kPmuEventInstRetired);
    count_event(3, kPmuEventInstRetired | kNotEl0 | kNotEl1);
    run(10); // EL1
    sys(SR::SPSR_EL1) = 0;
    return_from_exception(cpu);
    run(7); // EL0
    cpu.raise(ExceptionClass::Svc64, 0);
    take_exception(cpu);
    run(4); // EL1
    CHECK(event(0) == 7);
    CHECK(event(1) == 14);
    CHECK(event(2) == 21);
    CHECK(event(3) == 0);
}

TEST_CASE_FIXTURE(Fixture, "an overflow raises the interrupt when it is enabled, until it is cleared")
{
    count_event(0, kPmuEventInstRetired);
    write(SR::PMCR_EL0, 1);
    write(SR::PMEVCNTR0_EL0, 0xffff'ff00);
    run(0x100);
    pmu_poll(cpu);
    CHECK(read(SR::PMOVSSET_EL0) == 1);
    CHECK(event(0) == 0);
    CHECK_FALSE(services.pmu_line);
    CHECK(services.pmu_poll_ns == 0);
    write(SR::PMINTENSET_EL1, 1);
    CHECK(services.pmu_line);
    CHECK(services.pmu_poll_ns != 0);
    write(SR::PMOVSCLR_EL0, 1);
    CHECK_FALSE(services.pmu_line);
    CHECK(read(SR::PMOVSCLR_EL0) == 0);
    write(SR::PMOVSSET_EL0, kCycle | 1);
    CHECK(read(SR::PMOVSCLR_EL0) == (kCycle | 1));
    CHECK(services.pmu_line);
    write(SR::PMCR_EL0, 0);
    CHECK_FALSE(services.pmu_line);
}

TEST_CASE_FIXTURE(Fixture, "an overflow is noticed by a poll and by an exception")
{
    for (bool by_poll : { true, false }) {
        Fixture f;
        f.count_event(1, kPmuEventCpuCycles);
        f.write(SR::PMINTENSET_EL1, 2);
        f.write(SR::PMEVCNTR1_EL0, 0xffff'ffff);
        f.write(SR::PMCR_EL0, 1);
        f.run(1);
        CHECK_FALSE(f.services.pmu_line);
        if (by_poll) {
            f.cpu.pending = kPendingPmu;
            pmu_poll(f.cpu);
            CHECK(f.cpu.pending.load() == 0);
        } else {
            f.cpu.raise(ExceptionClass::Svc64, 0);
            take_exception(f.cpu);
        }
        CHECK(f.services.pmu_line);
    }
}

TEST_CASE_FIXTURE(Fixture, "the cycle counter has 64 bits")
{
    write(SR::PMCNTENSET_EL0, kCycle);
    write(SR::PMCR_EL0, 1);
    write(SR::PMCCNTR_EL0, 0xffff'ffff);
    run(1);
    CHECK(read(SR::PMCCNTR_EL0) == 0x1'0000'0000);
    CHECK(read(SR::PMOVSSET_EL0) == 0);
    write(SR::PMCCNTR_EL0, ~uint64_t { 0 });
    run(2);
    CHECK(read(SR::PMCCNTR_EL0) == 1);
    CHECK(read(SR::PMOVSSET_EL0) == kCycle);
}

TEST_CASE_FIXTURE(Fixture, "CHAIN makes a 64-bit counter of two")
{
    write(SR::PMEVTYPER1_EL0, kPmuEventChain);
    count_event(0, kPmuEventInstRetired);
    write(SR::PMCNTENSET_EL0, 2);
    write(SR::PMCR_EL0, 1);
    write(SR::PMEVCNTR0_EL0, 0xffff'fffe);
    run(0x1'0000'0005);
    CHECK(event(0) == 3);
    CHECK(event(1) == 2);
    CHECK(read(SR::PMOVSSET_EL0) == 1);
    write(SR::PMEVCNTR1_EL0, 0xffff'ffff);
    run(0xffff'fffd);
    CHECK(event(1) == 0);
    CHECK(read(SR::PMOVSSET_EL0) == 3);
}

TEST_CASE_FIXTURE(Fixture, "an odd counter feeds no CHAIN")
{
    write(SR::PMEVTYPER2_EL0, kPmuEventChain);
    count_event(1, kPmuEventInstRetired);
    write(SR::PMCNTENSET_EL0, 4);
    write(SR::PMCR_EL0, 1);
    write(SR::PMEVCNTR1_EL0, 0xffff'ffff);
    run(1);
    CHECK(read(SR::PMOVSSET_EL0) == 2);
    CHECK(event(2) == 0);
}

TEST_CASE_FIXTURE(Fixture, "software increments count their event alone")
{
    write(SR::PMCR_EL0, 1);
    count_event(0, kPmuEventSwIncr);
    count_event(1, kPmuEventInstRetired);
    count_event(2, kPmuEventSwIncr | kNotEl1);
    write(SR::PMSWINC_EL0, 0x7);
    write(SR::PMSWINC_EL0, 0x1);
    CHECK(event(0) == 2);
    CHECK(event(1) == 0);
    CHECK(event(2) == 0);
    write(SR::PMEVCNTR0_EL0, 0xffff'ffff);
    write(SR::PMSWINC_EL0, 0x1);
    CHECK(read(SR::PMOVSSET_EL0) == 1);
}

TEST_CASE_FIXTURE(Fixture, "PMSELR_EL0 selects what PMXEVTYPER_EL0 and PMXEVCNTR_EL0 reach")
{
    write(SR::PMSELR_EL0, 3);
    write(SR::PMXEVTYPER_EL0, 0xffff'ffff);
    CHECK(sys(SR::PMEVTYPER3_EL0) == 0xc000'03ff);
    write(SR::PMXEVCNTR_EL0, 77);
    CHECK(event(3) == 77);
    CHECK(read(SR::PMXEVCNTR_EL0) == 77);
    write(SR::PMSELR_EL0, 31);
    write(SR::PMXEVTYPER_EL0, kNotEl0);
    CHECK(sys(SR::PMCCFILTR_EL0) == kNotEl0);
    CHECK(read(SR::PMXEVTYPER_EL0) == kNotEl0);
    CHECK(read(SR::PMXEVCNTR_EL0) == 0);
    write(SR::PMSELR_EL0, 6);
    write(SR::PMXEVTYPER_EL0, 5);
    CHECK(read(SR::PMXEVTYPER_EL0) == 0);
}

TEST_CASE_FIXTURE(Fixture, "PMCEID0_EL0 names the events that count")
{
    uint64_t const events = read(SR::PMCEID0_EL0);
    CHECK(events == 0x4002'0101);
    CHECK(read(SR::PMCEID1_EL0) == 0);
    write(SR::PMCR_EL0, 1);
    count_event(0, 0x3); // an event that is not there
    run(1000);
    CHECK(event(0) == 0);
}

TEST_CASE_FIXTURE(Fixture, "PMUSERENR_EL0 opens registers to EL0 one by one")
{
    struct {
        uint16_t encoding;
        bool is_read;
        uint64_t allowed_by; // bits of PMUSERENR_EL0, each enough
    } const cases[] {
        { arch::system_register(3, 3, 9, 12, 0), true, 1 }, // PMCR_EL0
        { arch::system_register(3, 3, 9, 13, 0), true, 1 | 4 }, // PMCCNTR_EL0
        { arch::system_register(3, 3, 9, 13, 0), false, 1 },
        { arch::system_register(3, 3, 9, 12, 4), false, 1 | 2 }, // PMSWINC_EL0
        { arch::system_register(3, 3, 14, 8, 5), true, 1 | 8 }, // PMEVCNTR5_EL0
        { arch::system_register(3, 3, 14, 8, 5), false, 1 },
        { arch::system_register(3, 3, 9, 13, 2), true, 1 | 8 }, // PMXEVCNTR_EL0
        { arch::system_register(3, 3, 9, 12, 5), false, 1 | 8 }, // PMSELR_EL0
        { arch::system_register(3, 3, 14, 15, 7), true, 1 }, // PMCCFILTR_EL0
    };
    enter_el0();
    for (auto const& c : cases) {
        CAPTURE(c.encoding);
        for (uint64_t enable = 0; enable < 16; ++enable) {
            sys(SR::PMUSERENR_EL0) = enable;
            uint64_t value = 0;
            Flow const flow = c.is_read ? read_system_register(cpu, mrs(c.encoding, 1), value)
                                        : write_system_register(cpu, msr(c.encoding, 1), 0);
            bool const allowed = enable & c.allowed_by;
            CHECK((flow == Flow::Next) == allowed);
            if (!allowed)
                CHECK(cpu.exception.exception_class == ExceptionClass::TrappedSystemRegister);
        }
    }
    uint64_t value = 0;
    sys(SR::PMUSERENR_EL0) = 0;
    CHECK(read_system_register(cpu, mrs(arch::system_register(3, 3, 9, 14, 0), 1), value) == Flow::Next);
    CHECK(write_system_register(cpu, msr(arch::system_register(3, 3, 9, 14, 0), 1), 1) == Flow::Exception);
    CHECK(cpu.exception.exception_class == ExceptionClass::Unknown);
}
