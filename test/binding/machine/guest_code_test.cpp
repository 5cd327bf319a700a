#include "machine/guest_code.h"

#include "arch/system_register_encoding.h"
#include "machine/fake_engine.h"

#include <cstring>
#include <doctest/doctest.h>
#include <vector>

using namespace dormouse;
using namespace dormouse::machine;

namespace {

using arch::system_register;
constexpr uint16_t kSctlr = system_register(3, 0, 1, 0, 0);
constexpr uint16_t kTtbr0 = system_register(3, 0, 2, 0, 0);
constexpr uint16_t kTtbr1 = system_register(3, 0, 2, 0, 1);
constexpr uint16_t kTcr = system_register(3, 0, 2, 0, 2);

// 1 MiB at 0x4000'0000 and a vCPU with the registers of address translation.
struct Fixture {
    static constexpr uint64_t kBase = 0x4000'0000;
    std::vector<uint8_t> bytes = std::vector<uint8_t>(1 << 20);
    memory::FlatView view { { { { kBase }, 1 << 20, bytes.data(), false, nullptr } }, 1 };
    std::map<uint16_t, uint64_t> system;

    struct Registers final : engine::Vcpu {
        std::map<uint16_t, uint64_t> const& system;
        explicit Registers(std::map<uint16_t, uint64_t> const& s) : system(s) { }
        engine::Exit run() override { return engine::ExitInterrupted {}; }
        void kick() override { }
        Wake wait_for_interrupt() override { return Wake::Kick; }
        std::vector<engine::RegisterId> register_list() const override { return {}; }
        Result<engine::RegisterValue> read_register(engine::RegisterId id) const override
        {
            auto const found = system.find(static_cast<uint16_t>(id.value));
            return engine::RegisterValue { found == system.end() ? 0 : found->second, 0 };
        }
        Result<void> write_register(engine::RegisterId, engine::RegisterValue) override { return {}; }
        void reset() override { }
        engine::VcpuCounters counters() const override { return {}; }
    } vcpu { system };

    void put(uint64_t address, uint64_t value) { std::memcpy(&bytes[address - kBase], &value, sizeof(value)); }
    uint64_t at(uint64_t address) const
    {
        auto const found = translate(vcpu, view, { address });
        return found ? found->value : 0;
    }
};

}

