#pragma once

#include "base/check.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/jit/a64/assembler.h"
#include "engine/emulator/jit/word_fields.h"

#include <array>
#include <cstdint>

// Which host register holds what while translated code runs, and how that code reaches the rest. Most guest registers
// are in the host register of the same number, NZCV is the host's NZCV, and everything the translator adds leaves both
// alone. X18 belongs to the operating system of some hosts and is never touched.
namespace dormouse::emulator::jit::a64 {

constexpr Reg kCpuRegister = Reg::X28; // &cpu
constexpr Reg kTlbRegister = Reg::X27; // Cpu::tlb
constexpr Reg kStackPin = Reg::X26; // the guest's SP
constexpr Reg kRetired = Reg::X25; // Cpu::instructions_retired, which is older until translated code calls or leaves

// Any emitter may use these.
constexpr std::array<Reg, 3> kTemporaries { Reg::X16, Reg::X17, Reg::X24 };
constexpr Reg kT0 = kTemporaries[0];
constexpr Reg kT1 = kTemporaries[1];
constexpr Reg kT2 = kTemporaries[2];

// The guest's x16 to x18 and x24 to x28 are in Cpu::x alone.
constexpr bool is_in_memory(unsigned guest)
{
    return (16 <= guest && guest <= 18) || (24 <= guest && guest <= 28);
}
// Of a register that is not in memory; zero stays zero.
constexpr Reg pin_of(unsigned guest)
{
    return guest == kSp ? kStackPin : static_cast<Reg>(guest);
}

// A word with another base register, and with another register in the place of Rt.
constexpr uint32_t with_rn(uint32_t word, Reg rn)
{
    return (word & ~(31u << 5)) | number(rn) << 5;
}
constexpr uint32_t with_rt(uint32_t word, Reg rt)
{
    return (word & ~31u) | number(rt);
}

// Pairs of neighbours that are in host registers.
struct PinPair {
    unsigned first;
    unsigned second;
};
constexpr std::array<PinPair, 11> kPinPairs { { { 0, 1 }, { 2, 3 }, { 4, 5 }, { 6, 7 }, { 8, 9 }, { 10, 11 },
    { 12, 13 }, { 14, 15 }, { 19, 20 }, { 21, 22 }, { 29, 30 } } };
constexpr unsigned kLonePin = 23;

// Offsets of the fields of Cpu from kCpuRegister. All are within reach of a load with an immediate offset.
class CpuLayout {
public:
    explicit CpuLayout(Cpu const& cpu)
        : sp(offset(cpu, &cpu.sp))
        , pc(offset(cpu, &cpu.pc))
        , nzcv(offset(cpu, &cpu.nzcv))
        , fpcr(offset(cpu, &cpu.fpcr))
        , fpsr(offset(cpu, &cpu.fpsr))
        , pending(offset(cpu, &cpu.pending))
        , tlb(offset(cpu, &cpu.tlb))
        , tlb_unprivileged(offset(cpu, &cpu.tlb_unprivileged))
        , retired(offset(cpu, &cpu.instructions_retired))
        , exceptions_taken(offset(cpu, &cpu.exceptions_taken))
        , v(offset(cpu, cpu.v))
        , pstate(offset(cpu, &cpu.pstate))
        , el(offset(cpu, &cpu.pstate.el))
        , daif(offset(cpu, &cpu.pstate.daif))
        , event_register(offset(cpu, &cpu.event_register))
        , exclusive(offset(cpu, &cpu.exclusive))
        , m_cpu(cpu)
    {
        CHECK(offset(cpu, cpu.x) == 0);
    }

    static uint32_t general(unsigned guest) { return 8 * guest; }
    uint32_t system(SystemRegister which) const { return offset(m_cpu, &m_cpu.sys[static_cast<unsigned>(which)]); }

    uint32_t sp;
    uint32_t pc;
    uint32_t nzcv;
    uint32_t fpcr;
    uint32_t fpsr;
    uint32_t pending;
    uint32_t tlb;
    uint32_t tlb_unprivileged;
    uint32_t retired;
    uint32_t exceptions_taken;
    uint32_t v;
    uint32_t pstate;
    uint32_t el;
    uint32_t daif;
    uint32_t event_register;
    uint32_t exclusive;

private:
    static uint32_t offset(Cpu const& cpu, void const* field)
    {
        return static_cast<uint32_t>(static_cast<uint8_t const*>(field) - reinterpret_cast<uint8_t const*>(&cpu));
    }

    Cpu const& m_cpu;
};

// The stack frame of translated code, from SP.
namespace frame {
    constexpr uint32_t kPage = 0; // virtual address of the page that executes
    constexpr uint32_t kRecord = 8; // what is being called, see CallRecord
    // Not zero: v0 to v31, FPCR and FPSR of the guest are the host's. Zero: they are in Cpu, and the host has its own.
    constexpr uint32_t kVectors = 16;
    constexpr uint32_t kHostFpcr = 24;
    constexpr uint32_t kJumps = 32; // FetchTlb::Jumps::entries
    constexpr uint32_t kJumpStamps = 40; // FetchTlb::Jumps::stamps
    constexpr uint32_t kSaved = 48; // x19 to x30, d8 to d15
    constexpr uint32_t kSize = kSaved + 12 * 8 + 8 * 8;
    static_assert(kSize % 16 == 0);
}

// Behind the jump to a thunk that calls a semantic function.
struct CallRecord {
    uint64_t function; // address of the CalledFunction
    uint32_t word;
    uint16_t page_offset;
    uint16_t index; // in the block
};
static_assert(sizeof(CallRecord) == 16);

}
