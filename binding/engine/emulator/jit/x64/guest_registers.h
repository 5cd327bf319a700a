#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/assembler.h"

#include <array>
#include <cstdint>

// Which host register holds what while translated code runs, and how that code reaches the rest.
namespace dormouse::emulator::jit::x64 {

constexpr Reg kCpuRegister = Reg::Rbp; // &cpu + kCpuBias
constexpr Reg kTlbRegister = Reg::R15; // Cpu::tlb

// Puts x4..x30, SP, PC and the pending word within reach of a one-byte displacement.
constexpr int32_t kCpuBias = 160;

// Registers that live in host registers in all translated code, across blocks: four fifths of all uses in compiled
// code. RAX, RCX and RDX are never pins: every emitter may use them.
struct Pin {
    unsigned guest;
    Reg host;
    bool survives_calls; // the C++ calling convention keeps it. [System V ABI, AMD64 supplement, 3.2.1]
};
constexpr unsigned kPinCount = 10;
constexpr std::array<Pin, kPinCount> kPins { {
    { 0, Reg::Rsi, false },
    { 1, Reg::Rdi, false },
    { 2, Reg::R8, false },
    { 3, Reg::R9, false },
    { 19, Reg::Rbx, true },
    { 20, Reg::R12, true },
    { 21, Reg::R10, false },
    { 22, Reg::R11, false },
    { 29, Reg::R13, true },
    { kSp, Reg::R14, true },
} };
constexpr uint32_t kAllPins = (1u << kPinCount) - 1;
constexpr int kNoPin = -1;

// Which guest registers the pins hold: kPins between blocks, but a loop may have others.
struct PinMap {
    std::array<uint8_t, kPinCount> guests {};
    std::array<int8_t, 33> pins {}; // by guest register: index of its pin, or kNoPin

    constexpr void assign(unsigned pin, unsigned guest)
    {
        guests[pin] = static_cast<uint8_t>(guest);
        pins[guest] = static_cast<int8_t>(pin);
    }
};
constexpr PinMap make_canonical_pins()
{
    PinMap map;
    for (auto& pin : map.pins)
        pin = kNoPin;
    for (unsigned pin = 0; pin < kPinCount; ++pin)
        map.assign(pin, kPins[pin].guest);
    return map;
}
constexpr PinMap kCanonicalPins = make_canonical_pins();

constexpr uint32_t make_volatile_pins()
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < kPinCount; ++i)
        mask |= kPins[i].survives_calls ? 0 : 1u << i;
    return mask;
}
constexpr uint32_t kVolatilePins = make_volatile_pins();

// Of the registers of an instruction with the sf bit.
constexpr Width word_width(uint32_t word)
{
    return word >> 31 ? Width::W64 : Width::W32;
}

// Displacements of the fields of Cpu from kCpuRegister.
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
        , pstate(offset(cpu, &cpu.pstate))
        , el(offset(cpu, &cpu.pstate.el))
        , daif(offset(cpu, &cpu.pstate.daif))
        , event_register(offset(cpu, &cpu.event_register))
        , cpacr(offset(cpu, &cpu.sys[static_cast<unsigned>(SystemRegister::CPACR_EL1)]))
        , monitor(offset(cpu, &cpu.exclusive))
        , monitor_address(offset(cpu, &cpu.exclusive.address))
        , monitor_value(offset(cpu, cpu.exclusive.value))
        , m_x(offset(cpu, cpu.x))
        , m_v(offset(cpu, cpu.v))
        , m_system(offset(cpu, cpu.sys.data()))
    {
    }

    Mem general(unsigned number) const
    {
        return { kCpuRegister, number == kSp ? sp : m_x + static_cast<int32_t>(8 * number) };
    }
    Mem vector(unsigned number, unsigned half = 0) const
    {
        return { kCpuRegister, m_v + static_cast<int32_t>(16 * number + 8 * half) };
    }
    Mem system(SystemRegister which) const
    {
        return { kCpuRegister, m_system + static_cast<int32_t>(8 * static_cast<unsigned>(which)) };
    }
    static Mem at(int32_t displacement) { return { kCpuRegister, displacement }; }

    int32_t sp;
    int32_t pc;
    int32_t nzcv;
    int32_t fpcr;
    int32_t fpsr;
    int32_t pending;
    int32_t tlb;
    int32_t tlb_unprivileged;
    int32_t retired;
    int32_t exceptions_taken;
    int32_t pstate;
    int32_t el;
    int32_t daif;
    int32_t event_register;
    int32_t cpacr;
    int32_t monitor; // ExclusiveMonitor::armed in the lowest byte, ::size in the next
    int32_t monitor_address;
    int32_t monitor_value;

private:
    static int32_t offset(Cpu const& cpu, void const* field)
    {
        return static_cast<int32_t>(static_cast<uint8_t const*>(field) - reinterpret_cast<uint8_t const*>(&cpu))
            - kCpuBias;
    }

    int32_t m_x;
    int32_t m_v;
    int32_t m_system;
};

// The stack frame of translated code, from RSP.
namespace frame {
    constexpr int32_t kPage = 0; // virtual address of the page that executes
    // NZCV as LAHF and SETO AL leave it after a subtraction: N[15] Z[14] not C[8] V[0]. All of it is up to date
    // whenever an instruction may leave translated code.
    constexpr int32_t kFlags = 8;
    constexpr int32_t kScratch = 16;
    constexpr int32_t kScratch2 = 24;
    constexpr int32_t kFpMode = 32; // whose MXCSR it is. The guest's has collected what is not in FPSR yet.
    constexpr int32_t kGuestMxcsr = 36; // scratch
    constexpr int32_t kHostMxcsr = 40;
    constexpr int32_t kFlagMark = 44; // a byte: see FlagPlace::Marked
    // Host address of the last load exclusive whose store is in the same block; 0: not known.
    constexpr int32_t kPairedAddress = 48;
    // What the operands of a comparison were: see FlagState::kept.
    constexpr int32_t kFlagOperands = 56;
    // What pointers that are followed most likely add (TlbEntry::host_addend), and how many more times it may be
    // something else: see emit_pointer.cpp.
    constexpr int32_t kLikelyAddends = 72;
    constexpr int32_t kWrongGuessesLeft = 104;
    constexpr unsigned kAddends = 4;
    constexpr int32_t kSize = 128;
    constexpr int32_t kReturnAddress = 8; // a called thunk sees the frame this much further away

    // Of kFpMode:
    constexpr int32_t kHostFp = 0;
    constexpr int32_t kPlainFp = 1;
    constexpr int32_t kFlushingFp = 2; // FPCR.FZ is set
}

// The frame's form of NZCV given as four bits N:Z:C:V.
constexpr uint32_t frame_flags(uint32_t nzcv)
{
    return (nzcv >> 3 & 1) << 15 | (nzcv >> 2 & 1) << 14 | (~nzcv >> 1 & 1) << 8 | (nzcv & 1);
}

}
