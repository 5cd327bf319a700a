#pragma once

#include "base/counter.h"
#include "engine/emulator/isa/instruction.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace dormouse::emulator {

// One decoded instruction. The last one of a block is not the guest's: see Block.
struct Operation {
    isa::Handler handler;
    uint32_t word;
    uint16_t retires; // 1; 0 for the end marker
    isa::Instruction instruction; // what the vCPU takes the word for
};
static_assert(sizeof(Operation) == 16);

// Instructions that execute one after the other, in one page, up to the first that may change more than registers and
// memory. Not-taken conditional branches do not end a block. The operations follow the header in memory; after the last
// instruction comes an end marker, which returns Flow::Branch with Cpu::pc where it is.
struct alignas(16) Block {
    static constexpr uint16_t kNone = 0xffff;
    uint16_t length { 0 }; // instructions
    uint16_t first_fp { kNone }; // index of the first instruction that CPACR_EL1.FPEN can trap
    uint32_t executions { 0 }; // by the interpreter, while somebody counts them
    uint8_t const* code { nullptr }; // what the Translator made of it

    Operation const* operations() const { return reinterpret_cast<Operation const*>(this + 1); }
    Operation* operations() { return reinterpret_cast<Operation*>(this + 1); }
};
static_assert(sizeof(Block) == sizeof(Operation));

// Makes something faster of blocks that execute often. What it made belongs to it; Block::code points there.
class Translator {
public:
    virtual ~Translator() = default;
    // False: the block is to be interpreted. To be asked each time that a block is about to execute.
    virtual bool is_translated(Block&) = 0;
    // Executes from the block at Cpu::pc, which is translated, until something needs the run loop's care. Says what the
    // last instruction did, as the semantic function of an instruction does.
    virtual Flow execute(Block const&) = 0;
    // No execution may reach the code of this block any more. It may be executing.
    virtual void unlink(Block&) = 0;
    // All blocks are gone or about to be. Not while translated code executes.
    virtual void forget_all() = 0;
};

// The words of a page that the translation of a block covers beside the block's own.
struct TranslatedRange {
    Block const* block;
    uint16_t entry; // where the block starts
    uint16_t first;
    uint16_t end; // behind the last
};

// The blocks that start in one 4 KiB page of guest physical memory, by word offset. Few words start one, so there are
// pointers for lines of a cache alone in which some word does.
struct CodePage {
    static constexpr unsigned kWords = 1024;
    static constexpr unsigned kLineWords = 16;
    struct Line {
        std::array<Block*, kLineWords> blocks {};
    };
    uint64_t physical { 0 };
    uint8_t const* host { nullptr };
    std::vector<TranslatedRange> ranges; // of blocks whose translation covers more than they do
    std::array<Line*, kWords / kLineWords> lines {};

    Block* block(unsigned word) const
    {
        Line const* const line = lines[word / kLineWords];
        return line ? line->blocks[word % kLineWords] : nullptr;
    }
};

// Decoded code of one vCPU, keyed by physical page, so that processes that share code and address spaces that come and
// go share the work. The guest says when code has changed (IC; CTR_EL0.DIC is 0), the host through clear().
class CodeCache {
public:
    static constexpr unsigned kMaxBlockLength = 64; // instructions; bounds the time between two polls of Cpu::pending

    static constexpr size_t kDefaultLimit = size_t { 96 } << 20;
    // `limit_bytes`: beyond this everything is forgotten and decoded anew.
    // `features`: the instructions there are, bits numbered by isa::Feature; the others are unallocated.
    explicit CodeCache(size_t limit_bytes = kDefaultLimit, uint32_t features = ~uint32_t { 0 })
        : m_limit(limit_bytes)
        , m_features(features)
    {
    }

    // `host`: the page's 4 KiB in host memory.
    CodePage* page(uint64_t physical, uint8_t const* host);
    // Decodes the block at a word of the page, which must have none yet.
    Block* build(CodePage&, unsigned word_index);

    // One instruction as a block has it.
    struct Decoded {
        Operation operation {};
        bool uses_fp { false };
        bool ends_block { false };
    };
    Decoded decode(CodePage const&, unsigned word_index) const;

    void set_translator(Translator* translator) { m_translator = translator; }

    // Any thread may read them.
    struct Counters {
        Counter blocks; // decoded
        Counter instructions; // in them
        Counter invalidated; // blocks whose guest code may have changed
        Counter clears; // everything forgotten: full, another memory map, a reset
        Counter bytes_used;
    };
    Counters const& counters() const { return m_counters; }
    size_t limit_bytes() const { return m_limit; }

    bool is_full() const { return m_used > m_limit; }
    // Forgets all. CodePage and Block pointers die.
    void clear();
    // Unlinks the blocks that contain a word of this 64-byte line. No memory is freed, so a block that is executing
    // stays whole.
    void invalidate_line(uint64_t physical);
    void invalidate_all();
    // Forgets the translations and keeps the blocks.
    void forget_translations();

private:
    static constexpr size_t kChunkOperations = size_t { 1 } << 14;

    struct Chunk {
        std::unique_ptr<Operation[]> operations;
        size_t used { 0 };
    };

    Operation* reserve(size_t count);
    Block*& slot(CodePage&, unsigned word_index);
    void use(size_t bytes);
    void drop(Block*&);
    void drop_all(CodePage&);

    Translator* m_translator { nullptr };
    size_t m_limit;
    uint32_t m_features;
    size_t m_used { 0 };
    std::unordered_map<uint64_t, std::unique_ptr<CodePage>> m_pages;
    std::vector<Chunk> m_chunks;
    Counters m_counters;
};

}
