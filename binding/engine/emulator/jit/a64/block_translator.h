#pragma once

#include "base/sys/arm_features.h"
#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/jit/a64/assembler.h"
#include "engine/emulator/jit/a64/guest_registers.h"
#include "engine/emulator/jit/a64/thunks.h"
#include "engine/emulator/jit/plain_registers.h"
#include "engine/emulator/jit/translation_unit.h"

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace dormouse::emulator::jit::a64 {

// Turns decoded blocks into code for hosts of the guest's own kind. Most instructions are written as they are, with
// registers that are in memory renamed; loads and stores get the look into the TLB; what is left becomes a call of its
// semantic function.
//
// Between any two guest instructions all pins hold their registers and the host's NZCV is the guest's. The vector
// registers are the host's from the first instruction of a block that needs them until a function is called.
class BlockTranslator final : public TranslationUnit {
public:
    // The poll of Cpu::pending at a block's entry. The run loop, which has done what was pending, enters behind it: an
    // interrupt that is masked stays pending.
    static constexpr uint32_t kPollBytes = 8;

    BlockTranslator(Thunks const& thunks, Cpu const& cpu, LeftBehind const& left_behind, std::vector<Link>& links,
        sys::ArmFeatures const& features)
        : TranslationUnit(links)
        , m_thunks(thunks)
        , m_cpu(cpu)
        , m_layout(cpu)
        , m_left_behind(left_behind)
        , m_features(features)
    {
    }

    void restrict_to(sys::ArmFeatures const& features) { m_features = features; }

    struct Code {
        uint32_t entry;
        uint32_t cold; // where the paths begin that are taken seldom
        uint32_t unlinked; // position that the first instruction jumps to once the block is unlinked
    };
    // `executable`: where position 0 of the assembler is executed. Look at the assembler's overflowed() afterwards.
    // `region`: what the block's code is to cover, if that is more than the block.
    Code translate(Assembler&, uint8_t const* executable, CodePage const&, unsigned word_index, Block const&,
        Region const* region = nullptr);

private:
    // A field of an instruction that names a general register.
    struct Field {
        unsigned position;
        bool reads;
        bool writes;
        bool is_sp { false }; // 31 means SP
    };
    enum class Indexing : uint8_t { Offset, Pre, Post };

    // A load or store, in the parts that all have in common.
    struct Access {
        unsigned index; // of the instruction
        unsigned bytes; // all of it
        bool is_write;
        unsigned rn; // as in word_fields.h; kZero: the address is in T0 already
        bool is_vector { false };
        bool is_unprivileged { false };
        bool must_be_aligned { false };
        bool is_acquire { false };
        Indexing indexing { Indexing::Offset };
        int64_t offset { 0 };
    };

    // The slow path of an access, or of what the exception level may not do: the semantic function does the whole
    // instruction again.
    struct SlowAccess {
        Label entry;
        Label back;
        unsigned index;
        unsigned segment;
        bool keeps_vectors;
        bool is_acquire;
    };
    struct SideExit {
        Label entry;
        int64_t target; // from the start of the page
        unsigned retired;
    };
    struct VectorLoad {
        Label entry;
        Label back;
    };
    // An indirect branch to where no jump has gone lately.
    struct IndirectMiss {
        Label entry;
        unsigned index;
        unsigned segment;
        bool links;
    };
    struct LinkStub {
        Label entry;
        uint32_t link;
    };
    // A jump back while something is pending.
    struct PollExit {
        Label entry;
        unsigned target;
    };

    // block_translator.cpp
    void emit_entry(Block const&);
    void emit_instruction(unsigned index) override;
    void emit_fallback(unsigned index);
    void emit_call(unsigned index, unsigned segment, uint32_t thunk);
    SlowAccess& begin_slow(unsigned index, bool is_acquire = false);
    void emit_cold_paths();
    void emit_pending(unsigned index, Label& goes_on);
    void leave_to_link(uint32_t link);
    void retire(unsigned instructions);
    void leave_block_to(unsigned index, int64_t target, unsigned retired);
    void go_to(int64_t target);
    void jump_in_page(uint16_t offset);
    void end_of_block(unsigned next_index) override;
    void page_plus(Reg to, int64_t offset); // virtual address; takes T1

    // loop.cpp
    void enter_loop();
    void begin_segment(unsigned index) override;
    Label& free_label(unsigned target);
    void jump_inside(unsigned target, unsigned retired, bool polls);
    void count_round(unsigned index, int64_t target);
    void emit_loop_cold_paths();

    // rename.cpp
    Reg read(unsigned guest, Reg temporary); // the pin, or the temporary with the value
    Reg destination(unsigned guest, Reg temporary) const; // the pin, or the temporary
    void written(unsigned guest, Reg from); // to be called after a write to destination()
    void emit_renamed(uint32_t word, std::initializer_list<Field>);
    bool emit_integer(DecodedInstruction const&, unsigned index);
    bool emit_vector(DecodedInstruction const&);
    void need_vectors();
    bool host_has(isa::Feature) const;

    // emit_branch.cpp
    bool emit_branch(unsigned index);
    template <typename Jump> void leave_if(unsigned index, int64_t target, Jump);
    void indirect_branch(unsigned index, bool links);
    void emit_indirect_miss(IndirectMiss&);

    // emit_system.cpp
    bool emit_system(unsigned index);
    void require_level(PlainRegister::Kind, SlowAccess&);
    bool read_system_register(unsigned index);
    bool write_system_register(unsigned index);
    void store_system_register(PlainRegister const&, Reg value);
    void require_no_debugging(SlowAccess&);
    bool change_interrupt_masks(unsigned index);
    bool change_pan(unsigned index);
    bool change_dit(unsigned index);
    bool leave_through(uint32_t thunk, unsigned index);
    bool maintain_data_cache(unsigned index);

    // emit_atomic.cpp
    bool emit_atomic(unsigned index);
    bool read_modify_write(unsigned index);
    bool load_exclusive(unsigned index);
    bool store_exclusive(unsigned index);
    bool compare_and_swap_pair(unsigned index);
    bool emit_ordered(unsigned index);
    Access atomic_access(unsigned index, bool is_write, bool is_acquire) const;

    // emit_memory.cpp
    bool emit_memory(unsigned index);
    bool emit_single(unsigned index);
    bool emit_pair(unsigned index);
    bool emit_structures(unsigned index);
    SlowAccess& begin_access(Access const&);
    Reg address_of(Access const&);
    void check_tlb(Access const&, Reg address, SlowAccess&);
    void write_back(Access const&);

    Thunks const& m_thunks;
    Cpu const& m_cpu;
    CpuLayout m_layout;
    LeftBehind const& m_left_behind;
    sys::ArmFeatures m_features;

    // Of the block that is being translated:
    Assembler* m_asm { nullptr };
    bool m_vectors_in_place { false }; // v0 to v31, FPCR and FPSR are known to be the host's
    bool m_sp_checked { false }; // SP is aligned, or may be misaligned
    Label m_leaves_at_entry;
    Label m_pending_at_entry;
    std::vector<SlowAccess> m_slow_accesses;
    std::vector<SideExit> m_side_exits;
    std::vector<VectorLoad> m_vector_loads;
    std::vector<IndirectMiss> m_indirect_misses;
    std::vector<LinkStub> m_link_stubs;
    std::vector<LinkStub> m_hot_stubs;
    std::vector<PollExit> m_poll_exits;
    std::vector<std::vector<Label>> m_place_labels; // of each place: a label has room for few jumps
    bool m_loop_has_vectors { false };
};

}
