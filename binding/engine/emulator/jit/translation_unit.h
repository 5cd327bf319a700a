#pragma once

#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/jit/decoded_block.h"
#include "engine/emulator/jit/host_backend.h"
#include "engine/emulator/jit/region.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dormouse::emulator::jit {

// What is translated as one, a block or a region: its instructions, and where jumps in it lead. The base of the
// translators of all kinds of host. Instructions go by their index in it.
//
// A place is an instruction that something inside jumps to, or at which a region begins. Whatever comes to a place
// leaves the same state there. A segment is what is counted at once: instructions from the last place, or branch, on.
class TranslationUnit {
public:
    TranslationUnit(TranslationUnit const&) = delete;
    TranslationUnit& operator=(TranslationUnit const&) = delete;

    // Blocks count the rounds of loops. [HostBackend::count_rounds]
    void count_rounds(uint32_t rounds) { m_counted_rounds = rounds; }
    // For tests: SVC and ERET are calls of their semantic functions.
    void set_calls_exceptions() { m_inlines_exceptions = false; }

protected:
    static constexpr unsigned kNoPlace = ~0u;

    explicit TranslationUnit(std::vector<Link>& links) : m_links(links) { }
    ~TranslationUnit() = default;

    // Takes the place of the unit before.
    void begin_unit(
        uint8_t const* executable, CodePage const&, unsigned word_index, Block const&, Region const* region);
    // Writes all instructions inside, and what leaves the unit behind each stretch of them.
    void emit_instructions();

    uint32_t page_offset(unsigned index) const { return 4 * (m_word_index + index); }
    uint32_t entry_offset() const { return page_offset(m_entry_index); }
    unsigned retired_with(unsigned index) const { return index + 1 - m_segment; } // since it was last counted
    static bool is_in_page(int64_t offset) { return 0 <= offset && offset < int64_t { 4 } * CodePage::kWords; }
    // Whether a jump to that offset of the page stays inside, and where. Of a block, only jumps to its own start do.
    bool is_inside(int64_t offset, unsigned& target) const;
    // The same of the branch at `index`; false: it is none.
    bool target_inside(unsigned index, unsigned& target) const;
    // Position of the code at that offset of the page, if there is any.
    std::optional<uint32_t> known_code(uint16_t offset) const;
    // Whether a jump to that offset leads back to another block, so that it counts its rounds.
    bool counts_round(unsigned index, int64_t offset) const
    {
        return m_counted && offset >= 0 && offset < page_offset(index);
    }

    virtual void emit_instruction(unsigned index) = 0;
    virtual void begin_segment(unsigned index) = 0; // at a place
    virtual void end_of_block(unsigned next_index) = 0; // goes on at that instruction, which is outside

    bool m_inlines_exceptions { true };
    uint32_t m_counted_rounds { 0 }; // 0: none
    std::vector<Link>& m_links;

    // Of the unit that is being translated:
    uint8_t const* m_executable { nullptr }; // where position 0 of the assembler is executed
    CodePage const* m_page { nullptr };
    unsigned m_word_index { 0 }; // of the first instruction, in the page
    unsigned m_entry_index { 0 }; // of the instruction at which the unit begins
    bool m_is_region { false };
    bool m_is_loop { false }; // has places
    Block const* m_counted { nullptr }; // its executions count rounds of loops
    std::vector<DecodedInstruction> m_instructions;
    std::vector<unsigned> m_place_of; // of each instruction: index of m_places, or kNoPlace
    std::vector<unsigned> m_places; // instructions
    uint32_t m_entry { 0 }; // position
    unsigned m_segment { 0 }; // what is before is counted
    bool m_ended { false }; // nothing goes on behind what was written last

private:
    void find_places();
    void add_place(unsigned index);
};

}
