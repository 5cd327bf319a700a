#pragma once

#include <cstdint>

namespace dormouse::emulator {

// What the run loop does after one instruction. Every semantic function returns one of these.
enum class Flow : uint32_t {
    Next, // go on at pc + 4
    Branch, // Cpu::pc already holds the address of the next instruction
    Exception, // Cpu::exception describes it; Cpu::pc is still this instruction's address
    Stop, // leave Vcpu::run(): Cpu::stop says why, Cpu::pc already holds the address to continue at
};

}
