#pragma once

#include "engine/emulator/interpreter/code_cache.h"

#include <vector>

namespace dormouse::emulator::jit {

// A loop of several blocks: the instructions of one page from which its entry can be reached again and which can be
// reached from there, by direct jumps alone.
struct Region {
    struct Place {
        Operation operation;
        bool inside; // false: the loop leaves out this word
    };
    unsigned first { 0 }; // word of the page
    unsigned entry { 0 }; // index of where it begins, from `first`
    std::vector<Place> places;
    // A loop of one block is in it. That block is no worse than the region while the inner loop goes round, which must
    // not be often for the region to be worth it.
    bool has_block_loop { false };

    unsigned length() const; // instructions
};

// The largest distance of a place from the entry, in words.
constexpr unsigned kRegionReach = 96;

// False: no loop leads through that word. `may_use_fp`: false leaves out what
// CPACR_EL1 can trap.
bool find_region(CodeCache const&, CodePage const&, unsigned word_index, bool may_use_fp, Region&);

}
