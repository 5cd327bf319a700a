#pragma once

#include "engine/emulator/cpu/tlb.h"

#include <cstdint>

namespace dormouse::emulator {

// Fault status codes as DFSC, IFSC and PAR_EL1.FST hold them; the level goes into the low two bits of those that have
// one. [Arm DDI 0487, ESR_EL1, "ISS encoding for an exception from a Data Abort"]
using FaultStatus = uint8_t;
constexpr FaultStatus kAddressSizeFault = 0x00;
constexpr FaultStatus kTranslationFault = 0x04;
constexpr FaultStatus kAccessFlagFault = 0x08;
constexpr FaultStatus kPermissionFault = 0x0c;
constexpr FaultStatus kExternalAbortOnWalk = 0x14;
constexpr FaultStatus kAlignmentFault = 0x21;
constexpr FaultStatus kUnsupportedAtomicUpdate = 0x31;
constexpr FaultStatus kUnsupportedExclusive = 0x35;
constexpr FaultStatus kNoFault = 0xff; // not architectural

enum class Intent : uint8_t { Read, Write, Fetch };

// What a page allows, after table attributes, WXN and the rule that code writable at EL0 never executes at EL1.
enum Permission : uint8_t {
    kReadEl0 = 1 << 0,
    kWriteEl0 = 1 << 1,
    kExecuteEl0 = 1 << 2,
    kReadEl1 = 1 << 3,
    kWriteEl1 = 1 << 4,
    kExecuteEl1 = 1 << 5,
    kUserPage = 1 << 6, // AP[1]: what PSTATE.PAN forbids to EL1
};

// The outcome of a stage 1 translation: one page or block.
struct Translation {
    uint64_t physical { 0 }; // base of the page or block
    uint8_t shift { kTlbPageBits }; // log2 of its size in bytes
    uint8_t permissions { 0 };
    uint8_t attributes { 0 }; // byte of MAIR_EL1
    uint8_t shareability { 0 }; // SH[1:0] of the descriptor
    uint8_t level { 0 };
    bool global { true };
    bool clean { false }; // a write must first mark the descriptor dirty (FEAT_HAFDBS)

    bool is_device() const { return (attributes & 0xf0) == 0; }
    uint64_t physical_of(uint64_t address) const { return physical | (address & ((uint64_t { 1 } << shift) - 1)); }
};

constexpr bool is_permitted(uint8_t permissions, TlbContext privilege, Intent intent)
{
    if (privilege == TlbContext::El0)
        return permissions & (kReadEl0 << static_cast<unsigned>(intent));
    if (privilege == TlbContext::El1WithPan && intent != Intent::Fetch && (permissions & kUserPage))
        return false;
    return permissions & (kReadEl1 << static_cast<unsigned>(intent));
}

}
