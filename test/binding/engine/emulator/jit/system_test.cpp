// System registers, PSTATE, barriers and cache maintenance of translated code against the interpreter, at EL1 and EL0.
#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/jit/twin_machines.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr unsigned kAddress = 26;

constexpr uint32_t mrs(uint16_t encoding, unsigned rt)
{
    return 0xd520'0000 | uint32_t { encoding } << 5 | rt;
}
constexpr uint32_t msr(uint16_t encoding, unsigned rt)
{
    return 0xd500'0000 | uint32_t { encoding } << 5 | rt;
}

// What kernels touch, registers with a mask, some that never are plain, and one that does not exist.
constexpr std::array kRegisters {
    arch::system_register(3, 0, 4, 1, 0), // SP_EL0
    arch::system_register(3, 3, 13, 0, 2), // TPIDR_EL0
    arch::system_register(3, 3, 13, 0, 3), // TPIDRRO_EL0
    arch::system_register(3, 0, 13, 0, 4), // TPIDR_EL1
    arch::system_register(3, 0, 4, 0, 1), // ELR_EL1
    arch::system_register(3, 0, 4, 0, 0), // SPSR_EL1
    arch::system_register(3, 0, 5, 2, 0), // ESR_EL1
    arch::system_register(3, 0, 6, 0, 0), // FAR_EL1
    arch::system_register(3, 0, 7, 4, 0), // PAR_EL1
    arch::system_register(3, 0, 13, 0, 1), // CONTEXTIDR_EL1
    arch::system_register(3, 3, 4, 2, 1), // DAIF
    arch::system_register(3, 0, 4, 2, 2), // CurrentEL
    arch::system_register(3, 0, 4, 2, 0), // SPSel
    arch::system_register(3, 3, 4, 2, 0), // NZCV
    arch::system_register(3, 3, 4, 2, 5), // DIT
    arch::system_register(3, 3, 4, 4, 1), // FPSR
    arch::system_register(3, 0, 0, 0, 0), // MIDR_EL1
    arch::system_register(3, 3, 0, 0, 1), // CTR_EL0
    arch::system_register(3, 3, 0, 0, 7), // DCZID_EL0
    arch::system_register(3, 0, 1, 0, 2), // CPACR_EL1
    arch::system_register(3, 0, 15, 3, 7),
};

constexpr std::array<uint32_t, 14> kOthers {
    0xd503'44df, // msr daifset, #4
    0xd503'44ff, // msr daifclr, #4
    0xd503'42df | 8 << 8, // msr daifset, #10
    0xd503'405f | 1 << 8, // msr dit, #1
    0xd503'405f, // msr dit, #0
    0xd503'305f | 15 << 8, // clrex
    0xd503'3f9f, // dsb sy
    0xd503'3fdf, // isb
    0xd503'3fbf, // dmb sy
    0xd50b'7420 | kAddress, // dc zva
    0xd50b'7a20 | kAddress, // dc cvac
    0xd50b'7b20 | kAddress, // dc cvau
    0xd50b'7e20 | kAddress, // dc civac
    0xd503'201f, // nop
};

class Programs {
public:
    explicit Programs(uint64_t seed) : m_random(seed) { }
    unsigned below(unsigned limit) { return static_cast<unsigned>(m_random() % limit); }
    uint64_t number() { return m_random(); }

    std::vector<uint32_t> program()
    {
        std::vector<uint32_t> words;
        unsigned const length = 1 + below(6);
        while (words.size() < length) {
            uint16_t const encoding = kRegisters[below(kRegisters.size())];
            unsigned const rt = below(8) == 0 ? 31 : below(24);
            switch (below(3)) {
            case 0: words.push_back(mrs(encoding, rt)); break;
            case 1: words.push_back(msr(encoding, rt)); break;
            default: words.push_back(kOthers[below(kOthers.size())]); break;
            }
        }
        words.push_back(0xd53b4205u); // mrs x5, nzcv
        words.push_back(TwinMachines::kEnd);
        return words;
    }

private:
    std::mt19937_64 m_random;
};

void check_programs(unsigned vcpus, uint64_t mode)
{
    constexpr unsigned kPrograms = 3000;
    constexpr uint64_t kUma = 1 << 9;
    constexpr uint64_t kDze = 1 << 14;
    constexpr uint64_t kUci = 1 << 26;
    TwinMachines twins(vcpus);
    Programs random(mode + vcpus);
    for (unsigned program = 0; program < kPrograms; ++program) {
        auto const words = random.program();
        TwinMachines::Start start;
        for (uint64_t& value : start.x)
            value = random.number();
        bool const is_user = mode == 0;
        uint64_t const area = is_user || random.below(4) == 0 ? kUserData : kData;
        start.x[kAddress] = random.below(10) == 0 ? random.number() : area + random.below(256);
        start.sp = area;
        start.pc = is_user ? kUserBlock : kCode;
        start.pstate = uint64_t { random.below(16) } << 28 | 0x3c0 | mode;
        start.fill = random.number();
        start.sctlr = kSctlrMmuOn | (random.number() & (kUma | kDze | kUci));
        std::string const differs = twins.run(words, start);
        std::string listing;
        for (uint32_t const word : words)
            listing += "\n" + isa::disassemble(word, start.pc);
        INFO(listing);
        REQUIRE(differs == "");
    }
    if (mode != 0) // at EL0 the end itself is an exception
        CHECK(twins.complete() > kPrograms / 8);
}

}

TEST_CASE("system instructions do the same translated, at EL1 with its own stack")
{
    if (why_no_jit().empty())
        check_programs(1, 5);
}

TEST_CASE("system instructions do the same translated, at EL1 with the stack of EL0, and with another vCPU")
{
    if (why_no_jit().empty())
        check_programs(2, 4);
}

TEST_CASE("system instructions do the same translated, at EL0")
{
    if (why_no_jit().empty())
        check_programs(1, 0);
}
