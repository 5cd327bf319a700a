#pragma once

namespace dormouse::wires {

// How an interrupt controller model raises a vCPU's IRQ input. Callable from any thread, never blocks, never calls
// back. A rising level wakes a vCPU that sleeps in WFI.
class CpuSignals {
public:
    virtual ~CpuSignals() = default;
    virtual void set_irq(bool high) = 0;
    virtual void set_fiq(bool high) = 0;
};

}
