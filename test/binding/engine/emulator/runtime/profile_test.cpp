#include "engine/emulator/runtime/profile.h"

#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/fake_services.h"
#include "engine/emulator/runtime/pmu.h"
#include "generated/a64_instruction.h"

#include <doctest/doctest.h>

#include <set>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::runtime;
using SR = SystemRegister;

namespace {

struct Fixture : CpuFixture {
    uint64_t field(SR which, unsigned low) { return (sys(which) >> low) & 15; }
};

std::set<isa::Feature> features_of_table()
{
    std::set<isa::Feature> features;
    for (unsigned i = 0; i < static_cast<unsigned>(isa::Instruction::Count); ++i)
        features.insert(isa::info(static_cast<isa::Instruction>(i)).feature);
    return features;
}

}

TEST_CASE_FIXTURE(Fixture, "the profile advertises exactly the instructions that the table has")
{
    using isa::Feature;
    struct {
        Feature feature;
        SR which;
        unsigned low;
        uint64_t at_least;
    } const cases[] {
        { Feature::Aes, SR::ID_AA64ISAR0_EL1, 4, 1 },
        { Feature::Pmull, SR::ID_AA64ISAR0_EL1, 4, 2 },
        { Feature::Sha1, SR::ID_AA64ISAR0_EL1, 8, 1 },
        { Feature::Sha256, SR::ID_AA64ISAR0_EL1, 12, 1 },
        { Feature::Crc32, SR::ID_AA64ISAR0_EL1, 16, 1 },
        { Feature::Lse, SR::ID_AA64ISAR0_EL1, 20, 2 },
        { Feature::Rdm, SR::ID_AA64ISAR0_EL1, 28, 1 },
        { Feature::DotProd, SR::ID_AA64ISAR0_EL1, 44, 1 },
        { Feature::FlagM, SR::ID_AA64ISAR0_EL1, 52, 1 },
        { Feature::FlagM2, SR::ID_AA64ISAR0_EL1, 52, 2 },
        { Feature::Rcpc, SR::ID_AA64ISAR1_EL1, 20, 1 },
        { Feature::Rcpc2, SR::ID_AA64ISAR1_EL1, 20, 2 },
        { Feature::Sb, SR::ID_AA64ISAR1_EL1, 36, 1 },
    };
    auto const present = features_of_table();
    for (auto const& c : cases) {
        CAPTURE(static_cast<int>(c.feature));
        bool const advertised = field(c.which, c.low) >= c.at_least;
        CHECK(present.contains(c.feature) == advertised);
    }
}

TEST_CASE_FIXTURE(Fixture, "fields of features that are not here read as absent")
{
    // SHA3, SM3, SM4, FHM, RNDR.
    for (unsigned low : { 24u, 32u, 36u, 40u, 48u, 60u })
        CHECK(field(SR::ID_AA64ISAR0_EL1, low) == 0);
    // APA, API, JSCVT, FCMA, GPA, GPI, FRINTTS, SPECRES, BF16, DGH, I8MM, XS, LS64.
    for (unsigned low : { 4u, 8u, 12u, 16u, 24u, 28u, 32u, 40u, 44u, 48u, 52u, 56u, 60u })
        CHECK(field(SR::ID_AA64ISAR1_EL1, low) == 0);
    CHECK(sys(SR::ID_AA64ISAR2_EL1) == 0);
    // EL2, EL3, RAS, SVE, SEL2, MPAM, AMU.
    for (unsigned low : { 8u, 12u, 28u, 32u, 36u, 40u, 44u })
        CHECK(field(SR::ID_AA64PFR0_EL1, low) == 0);
    CHECK(field(SR::ID_AA64PFR0_EL1, 16) == 0); // FP, without half precision
    CHECK(field(SR::ID_AA64PFR0_EL1, 20) == 0); // AdvSIMD, the same: the two must agree
    // BT, MTE, SME.
    for (unsigned low : { 0u, 8u, 24u })
        CHECK(field(SR::ID_AA64PFR1_EL1, low) == 0);
}

TEST_CASE_FIXTURE(Fixture, "what keeps Linux from slow paths is there")
{
    CHECK(field(SR::ID_AA64PFR0_EL1, 56) == 3); // CSV2_3: no branch history loops
    CHECK(field(SR::ID_AA64PFR0_EL1, 60) == 1); // CSV3
    CHECK(field(SR::ID_AA64MMFR2_EL1, 60) == 1); // E0PD: no KPTI under KASLR
    CHECK(field(SR::ID_AA64PFR1_EL1, 4) == 2); // SSBS with MSR
    CHECK(field(SR::ID_AA64MMFR1_EL1, 0) == 2); // hardware access flag and dirty state
    CHECK(field(SR::ID_AA64MMFR1_EL1, 20) == 2); // PAN2
    CHECK(field(SR::ID_AA64MMFR0_EL1, 4) == 2); // 16-bit ASIDs
    CHECK(field(SR::ID_AA64MMFR0_EL1, 0) == 5); // 48-bit physical addresses
    CHECK(field(SR::ID_AA64MMFR2_EL1, 48) == 1); // TTL
    CHECK(field(SR::ID_AA64ISAR0_EL1, 56) == 2); // TLBI by range
    CHECK(((sys(SR::CTR_EL0) >> 28) & 3) == 1); // IDC, no DIC
    CHECK((sys(SR::MIDR_EL1) >> 24) == 0); // in no implementer's errata list
}

TEST_CASE_FIXTURE(Fixture, "counts in ID_AA64DFR0_EL1 are those of the implementation")
{
    CHECK(field(SR::ID_AA64DFR0_EL1, 12) == kBreakpointCount - 1);
    CHECK(field(SR::ID_AA64DFR0_EL1, 20) == kWatchpointCount - 1);
    CHECK(field(SR::ID_AA64DFR0_EL1, 28) == kBreakpointCount - kFirstContextBreakpoint - 1);
    CHECK(((sys(SR::PMCR_EL0) >> 11) & 31) == kPmuEventCounters);
    CHECK(sys(SR::PMCEID0_EL0) == kPmuCommonEvents);
}

TEST_CASE_FIXTURE(Fixture, "cache geometry is consistent")
{
    uint64_t const ctr = sys(SR::CTR_EL0);
    CHECK((4u << (ctr & 15)) == 64);
    CHECK((4u << ((ctr >> 16) & 15)) == 64);
    for (unsigned selection : { 0u, 1u, 2u }) {
        uint64_t const ccsidr = cache_size(profile_dormouse_v1(), selection);
        CHECK((16u << (ccsidr & 7)) == 64);
    }
    CHECK(cache_size(profile_dormouse_v1(), 4) == 0);
}
