#pragma once

#include <cstdint>

namespace dormouse::wires {

// GICv3 CPU interface system registers (ICC_*_EL1) of one vCPU, as the emulator's MRS/MSR reach the interrupt
// controller model. `encoding` is op0:op1:CRn:CRm:op2 packed as in arch/system_register_encoding.h. Called on the
// vCPU's thread.
class GicCpuInterface {
public:
    virtual ~GicCpuInterface() = default;
    // false: no such register, or not accessible that way (the engine raises UNDEFINED).
    virtual bool read(uint16_t encoding, uint64_t& value) = 0;
    virtual bool write(uint16_t encoding, uint64_t value) = 0;
};

}
