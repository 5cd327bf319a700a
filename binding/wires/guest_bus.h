#pragma once

#include "arch/addresses.h"

#include <cstdint>

namespace dormouse::wires {

// What an engine asks of the machine when a guest access hits no RAM slot.
// Called on the vCPU's own thread, outside any lock of the engine. `size` is 1, 2, 4 or 8 bytes; values are
// little-endian.
class GuestBus {
public:
    enum class Outcome {
        Done, // some device answered
        NoDevice, // nothing lives there: the engine decides between retry (map changed) and "in the weeds"
    };

    virtual ~GuestBus() = default;
    virtual Outcome mmio_read(arch::Gpa, unsigned size, uint64_t& value) = 0;
    virtual Outcome mmio_write(arch::Gpa, unsigned size, uint64_t value) = 0;
};

}
