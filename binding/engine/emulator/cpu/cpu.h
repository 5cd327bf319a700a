#pragma once

#include "base/counter.h"
#include "engine/emulator/cpu/exception.h"
#include "engine/emulator/cpu/flow.h"
#include "engine/emulator/cpu/pstate.h"
#include "engine/emulator/cpu/system_register_index.h"
#include "engine/emulator/cpu/tlb.h"
#include "engine/emulator/cpu/vector.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace dormouse::emulator {

class VcpuServices; // runtime/vcpu_services.h: the surroundings (MMU, timers, interrupt controller, other vCPUs)

class Mmu; // mmu/mmu.h
class EventTrace; // cpu/event_trace.h

namespace runtime {
    struct CpuProfile; // runtime/profile.h
}

// Requests to a running vCPU. Polled at every block boundary; set from any thread.
enum PendingBit : uint32_t {
    kPendingIrq = 1 << 0, // the IRQ input is high (masked or not)
    kPendingFiq = 1 << 1,
    kPendingKick = 1 << 2, // leave run()
    kPendingTlb = 1 << 3, // translation or instruction cache maintenance from another vCPU waits to be done
    kPendingStep = 1 << 4, // software step or an enabled breakpoint: run one instruction at a time
    kPendingPmu = 1 << 5, // a performance counter may have overflowed: call runtime::pmu_poll()
};

// The local exclusive monitor. A store-exclusive succeeds when the memory still holds the value that was loaded, which
// accepts A-B-A as other emulators do. [Arm DDI 0487, B2.12 "Synchronization and semaphores"]
struct ExclusiveMonitor {
    bool armed { false }; // the JIT looks at this and the next as one word
    uint8_t size { 0 }; // bytes: 1, 2, 4, 8, 16
    uint64_t address { 0 }; // guest virtual address, without a tag byte
    uint64_t value[2] { 0, 0 };
};

// The architectural state of one vCPU in the form instructions work on. Semantic functions, the interpreter and the JIT
// to come share it. x[31] is kept zero, so that a read of register 31 as XZR costs nothing: write through set_x().
struct Cpu {
    uint64_t x[32] {};
    uint64_t sp { 0 }; // the stack pointer selected now; the other one is in sys[SP_EL0 or SP_EL1]
    uint64_t pc { 0 }; // address of the instruction being executed
    uint32_t nzcv { 0 }; // N[31] Z[30] C[29] V[28], all other bits zero
    uint32_t fpcr { 0 };
    uint32_t fpsr { 0 };
    std::atomic<uint32_t> pending { 0 };
    TlbEntry* tlb { nullptr }; // first-level array of the current privilege
    TlbEntry* tlb_unprivileged { nullptr }; // array used by LDTR and STTR
    VcpuServices* services { nullptr };
    Mmu* mmu { nullptr }; // for the slow paths of memory accesses
    uint64_t instructions_retired { 0 };
    Counter exceptions_taken; // interrupts included
    Vector v[32];
    Pstate pstate;
    bool event_register { false }; // SEV, SEVL, WFE
    bool is_alone { false }; // the machine has no other vCPU
    ExclusiveMonitor exclusive;
    PendingException exception;
    StopReason stop;
    // System registers with storage, by index from the table; registers with behaviour go through runtime/.
    std::array<uint64_t, kSystemRegisterCount> sys {};
    runtime::CpuProfile const* profile { nullptr }; // null: dormouse-v1
    EventTrace* trace { nullptr }; // null: nobody can ask for it
    unsigned index { 0 }; // of the vCPU in its machine

    uint64_t& system(SystemRegister which) { return sys[static_cast<unsigned>(which)]; }
    uint64_t system(SystemRegister which) const { return sys[static_cast<unsigned>(which)]; }

    // Register 31 means zero: the write vanishes.
    void set_x(unsigned n, uint64_t value)
    {
        x[n] = value;
        x[31] = 0;
    }
    // Register 31 means the current stack pointer.
    uint64_t x_or_sp(unsigned n) const { return n == 31 ? sp : x[n]; }
    void set_x_or_sp(unsigned n, uint64_t value)
    {
        if (n == 31)
            sp = value;
        else
            x[n] = value;
    }

    // Raise a synchronous exception: `return cpu.raise(...)` from a semantic function.
    Flow raise(ExceptionClass exception_class, uint32_t iss)
    {
        exception = { exception_class, iss, false, 0, pc };
        return Flow::Exception;
    }
    Flow undefined() { return raise(ExceptionClass::Unknown, 0); }
    Flow branch_to(uint64_t target)
    {
        pc = target;
        return Flow::Branch;
    }
    // Leaves run(); the guest continues at `resume_at`.
    Flow stop_with(StopReason reason, uint64_t resume_at)
    {
        stop = std::move(reason);
        pc = resume_at;
        return Flow::Stop;
    }
};

}
