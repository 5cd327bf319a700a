#pragma once

#include "arch/gicv3_state.h"
#include "base/result.h"
#include "wires/irq_line.h"

#include <cstdint>
#include <vector>

namespace dormouse::engine {

// Where the board has its GICv3 and how much of it there is.
struct InterruptControllerLayout {
    struct Region {
        uint64_t base { 0 };
        unsigned cpus { 0 };
    };
    uint64_t distributor { 0 };
    std::vector<Region> redistributors; // in the order of the vCPUs
    unsigned lines { arch::gic::kLines }; // interrupt ids, the 32 private ones included
    unsigned pmu_intid { 23 };
};

// The GICv3 that an engine brings itself (Capabilities::in_kernel_gic): what a board needs of one.
class InterruptController {
public:
    virtual ~InterruptController() = default;
    // The input of a shared interrupt, 32 to InterruptControllerLayout::lines - 1. Owned by the controller.
    virtual wires::IrqLine& irq_line(unsigned intid) = 0;
    // Under wires::Quiesced, as is restore().
    virtual Result<arch::gic::State> save() const = 0;
    // `state` is one that a GICv3 of this board can have. After a failure it may be half of it.
    virtual Result<void> restore(arch::gic::State const& state) = 0;
};

}
