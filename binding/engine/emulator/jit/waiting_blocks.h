#pragma once

#include "engine/emulator/interpreter/code_cache.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace dormouse::emulator::jit {

// Blocks that have executed often enough and stay interpreted until a few can be translated in one go: between two
// translations the guest's code takes the host's caches and branch predictors from the translator. [ADR 25]
class WaitingBlocks {
public:
    struct Entry {
        Block* block;
        CodePage* page;
        uint64_t address; // guest virtual
        unsigned level; // exception level at that time

        unsigned word_index() const { return static_cast<unsigned>(address / 4 % CodePage::kWords); }
        // False: its guest code may have changed since.
        bool is_there() const { return page->block(word_index()) == block; }
    };

    // `most`: of blocks, and of executions that they wait for.
    explicit WaitingBlocks(uint32_t most) : m_most(std::max(most, uint32_t { 1 })) { }

    // Of a block that executes once more. Whether nothing is to wait any longer.
    bool add(Entry const& entry)
    {
        uint32_t& executions = entry.block->executions;
        if (executions & kWaits) {
            ++m_executions;
        } else {
            executions = kWaits;
            m_entries.push_back(entry);
        }
        return m_entries.size() >= m_most || m_executions >= m_most;
    }
    // Nothing waits any more. In the order in which they came; good until the next call.
    std::vector<Entry> const& take()
    {
        m_taken.swap(m_entries);
        forget(m_taken);
        m_entries.clear();
        return m_taken;
    }
    void clear()
    {
        forget(m_entries);
        m_entries.clear();
    }

private:
    static constexpr uint32_t kWaits = uint32_t { 1 } << 31; // of Block::executions, which count no further meanwhile

    void forget(std::vector<Entry> const& entries)
    {
        for (Entry const& entry : entries)
            entry.block->executions = 0;
        m_executions = 0;
    }

    uint32_t m_most;
    uint32_t m_executions { 0 };
    std::vector<Entry> m_entries;
    std::vector<Entry> m_taken;
};

}
