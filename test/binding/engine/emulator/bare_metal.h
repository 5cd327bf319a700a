#pragma once

#include "arch/system_register_encoding.h"
#include "engine/emulator/emulated_machine.h"
#include "engine/emulator/guest_programs.h"

#include <cstdint>
#include <span>

// Where the bare-metal tests of the emulated vCPU put their code, and the registers they set up.
namespace dormouse::emulator::test {

inline constexpr uint64_t kCode = kRamBase + 0x1'0000;
inline constexpr uint64_t kData = kRamBase + 0x2'0000;
inline constexpr uint64_t kVectors = kRamBase + 0x3'0000;
inline constexpr uint64_t kEl1hSync = 0x200;
inline constexpr uint64_t kEl1hIrq = 0x280;
inline constexpr uint16_t kSctlr = arch::system_register(3, 0, 1, 0, 0);
inline constexpr uint16_t kTtbr0 = arch::system_register(3, 0, 2, 0, 0);
inline constexpr uint16_t kTcr = arch::system_register(3, 0, 2, 0, 2);
inline constexpr uint16_t kMairRegister = arch::system_register(3, 0, 10, 2, 0);
inline constexpr uint16_t kVbar = arch::system_register(3, 0, 12, 0, 0);
inline constexpr uint64_t kSctlrMmuOn = 0x30d0'0998 | 1;

inline void identity_map_ram(Tables& tables)
{
    for (uint64_t offset = 0; offset < kRamSize; offset += 2_MiB)
        tables.map(kRamBase + offset, kRamBase + offset, 2, kAf);
}

inline void turn_mmu_on(EmulatedMachine& machine, Tables const& tables, unsigned vcpu = 0)
{
    machine.set_system(kMairRegister, kMair, vcpu);
    machine.set_system(kTcr, tcr_for(12, 39), vcpu);
    machine.set_system(kTtbr0, tables.root, vcpu);
    machine.set_system(kSctlr, kSctlrMmuOn, vcpu);
}

// Puts the words at kCode and runs them from there; what run_to_hvc() returns.
inline int run_words(EmulatedMachine& machine, std::span<uint32_t const> words)
{
    machine.load(kCode, words);
    machine.vm->guest_code_changed(wires::Quiesced::for_tests());
    machine.set_pc(kCode);
    return machine.run_to_hvc();
}

}
