#pragma once

#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/jit/x64/guest_registers.h"
#include "engine/emulator/jit/x64/vector_emitter.h"

#include <array>
#include <cstdint>

// What the translator knows at a place of a block, and what it has put off to the block's end.
namespace dormouse::emulator::jit::x64 {

// Kind of the host's flags: after a subtraction CF is "not C".
enum class FlagKind : uint8_t { Subtraction, Addition };
// Where NZCV is. Both: in the frame and in the host's flags. Again: nowhere, but the operands of the instruction
// that made it are. Marked: as Again when frame::kFlagMark is set, else in the frame. HostMarked: that, and in the
// host's.
enum class FlagPlace : uint8_t { Frame, Host, Both, Again, Marked, HostMarked };

enum class Indexing : uint8_t { Offset, Pre, Post };

struct Access {
    unsigned bytes; // of one register
    bool is_load;
    bool is_vector { false };
    bool is_pair { false };
    bool sign_extends { false };
    bool must_be_aligned { false };
    bool is_unprivileged { false };
    Width width { Width::W64 }; // of the register, for loads that extend the sign
    unsigned rt { 0 };
    unsigned rt2 { 0 };
    unsigned rn { 0 }; // a number as in guest_registers.h
    Indexing indexing { Indexing::Offset };
    int32_t offset { 0 };

    unsigned all_bytes() const { return is_pair ? 2 * bytes : bytes; }
    int32_t offset_of_first() const { return indexing == Indexing::Post ? 0 : offset; } // from the base register
};

// What the translator knows about registers and flags; restored when a cold path is written.
struct PinState {
    uint32_t loaded { kAllPins };
    uint32_t dirty { kAllPins };
};

constexpr unsigned kNoProducer = ~0u;
struct FlagState {
    FlagPlace place { FlagPlace::Frame };
    FlagKind kind { FlagKind::Subtraction }; // of the host's flags now
    FlagKind producer_kind { FlagKind::Subtraction }; // as the producer leaves them
    unsigned producer { kNoProducer }; // index of the instruction that can be done again for its flags
    // Where its operands are if not as it has left them: one register holds what it held plus so much, and others
    // are kept in frame::kFlagOperands.
    uint8_t moved { kZero };
    int32_t moved_by { 0 };
    std::array<uint8_t, 2> kept { kZero, kZero };

    bool is_undisturbed() const { return moved == kZero && kept[0] == kZero; }
};

// The slow path of an access: the semantic function does the whole instruction again.
struct SlowAccess {
    Label entry;
    Label back;
    unsigned index { 0 };
    PinState before;
    PinState after;
    VectorState vectors_before;
    VectorState vectors_after;
    FlagState flags;
    unsigned segment { 0 };
    // Of an access whose page may be found yet.
    Label other_page {};
    Label again {};
    int32_t stack_offset { 0 };
    bool is_write { false };
    // Of one that stays in a page: where that is remembered, from kTlbRegister.
    int32_t steady_entry { 0 };
    unsigned bytes { 0 };
    // Of a followed pointer whose page is somewhere else in the host than the page of the last one.
    Label other_addend {};
    Label no_guess {};
    unsigned addend_slot { 0 };
};

// Instructions between a jump back and its target.
struct Round {
    unsigned first;
    unsigned last;
    uint64_t unsteady { 0 }; // registers that change by more than a little in a round
    uint64_t loaded { 0 }; // those of them that loads write
    uint64_t computed { 0 }; // and those that others write
};

struct SideExit {
    Label entry;
    int64_t target; // from the start of the page
    unsigned retired; // 0: counted already
    VectorState vectors;
    FlagState flags;
    bool to_cpp; // something is pending that may be to be done
    unsigned index;
};

// Flags from the frame to the host's, where they are expected elsewhere.
struct FlagStub {
    Label entry;
    Label back;
};

struct LinkStub {
    Label entry;
    uint32_t link;
};

struct HotStub {
    Label entry;
    uint32_t link;
};

}
