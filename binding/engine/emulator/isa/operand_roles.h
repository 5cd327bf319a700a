#pragma once

#include <array>
#include <cstdint>

namespace dormouse::emulator::isa {

// What a row of the table says about its operands, as numbers: registers and flags of a word follow from it without
// a branch. The generator makes these.
struct OperandRoles {
    // The places of a word in which register numbers stand, by their lowest bit.
    static constexpr std::array<uint8_t, 4> kFields { 0, 5, 10, 16 };
    // What is in such a place: a sum of these, and 0 if no register is.
    static constexpr uint8_t kRead = 1;
    static constexpr uint8_t kWritten = 2;
    static constexpr uint8_t kVector = 4;
    static constexpr uint8_t kStackPointer = 8; // is what 31 means; else zero
    static constexpr unsigned kMoreShift = 4; // two bits: how many registers follow it
    static constexpr uint8_t kNarrow = 64; // its number has four bits and not five
    // For `condition`: no field of the word is one.
    static constexpr uint8_t kNoCondition = 32;

    std::array<uint8_t, kFields.size()> fields {};
    uint8_t flags_read { 0 }; // N=8 Z=4 C=2 V=1
    uint8_t flags_written { 0 };
    uint8_t condition { kNoCondition }; // lowest bit of the field whose condition looks at flags
    bool writes_link { false }; // X30
};

}
