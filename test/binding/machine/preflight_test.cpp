#include "machine/preflight.h"

#include "arch/system_register_encoding.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string_view>

using namespace dormouse;
using namespace dormouse::machine;
using Verdict = Finding::Verdict;

namespace {

constexpr uint64_t kAll = ~uint64_t { 0 };

engine::RegisterId sys(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    return engine::system_register_id(arch::system_register(op0, op1, crn, crm, op2));
}
engine::RegisterId const kPfr0 = sys(3, 0, 0, 4, 0);
engine::RegisterId const kIsar0 = sys(3, 0, 0, 6, 0);
engine::RegisterId const kSctlr = sys(3, 0, 1, 0, 0);
engine::RegisterId const kEvent { engine::system_register_id(0xff88) };

MachineFacts facts()
{
    MachineFacts facts;
    facts.engine = "emulator";
    facts.cpu_profile = "portable-v1";
    facts.counter_frequency_hz = 62'500'000;
    facts.zero_block_bytes = 64;
    facts.sdei = true;
    facts.sdei_events = { 0x4000'0000 };
    facts.cpus = 2;
    facts.memory_bytes = 1 << 28;
    facts.gic_lines = 288;
    facts.gic_cpus_per_region = { 2 };
    return facts;
}

// Two alike, one saved and one offering, of which a case changes one thing.
struct Pair {
    SavedMachine saved;
    MachineOffer offer;

    Pair()
    {
        saved.facts = offer.facts = facts();
        saved.vcpus.resize(2);
        offer.vcpus.resize(2);
        both(engine::x_register(0), 7, 0);
        both(kPfr0, 0x11, kAll);
        both(kIsar0, 0x10000, kAll);
        both(kSctlr, 0x30d0'0801, 0xffff'ffff'0fff'0000);
    }
    void both(engine::RegisterId id, uint64_t value, uint64_t fixed)
    {
        save(id, value);
        provide(id, value, fixed);
    }
    // Overwrites.
    void save(engine::RegisterId id, uint64_t value)
    {
        for (SavedVcpu& vcpu : saved.vcpus) {
            std::erase_if(vcpu.registers, [&](auto const& entry) { return entry.id == id; });
            vcpu.registers.push_back({ id, { value, 0 } });
        }
    }
    void provide(engine::RegisterId id, uint64_t value, uint64_t fixed)
    {
        for (auto& vcpu : offer.vcpus) {
            std::erase_if(vcpu, [&](auto const& each) { return each.id == id; });
            vcpu.push_back({ id, { value, 0 }, fixed });
        }
    }
    std::vector<Finding> findings() const { return preflight(saved, offer); }
};

struct Case {
    char const* name;
    std::function<void(Pair&)> change;
    Verdict verdict;
    char const* subject;
    char const* field;
    char const* reason; // a part of it
};

}

TEST_CASE("two of a kind have nothing against each other")
{
    CHECK(Pair {}.findings().empty());
}

TEST_CASE("each difference is explained once, by register and field")
{
    Case const cases[] {
        { "fewer CPUs", [](Pair& p) { p.offer.facts.cpus = 1; }, Verdict::Refused, "cpus", "",
            "cpus is 2, this machine has 1" },
        { "more memory", [](Pair& p) { p.offer.facts.memory_bytes = 1 << 29; }, Verdict::Refused, "memoryBytes", "",
            "memoryBytes is 268435456, this machine has 536870912" },
        { "another PSCI version", [](Pair& p) { p.offer.facts.psci_version = firmware::psci::Version::V1_0; },
            Verdict::Refused, "PSCI_VERSION", "", "PSCI_VERSION is 1.3, this machine has 1.0" },
        { "another profile", [](Pair& p) { p.offer.facts.cpu_profile = "dormouse-v1"; }, Verdict::Refused, "cpuProfile",
            "", "cpuProfile is portable-v1, this machine has dormouse-v1" },
        { "no SDEI here", [](Pair& p) { p.offer.facts.sdei = false; }, Verdict::Refused, "sdei", "", "may be waiting" },
        { "no SDEI there", [](Pair& p) { p.saved.facts.sdei = false; }, Verdict::Refused, "sdei", "",
            "sdei is false, this machine has true" },
        { "other events", [](Pair& p) { p.offer.facts.sdei_events = {}; }, Verdict::Refused, "sdeiEvents", "",
            "sdeiEvents is 1073741824, this machine has none" },
        { "another counter", [](Pair& p) { p.offer.facts.counter_frequency_hz = 24'000'000; }, Verdict::Refused,
            "CNTFRQ_EL0", "",
            "CNTFRQ_EL0 is 62500000 Hz, this machine counts at 24000000 Hz: the guest would measure" },
        { "another counter, of a machine that can count at any frequency",
            [](Pair& p) {
                p.offer.facts.counter_frequency_hz = 24'000'000;
                p.offer.any_counter_frequency = true;
            },
            Verdict::Adapted, "CNTFRQ_EL0", "", "this machine counts at 24000000 Hz until then and takes that over" },
        { "a counter that nobody can have",
            [](Pair& p) {
                p.saved.facts.counter_frequency_hz = 999'999;
                p.offer.any_counter_frequency = true;
            },
            Verdict::Refused, "CNTFRQ_EL0", "", "CNTFRQ_EL0 is 999999 Hz" },
        { "another DC ZVA", [](Pair& p) { p.offer.facts.zero_block_bytes = 128; }, Verdict::Refused, "DCZID_EL0.BS", "",
            "64 bytes, this machine has 128 bytes" },
        { "fewer interrupts", [](Pair& p) { p.offer.facts.gic_lines = 64; }, Verdict::Refused, "gicLines", "", "288" },
        { "other frames",
            [](Pair& p) {
                p.offer.facts.gic_cpus_per_region = { 1, 1 };
            },
            Verdict::Refused, "gicCpusPerRegion", "", "gicCpusPerRegion is 2, this machine has 1, 1" },
        { "a feature is missing", [](Pair& p) { p.save(kIsar0, 0x21'0000); }, Verdict::Refused, "ID_AA64ISAR0_EL1",
            "Atomic", "ID_AA64ISAR0_EL1.Atomic is 2, this machine offers 0" },
        { "a feature is missing, of a register that can be loaded with less",
            [](Pair& p) {
                p.provide(kIsar0, 0x1'0000, 0);
                p.save(kIsar0, 0x21'0000);
            },
            Verdict::Refused, "ID_AA64ISAR0_EL1", "Atomic", "ID_AA64ISAR0_EL1.Atomic is 2, this machine offers 0" },
        { "a feature too many, which cannot be hidden", [](Pair& p) { p.provide(kPfr0, 0x10011, kAll); },
            Verdict::Refused, "ID_AA64PFR0_EL1", "FP", "ID_AA64PFR0_EL1.FP is 0, this machine offers 1" },
        { "bits without a name", [](Pair& p) { p.save(sys(3, 0, 0, 7, 7), 1); }, Verdict::Refused, "S3_0_C0_C7_7", "",
            "S3_0_C0_C7_7 is 0x1, this machine offers 0x0" },
        { "a register that nobody knows", [](Pair& p) { p.save(sys(3, 3, 14, 15, 7), 9); }, Verdict::Refused,
            "PMCCFILTR_EL0", "", "PMCCFILTR_EL0 is 0x9, this machine has no such register" },
        { "a firmware service of KVM", [](Pair& p) { p.save({ 0x6030'0000'0016'0000 }, 1); }, Verdict::Refused,
            "KVM_REG_ARM_STD_BMAP", "", "no such register. Its bits are firmware services" },
        { "the same, without any", [](Pair& p) { p.save({ 0x6030'0000'0016'0000 }, 0); }, Verdict::Adapted,
            "KVM_REG_ARM_STD_BMAP", "", "is left behind" },
        { "a register only here", [](Pair& p) { p.provide(sys(3, 0, 13, 0, 7), 0, 0); }, Verdict::Refused,
            "SCXTNUM_EL1", "", "the saved one has no such register" },
        { "a register only here that has a beginning", [](Pair& p) { p.provide(kEvent, 0, 0); }, Verdict::Adapted,
            "EVENT", "", "was not saved. An exception return sets" },
        { "AArch32 beside it", [](Pair& p) { p.save(sys(3, 4, 3, 0, 0), 5); }, Verdict::Adapted, "DACR32_EL2", "",
            "AArch32" },
        { "AArch32's features", [](Pair& p) { p.save(sys(3, 0, 0, 1, 0), 0x131); }, Verdict::Adapted, "ID_PFR0_EL1", "",
            "AArch32" },
        { "breakpoint 9", [](Pair& p) { p.save(sys(2, 0, 0, 9, 5), 0); }, Verdict::Adapted, "DBGBCR9_EL1", "",
            "does not count" },
        { "breakpoint 9 in use", [](Pair& p) { p.save(sys(2, 0, 0, 9, 5), 1); }, Verdict::Refused, "DBGBCR9_EL1", "",
            "no such register" },
        { "reserved bits", [](Pair& p) { p.save(kSctlr, 0x00c5'0079); }, Verdict::Adapted, "SCTLR_EL1", "",
            "SCTLR_EL1 loses bits" },
        { "a big-endian guest", [](Pair& p) { p.save(kSctlr, 0x32d0'0801); }, Verdict::Refused, "SCTLR_EL1", "",
            "this machine fixes bits 0x2000000 as 0x0" },
    };
    for (Case const& each : cases) {
        CAPTURE(each.name);
        Pair pair;
        each.change(pair);
        auto const found = pair.findings();
        REQUIRE(found.size() == 1); // for both vCPUs
        CHECK(found[0].verdict == each.verdict);
        CHECK(found[0].subject == each.subject);
        CHECK(found[0].field == each.field);
        CHECK(found[0].reason.find(each.reason) != std::string::npos);
    }
}

TEST_CASE("every refusal is told, before what is adapted")
{
    Pair pair;
    pair.provide(kEvent, 0, 0);
    pair.save(kIsar0, 0x21'0020);
    pair.offer.facts.cpus = 5;
    auto const found = pair.findings();
    REQUIRE(found.size() == 4);
    CHECK(found[0].subject == "cpus");
    CHECK(found[1].field == "AES");
    CHECK(found[2].field == "Atomic");
    CHECK(found[3].subject == "EVENT");
}

TEST_CASE("a register that may go unsaved by zero identification is no finding")
{
    Pair pair;
    pair.save(sys(3, 0, 0, 4, 4), 0); // ID_AA64ZFR0_EL1: who does not list it reads zero
    CHECK(pair.findings().empty());
    pair.save(sys(3, 0, 0, 4, 4), 1);
    CHECK(pair.findings().size() == 1);
}

TEST_CASE("what is loaded is what was saved, but for reserved bits")
{
    MachineOffer::Register const sctlr { kSctlr, { 0x30d0'0800, 0 }, 0xffff'ffff'f0ff'0000 };
    CHECK(adapted({ kSctlr, { 0x00c5'1005, 0 } }, sctlr).low == 0x30d0'1005);
    MachineOffer::Register const x0 { engine::x_register(0), { 9, 0 }, 0 };
    CHECK(adapted({ x0.id, { 5, 6 } }, x0) == engine::RegisterValue { 5, 6 });
    CHECK(value_if_absent({ kEvent, { 0, 0 }, 0 }).low == 1);
    CHECK(value_if_absent({ kPfr0, { 0x11, 0 }, kAll }).low == 0x11);
}
