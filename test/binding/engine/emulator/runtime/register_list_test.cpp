#include "engine/emulator/runtime/register_list.h"

#include "arch/reset_state.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/exceptions.h"
#include "engine/emulator/runtime/fake_services.h"
#include "engine/emulator/runtime/pmu.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/register_names.h"
#include "engine/emulator/runtime/system_registers.h"
#include "engine/emulator/runtime/timers.h"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::runtime;
using engine::RegisterEntry;
using engine::RegisterId;
using engine::RegisterValue;
using SR = SystemRegister;

namespace {

std::vector<RegisterEntry> save(Cpu const& cpu)
{
    std::vector<RegisterEntry> state;
    for (RegisterId const id : register_list(profile_dormouse_v1())) {
        auto const value = read_register(cpu, id);
        REQUIRE(value.ok());
        state.push_back({ id, value.value() });
    }
    return state;
}

void load(Cpu& cpu, std::vector<RegisterEntry> const& state)
{
    for (RegisterEntry const& entry : state) {
        auto const result = write_register(cpu, entry.id, entry.value);
        if (!result.ok())
            FAIL(result.error().message);
    }
}

// Any state a guest could have brought the vCPU into.
void randomise(Cpu& cpu, std::mt19937_64& random)
{
    for (unsigned n = 0; n < 31; ++n)
        cpu.x[n] = random();
    for (Vector& v : cpu.v)
        v = Vector { { random(), random() } };
    for (unsigned i = 0; i < kSystemRegisterCount; ++i) {
        auto const which = static_cast<SR>(i);
        auto const& row = system_register_row(which);
        if (row.behaviour == RegisterBehaviour::Identification || row.access == RegisterAccess::Never)
            continue;
        if (row.listing == RegisterListing::Hidden && row.behaviour != RegisterBehaviour::Timer && which != SR::ELR_EL1
            && which != SR::SPSR_EL1)
            continue;
        cpu.system(which) = (cpu.system(which) & ~row.writable) | (random() & row.writable);
    }
    cpu.system(SR::CNTVOFF_EL2) = random();
    cpu.system(SR::CNTPOFF_EL2) = random();
    cpu.system(SR::SP_EL0) = random();
    cpu.system(SR::SP_EL1) = random();
    cpu.sp = random();
    cpu.pc = random();
    cpu.fpcr = static_cast<uint32_t>(random() & 0x07c0'0000);
    cpu.fpsr = static_cast<uint32_t>(random() & 0x0800'009f);
    uint64_t const modes[] { kSpsrModeEl0t, kSpsrModeEl1t, kSpsrModeEl1h };
    set_from_spsr(cpu, (random() & kSpsrImplemented & ~kSpsrModeMask) | modes[random() % 3]);
    cpu.event_register = random() & 1;
    cpu.exclusive = ExclusiveMonitor {};
    if (random() & 1) {
        cpu.exclusive = { true, static_cast<uint8_t>(1 << random() % 5), random(), { random(), random() } };
    }
}

void check_error(Result<void> const& result, char const* name, char const* detail)
{
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Code::InvalidArgument);
    CHECK(result.error().message.find(name) != std::string::npos);
    CHECK(result.error().message.find(detail) != std::string::npos);
}

}

TEST_CASE_FIXTURE(CpuFixture, "the list has no duplicates, names for all, and KVM's ids for what KVM has")
{
    auto const list = register_list(profile_dormouse_v1());
    std::set<uint64_t> ids;
    for (RegisterId const id : list) {
        CHECK(ids.insert(id.value).second);
        CHECK(register_name(id).find("0x") == std::string::npos);
    }
    for (uint64_t const id : { 0x6030'0000'0010'0000, 0x6030'0000'0010'003c, 0x6030'0000'0010'003e,
             0x6030'0000'0010'0040, 0x6030'0000'0010'0042, 0x6030'0000'0010'0044, 0x6030'0000'0010'0046,
             0x6030'0000'0010'0048, 0x6040'0000'0010'0054, 0x6040'0000'0010'00d0, 0x6020'0000'0010'00d4,
             0x6020'0000'0010'00d5, 0x6030'0000'0013'c080, 0x6030'0000'0013'c102, 0x6030'0000'0013'de82,
             0x6030'0000'0013'df19, 0x6030'0000'0013'df02, 0x6030'0000'0013'df1a, 0x6030'0000'0013'df11,
             0x6030'0000'0013'df12, 0x6030'0000'0013'df01, 0x6030'0000'0013'c005, 0x6030'0000'0013'8012 })
        CHECK(ids.contains(static_cast<uint64_t>(id)));
    CHECK(register_name({ 0x6030'0000'0013'c080 }) == "SCTLR_EL1");
    CHECK(register_name({ 0x6030'0000'0013'df02 }) == "CNTV_CVAL_EL0");
    CHECK(register_name({ 0x6030'0000'0010'000a }) == "X5");
}

TEST_CASE("any state survives save and load, and the copy behaves as the original")
{
    for (unsigned seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random { seed };
        CpuFixture original;
        randomise(original.cpu, random);
        original.cpu.instructions_retired = random() % 1000;
        pmu_synchronise(original.cpu);
        auto const state = save(original.cpu);

        CpuFixture copy;
        copy.cpu.instructions_retired = random() % 1000; // no part of the state
        std::mt19937_64 other { seed + 1000 };
        randomise(copy.cpu, other); // whatever was there before
        load(copy.cpu, state);
        CHECK(save(copy.cpu) == state);

        // Every register with storage is equal, not only what the list shows.
        for (unsigned i = 0; i < kSystemRegisterCount; ++i) {
            auto const which = static_cast<SR>(i);
            if (which == SR::PMU_INSTRUCTIONS || which == SR::SP_EL0 || which == SR::SP_EL1)
                continue; // stack pointers: compared through the list, the selected one is in Cpu::sp
            CAPTURE(system_register_row(which).name);
            CHECK(copy.cpu.system(which) == original.cpu.system(which));
        }
        CHECK(copy.cpu.pstate == original.cpu.pstate);
        CHECK(copy.cpu.sp == original.cpu.sp);
        bool const step_requested = copy.cpu.pending.load() & kPendingStep;
        CHECK(step_requested == needs_single_stepping(original.cpu));
        CHECK(copy.services.pmu_line
            == bool((original.cpu.system(SR::PMCR_EL0) & 1)
                && (original.cpu.system(SR::PMOVSSET_EL0) & original.cpu.system(SR::PMINTENSET_EL1))));

        // Both go on alike: time passes, instructions retire, an exception and a return.
        for (CpuFixture* f : { &original, &copy }) {
            f->services.ticks += 1234;
            f->cpu.instructions_retired += 777;
            f->cpu.raise(ExceptionClass::DataAbortLower, 0x45);
            take_exception(f->cpu);
            f->cpu.instructions_retired += 10;
            return_from_exception(f->cpu);
            f->cpu.instructions_retired += 3;
        }
        CHECK(save(copy.cpu) == save(original.cpu));
    }
}

TEST_CASE_FIXTURE(CpuFixture, "saving changes nothing")
{
    std::mt19937_64 random { 5 };
    randomise(cpu, random);
    sys(SR::PMCR_EL0) |= 1;
    sys(SR::PMCNTENSET_EL0) = kPmuCounterMask;
    sys(SR::PMCCFILTR_EL0) = 0;
    pmu_synchronise(cpu);
    cpu.instructions_retired += 100;
    uint64_t const cycles = sys(SR::PMCCNTR_EL0);
    auto const first = save(cpu);
    CHECK(sys(SR::PMCCNTR_EL0) == cycles);
    CHECK(save(cpu) == first);
    auto const id = engine::system_register_id(system_register_row(SR::PMCCNTR_EL0).encoding);
    CHECK(read_register(cpu, id).value().low == cycles + 100);
}

TEST_CASE_FIXTURE(CpuFixture, "stack pointers load right whatever the order of PSTATE")
{
    for (bool pstate_first : { false, true }) {
        CpuFixture f;
        if (pstate_first)
            REQUIRE(write_register(f.cpu, engine::kRegisterPstate, { 0x3c4 }).ok());
        REQUIRE(write_register(f.cpu, engine::kRegisterSp, { 0x111 }).ok());
        REQUIRE(write_register(f.cpu, engine::kRegisterSpEl1, { 0x222 }).ok());
        if (!pstate_first)
            REQUIRE(write_register(f.cpu, engine::kRegisterPstate, { 0x3c4 }).ok());
        CHECK(f.cpu.sp == 0x111);
        CHECK(read_register(f.cpu, engine::kRegisterSpEl1).value().low == 0x222);
        CHECK(read_register(f.cpu, engine::kRegisterSp).value().low == 0x111);
    }
}

TEST_CASE_FIXTURE(CpuFixture, "values that cannot be are refused by name, and change nothing")
{
    auto const before = save(cpu);
    auto const id_of = [](SR which) { return engine::system_register_id(system_register_row(which).encoding); };
    check_error(write_register(cpu, { 0x6030'0000'0013'1234 }, {}), "Unknown", "0x6030000000131234");
    check_error(write_register(cpu, id_of(SR::SP_EL0), {}), "Unknown", "0x");
    check_error(write_register(cpu, id_of(SR::MIDR_EL1), { 0x410f'd0b0 }), "MIDR_EL1", "dormouse-v1");
    check_error(write_register(cpu, id_of(SR::ID_AA64ISAR0_EL1), { 0 }), "ID_AA64ISAR0_EL1", "dormouse-v1");
    check_error(write_register(cpu, id_of(SR::MPIDR_EL1), { 0x8000'0001 }), "MPIDR_EL1", "0x2");
    check_error(write_register(cpu, id_of(SR::SCTLR_EL1), { 0 }), "SCTLR_EL1", "0x30400980");
    check_error(write_register(cpu, id_of(SR::TCR_EL1), { uint64_t { 1 } << 59 }), "TCR_EL1", "0x800000000000000");
    check_error(write_register(cpu, engine::kRegisterPstate, { 0x3c9 }), "PSTATE", "field M");
    check_error(write_register(cpu, engine::kRegisterPstate, { 0x1d0 }), "PSTATE", "field M");
    check_error(write_register(cpu, engine::kRegisterPstate, { 0x8000'0000'03c5 }), "PSTATE", "0x8000");
    check_error(write_register(cpu, engine::kRegisterFpcr, { 1 }), "FPCR", "0x1");
    check_error(write_register(cpu, engine::kRegisterFpsr, { uint64_t { 1 } << 32 }), "FPSR", "4 bytes");
    check_error(write_register(cpu, engine::kRegisterPc, { 0, 1 }), "PC", "8 bytes");
    check_error(write_register(cpu, kRegisterVirtualTimerControl, { 8 }), "CNTV_CTL_EL0", "0x8");
    check_error(write_register(cpu, kRegisterExclusiveControl, { 0x301 }), "EXCLUSIVE_CONTROL", "size 3");
    check_error(write_register(cpu, kRegisterEvent, { 2 }), "EVENT", "0x2");
    CHECK_FALSE(read_register(cpu, { 0 }).ok());
    CHECK(save(cpu) == before);
    // ID registers take the profile's own value.
    for (auto const& entry : before)
        CHECK(write_register(cpu, entry.id, entry.value).ok());
}

TEST_CASE_FIXTURE(CpuFixture, "reset gives the architectural state and keeps what is not the vCPU's")
{
    CpuFixture fresh;
    auto const expected = save(fresh.cpu);
    std::mt19937_64 random { 9 };
    randomise(cpu, random);
    sys(SR::CNTVOFF_EL2) = sys(SR::CNTPOFF_EL2) = 0;
    cpu.instructions_retired = 500;
    cpu.pending = kPendingIrq;
    reset_cpu(cpu, 3);
    cpu.pc = fresh.cpu.pc;
    CHECK(save(cpu) == expected);
    CHECK(cpu.pending.load() == kPendingIrq);
    CHECK(read_register(cpu, engine::kRegisterPstate).value().low == 0x3c5);
    CHECK(sys(SR::MPIDR_EL1) == 0x8000'0003);
    CHECK(sys(SR::SCTLR_EL1) == arch::kSctlrEl1Reset);
    sys(SR::CNTVOFF_EL2) = 42;
    reset_cpu(cpu, 0xff'00ff'0102);
    CHECK(sys(SR::CNTVOFF_EL2) == 42);
    CHECK(sys(SR::MPIDR_EL1) == 0xff'80ff'0102);
}