TEST_CASE_FIXTURE(Fixture, "with the MMU off an address is itself")
{
    CHECK(at(0x1234'5678) == 0x1234'5678);
}

TEST_CASE_FIXTURE(Fixture, "4 KiB granule, 48 bits: four levels down to a page, a block on the way, a hole")
{
    system = { { kSctlr, 1 }, { kTcr, 16 | uint64_t { 16 } << 16 | uint64_t { 2 } << 30 }, { kTtbr1, kBase | 1 },
        { kTtbr0, kBase + 0x8000 } };
    put(kBase + 8 * 511, (kBase + 0x1000) | 3); // level 0 of 0xffff'ff80'0000'0000
    put(kBase + 0x1000, (kBase + 0x2000) | 3);
    put(kBase + 0x2000, (kBase + 0x3000) | 3);
    put(kBase + 0x2000 + 8, 0x8020'0000 | 1); // a 2 MiB block
    put(kBase + 0x3000 + 8 * 5, 0x0060'0000'8765'4000 | 0x703); // attributes around the address
    CHECK(at(0xffff'ff80'0000'5abc) == 0x8765'4abc);
    CHECK(at(0xffff'ff80'0023'4567) == 0x8023'4567);
    CHECK(at(0xffff'ff80'0000'6000) == 0);
    CHECK(at(0x0000'0000'0000'5000) == 0); // the other half has empty tables
}

TEST_CASE_FIXTURE(Fixture, "64 KiB granule, 42 bits: two levels")
{
    system = { { kSctlr, 1 }, { kTcr, uint64_t { 22 } << 16 | uint64_t { 3 } << 30 }, { kTtbr1, kBase } };
    put(kBase + 8 * 0x1fff, (kBase + 0x1'0000) | 3);
    put(kBase + 0x1'0000 + 8 * 3, 0x8003'0000 | 3);
    CHECK(at(0xffff'ffff'e003'1234) == 0x8003'1234);
}

TEST_CASE_FIXTURE(Fixture, "tables outside of memory and absurd sizes are no address and no crash")
{
    system = { { kSctlr, 1 }, { kTcr, 16 | uint64_t { 16 } << 16 | uint64_t { 2 } << 30 }, { kTtbr1, 0xdead'0000 } };
    CHECK(at(0xffff'ff80'0000'0000) == 0);
    for (uint64_t size = 0; size < 64; ++size) {
        system[kTcr] = size << 16 | size;
        CHECK(at(0xffff'ff80'0000'0000) == 0);
    }
}

TEST_CASE_FIXTURE(Fixture, "the code around PC, with PC marked and gaps left out")
{
    put(kBase, 0xd503'207f'd503'201f); // nop (the disassembler has no aliases), wfi
    auto const lines = disassemble_around(vcpu, view, kBase + 4, 2, 1);
    REQUIRE(lines.size() == 3); // the address before the memory is left out
    CHECK(lines[0] == "   0x0000000040000000: d503201f  hint #0x0");
    CHECK(lines[1] == "=> 0x0000000040000004: d503207f  wfi");
    CHECK(disassemble_around(vcpu, view, 0x9000'0000, 8, 8).empty());
}

TEST_CASE_FIXTURE(Fixture, "the immediate of a call stands in the instruction before PC")
{
    constexpr auto kPc = static_cast<uint16_t>(engine::kRegisterPc.value);
    auto const immediate = [&](uint32_t word, uint64_t pc) {
        std::memcpy(&bytes[0x100], &word, sizeof(word));
        system[kPc] = pc;
        return immediate_of_call(vcpu, view);
    };
    constexpr uint64_t kAfter = kBase + 0x104;
    CHECK(immediate(0xd400'0002, kAfter) == 0); // HVC #0
    CHECK(immediate(0xd400'0022, kAfter) == 1);
    CHECK(immediate(0xd41f'ffe2, kAfter) == 0xffff);
    CHECK(immediate(0xd402'4683, kAfter) == 0x1234); // SMC
    CHECK(immediate(0xd402'4681, kAfter) == 0); // SVC is no call of firmware
    CHECK(immediate(0xd41f'ffe2, 0x1000) == 0); // nothing to be read there
}

TEST_CASE_FIXTURE(Fixture, "a glimpse tells a kernel at work from one that waits, a program, and one that is nowhere")
{
    constexpr auto kPc = static_cast<uint16_t>(engine::kRegisterPc.value);
    constexpr auto kPstate = static_cast<uint16_t>(engine::kRegisterPstate.value);
    constexpr uint64_t kNopWfi = 0xd503'207f'd503'201f;
    constexpr uint64_t kNops = 0xd503'201f'd503'201f;
    put(kBase, kNopWfi);
    put(kBase + 8, kNops);
    auto const look = [&](uint64_t pc, uint64_t pstate) {
        system[kPc] = pc;
        system[kPstate] = pstate;
        return glimpse(vcpu, view);
    };
    CHECK(look(kBase, 0x5).in_kernel);
    CHECK_FALSE(look(kBase + 4, 0x5).in_kernel); // at WFI
    CHECK_FALSE(look(kBase + 8, 0x5).in_kernel); // just after
    CHECK(look(kBase + 12, 0x5).in_kernel);
    CHECK_FALSE(look(kBase + 12, 0x0).in_kernel); // EL0
    CHECK_FALSE(look(kBase + 12, 0x5).nowhere);
    CHECK(look(0x200, 0x5).nowhere == arch::Gpa { 0x200 });
    CHECK(look(0x200, 0x5).pc == 0x200);
    // WFIT x3
    put(kBase + 16, 0xd503'1023);
    CHECK_FALSE(look(kBase + 16, 0x5).in_kernel);
}
