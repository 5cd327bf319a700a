#pragma once

#include "devices/gicv3/gicv3_state.h"

#include <cstdint>

// The registers that the distributor (for SPIs) and each redistributor (for SGIs and PPIs) lay out alike.
namespace dormouse::devices::gic {

constexpr uint32_t kIidr = 0x43b; // implementer Arm, as QEMU answers

// `banks` points to `count` groups of 32 lines whose first has the number `first_bank` in the register file. Offsets
// are multiples of four, from GICD_base or SGI_base. What is not there reads zero.
uint32_t read_lines(LineBits const* banks, unsigned first_bank, unsigned count, uint64_t offset);
// Bits of `value` outside `mask` are not written. false: nothing to write there.
bool write_lines(LineBits* banks, unsigned first_bank, unsigned count, uint64_t offset, uint32_t value, uint32_t mask);

// CoreSight identification at 0xffd0..0xfffc; `part` is the low byte of the part number. Zero elsewhere.
uint32_t read_identification(uint64_t offset, uint8_t part);

}
