#pragma once

#include "arch/addresses.h"
#include "engine/vcpu.h"
#include "memory/flat_view.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dormouse::machine {

// The guest physical address of what a stopped vCPU would fetch at `address`: through its stage 1 tables when its MMU
// is on. Permissions are not looked at. Empty when nothing is mapped. [Arm DDI 0487, D8.2 "Translation process"]
std::optional<arch::Gpa> translate(engine::Vcpu const&, memory::FlatView const&, arch::Gva address);

// The immediate of the HVC or SMC that a stopped vCPU has just executed; 0 when the instruction before PC is neither,
// or cannot be read. [Arm DDI 0487, C6.2 "HVC", "SMC"]
uint16_t immediate_of_call(engine::Vcpu const&, memory::FlatView const&);

// What one look at a stopped vCPU tells.
struct Glimpse {
    bool in_kernel { false }; // at EL1 and not in WFI
    uint64_t pc { 0 };
    std::optional<arch::Gpa> nowhere; // what PC leads to, when there is no memory
};
Glimpse glimpse(engine::Vcpu const&, memory::FlatView const&);

// "=> 0xffff800010081234: d503207f  wfi", `before` and `after` instructions around PC; addresses without memory are
// left out.
std::vector<std::string> disassemble_around(
    engine::Vcpu const&, memory::FlatView const&, uint64_t pc, unsigned before, unsigned after);

}
