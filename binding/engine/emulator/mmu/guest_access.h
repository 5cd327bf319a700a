#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/mmu/translation.h"

#include <cstdint>

namespace dormouse::emulator {

// One data access, or its part within one 4 KiB page.
struct GuestAccess {
    uint64_t address { 0 }; // virtual, with its tag
    unsigned size { 0 }; // bytes, all in one page
    unsigned whole_size { 0 }; // of the instruction's access, of which this may be a part
    Intent intent { Intent::Read };
    TlbContext privilege { TlbContext::El1 };
    uint32_t iss_flags { 0 }; // of the Data Abort that it may become
};

struct ResolvedAccess {
    uint64_t physical { 0 };
    uint8_t* host { nullptr }; // null: no memory (no writable memory) is there, the bus answers
    bool is_device { false }; // mapped as Device memory
};

// Translates and checks; on false Cpu::exception holds the Data Abort. Enters the page into the first-level TLB.
bool resolve(Cpu&, GuestAccess const&, ResolvedAccess&);

// One host access for the sizes that have one, so that aligned guest accesses stay single-copy atomic.
void copy_to_guest(uint8_t* host, void const* data, unsigned size);
void copy_from_guest(void* data, uint8_t const* host, unsigned size);

}
