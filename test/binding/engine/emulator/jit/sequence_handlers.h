#pragma once

#include "engine/emulator/jit/guest_words.h"
#include "engine/emulator/jit/random_programs.h"

#include <vector>

// Where random sequences live, and the exception handlers of their machine.
namespace dormouse::emulator::test {

// Eight virtual pages near each other and the same number 8 MiB apart, which share one entry of the first-level TLB.
inline constexpr uint64_t kNearWindow = 0x10'0000'0000;
inline constexpr uint64_t kFarWindow = 0x20'0000'0000;
inline constexpr uint64_t kFarStride = uint64_t { kTlbEntries } << kTlbPageBits;
inline constexpr unsigned kWindowPages = 8;
// RAM once more, writable: where it is by itself, code and tables are read-only. No power of two away from the windows,
// which is what random offsets often are.
inline constexpr uint64_t kWritableRam = 0x2b'5600'0000;
inline constexpr uint64_t kTrigger = 0x0900'0000; // a device: a store raises the IRQ line, a load lowers it

inline uint64_t window_page(unsigned page)
{
    return page < kWindowPages ? kNearWindow + page * 4096 : kFarWindow + (page - kWindowPages) * kFarStride;
}

// HVC #kFirstErrand + n: the second vCPU is to run its program n. Smaller ones end the run.
inline constexpr unsigned kFirstErrand = 3;

// Adds what has happened to TPIDR_EL0 and goes on behind the instruction; after a software step at the next one, with
// the step armed anew. SVC #1 ends the program, SVC #2 goes to EL1.
inline std::vector<uint32_t> synchronous_handler()
{
    using namespace words;
    return {
        msr(kTpidrEl1, 0), msr(kTpidrroEl0, 1), mrs(0, kTpidrEl0), rotate(0, 0, 7), mrs(1, kFar), eor(0, 0, 1),
        mrs(1, kSpsr), add(0, 0, 1), rotate(0, 0, 11), mrs(1, kElr), eor(0, 0, 1), mrs(1, kEsr), add(0, 0, 1, 3),
        msr(kTpidrEl0, 0), shift_right(0, 1, 26), sub_immediate(0, 0, 0x15), branch_if_zero(0, 10), // to "svc"
        sub_immediate(0, 0, 0x32 - 0x15), shift_right(0, 0, 1), branch_if_zero(0, 19), // to "step"
        mrs(0, kElr), add_immediate(0, 0, 4), msr(kElr, 0), mrs(0, kTpidrEl1), // back
        mrs(1, kTpidrroEl0), kEret, rotate(0, 1, 16), // svc: its immediate, up to 15 of it
        shift_right(0, 0, 48), sub_immediate(0, 0, 1), branch_if_not_zero(0, 2), hypercall(1), mrs(0, kSpsr),
        clear_bit(0, 0, 1), clear_bit(0, 0, 3), set_bit(0, 0, 2), set_bit(0, 0, 0), // EL1h
        msr(kSpsr, 0), branch(-14), // to "back"
        mrs(0, kSpsr), set_bit(0, 0, 21), msr(kSpsr, 0), // step
        branch(-18), // to "back"
    };
}

inline std::vector<uint32_t> interrupt_handler()
{
    using namespace words;
    return {
        msr(kTpidrEl1, 0),
        msr(kTpidrroEl0, 1),
        movz(0, kTrigger, 1),
        load_word(1, 0),
        mrs(0, kTpidrEl1),
        mrs(1, kTpidrroEl0),
        kEret,
    };
}

}
