#pragma once

#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/jit/plain_registers.h"
#include "engine/emulator/jit/translation_unit.h"
#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/jit/x64/guest_registers.h"
#include "engine/emulator/jit/x64/thunks.h"
#include "engine/emulator/jit/x64/translation_state.h"
#include "engine/emulator/jit/x64/vector_emitter.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dormouse::emulator::jit::x64 {

// Turns decoded blocks into x86-64 code. Instructions without an emitter become calls of their semantic functions.
//
// Translated code keeps to this: on entry of a block all pins hold their guest registers, and the frame's flags are
// right. Within a block a pin may be stale (then its value is in Cpu) or dirty (then Cpu's is old), and NZCV may be in
// the host's flags alone, as long as nothing can leave.
class BlockTranslator final : public TranslationUnit {
public:
    // The poll of Cpu::pending at a block's entry. The run loop, which has done what was pending, enters behind it: an
    // interrupt that is masked stays pending.
    static constexpr uint32_t kPollBytes = 10;

    BlockTranslator(Thunks const& thunks, Cpu const& cpu, std::vector<Link>& links, HostFeatures const& features)
        : TranslationUnit(links)
        , m_thunks(thunks)
        , m_cpu(cpu)
        , m_layout(cpu)
        , m_has_bmi(features.bit_manipulation)
        , m_vectors(*this, features)
    {
    }

    void restrict_to(HostFeatures const& features)
    {
        m_has_bmi = features.bit_manipulation;
        m_vectors.restrict_to(features);
    }
    // Where the buffer holds kVectorConstants, and code that uses them.
    void set_shared_vector_code(uint32_t constants, FpThunks const& thunks)
    {
        m_vectors.set_shared_code(constants, thunks);
    }
    // Of the block that was translated last.
    bool suits_flushing() const { return m_vectors.suits_flushing(); }

    struct Code {
        uint32_t entry;
        uint32_t unlinked; // position that the first instruction jumps to once the block is unlinked
    };
    // For tests: stores flags that could be made again.
    void set_stores_flags() { m_rematerialises = false; }
    // `region`: what the block's code is to cover, or null. `executable`: where position 0 of the assembler is
    // executed. Look at the assembler's overflowed() afterwards.
    Code translate(
        Assembler&, uint8_t const* executable, CodePage const&, unsigned word_index, Block const&, Region const*);

    // Which host registers hold which guest registers in the block that was translated last, a line each.
    std::vector<std::string> describe_registers() const;

private:
    friend class VectorEmitter;

    // block_translator.cpp
    void emit_entry(Block const&);
    void emit_instruction(unsigned index) override;
    void emit_fallback(unsigned index);
    void emit_cold_paths();
    void set_call_arguments(unsigned index, unsigned segment);
    void retire(unsigned instructions);
    void go_to(int64_t target);
    void leave_block_to(int64_t target, unsigned retired, VectorState const&, bool polls = true);
    void count_round(int64_t target);
    SlowAccess& begin_slow(unsigned index);
    void end_slow();
    void jump_in_page(uint16_t offset);
    void end_of_block(unsigned next_index) override;

    // loop.cpp
    void begin_loop();
    void weigh_rounds(std::vector<unsigned>& weights) const;
    void choose_pins();
    void choose_count_pin(std::array<unsigned, 33> const& uses, unsigned counts);
    void choose_flag_marks();
    void enter_loop();
    void begin_segment(unsigned index) override;
    bool makes_same_flags(unsigned producer) const;
    bool passes_flags_freely(unsigned target) const;
    void pass_flags(unsigned target, bool polls);
    void pass_state(unsigned target, unsigned retired, VectorState const&, bool polls);
    void jump_inside(unsigned target, unsigned retired, VectorState const&, bool polls);
    Label& label_of(unsigned target);
    bool branch_inside(Condition, unsigned index, int64_t offset);
    void swap_pins_in();
    void swap_pins_out();
    void count_before_call();
    void count_after_call();

    // register_state.cpp
    Reg read(unsigned guest, Reg temporary); // a pin, or the temporary with the value. Keeps the host's flags.
    Reg destination(unsigned guest) const; // the pin, or RAX
    bool is_in_memory(unsigned guest) const { return guest != kZero && m_pin_map.pins[guest] == kNoPin; }
    void written(unsigned guest, Reg from); // the register's new value is in `from`
    void ensure_loaded(unsigned guest);
    void load_all_pins();
    void store_dirty_pins();
    void store_pins(uint32_t mask);
    void load_pins(uint32_t mask);
    uint32_t pins_written(isa::OperandMasks const&) const;

    // condition_flags.cpp
    void clobber_flags(); // before an emitter changes the host's flags. Takes RAX.
    void save_flags(); // afterwards they are in the frame as well
    void flags_to_host(); // Takes RAX, RCX and RDX.
    void set_flags(FlagKind); // they are in the host's now
    void set_flags_of(unsigned index, FlagKind); // the same, and that instruction made them
    void set_frame_flags() { m_flags = {}; } // they are in the frame now
    Condition host_condition(unsigned condition); // of the host's flags, for a condition other than always
    void make_flags_again();
    void test_again(DecodedInstruction const&);
    void compare_with_immediate_again(DecodedInstruction const&);
    void compare_again(DecodedInstruction const&);
    Reg shifted_operand_again(uint32_t word);
    void frame_flags_to_host();
    void flags_from_rax();
    void leave_host_flags();

    // flag_operands.cpp
    uint64_t registers_of_flags(unsigned index) const;
    FlagKind flag_kind_of(unsigned index) const;
    bool takes_flags_of(unsigned producer, isa::OperandMasks const&) const;
    bool is_displaced(unsigned guest) const;
    Reg read_operand(unsigned guest, Reg temporary);
    std::optional<int32_t> operand_moved(unsigned index, unsigned guest) const;
    uint64_t operands_written(unsigned index) const;
    uint64_t operands_taken(unsigned index) const;
    bool loses_flags(unsigned index) const;
    bool is_overwritten_soon(unsigned index) const;
    void keep_operands(uint64_t guests);
    void keep_flags_through(unsigned index);
    void follow_operands(unsigned index);

    // emit_arithmetic.cpp
    bool emit_arithmetic(DecodedInstruction const&);
    bool emit_add_subtract(DecodedInstruction const&);
    bool emit_logical(DecodedInstruction const&);
    void add_immediate(DecodedInstruction const&);
    void negate(Width, unsigned rd, Reg from);
    void three_registers(Alu, Width, unsigned rd, Reg first, Reg second);
    void three_registers(Alu, Width, unsigned rd, unsigned rn, unsigned rm);
    Reg shifted(Width, unsigned rm, unsigned kind, unsigned amount);
    Reg shifted(Width, Reg source, unsigned kind, unsigned amount);
    Reg extended(unsigned rm, unsigned option, unsigned amount);
    Reg extended(Reg source, unsigned option, unsigned amount);
    void finish_flags(DecodedInstruction const&, FlagKind);
    void logical(DecodedInstruction const&, Alu, bool invert, bool sets_flags);
    void with_carry(DecodedInstruction const&);

    // emit_integer.cpp
    bool emit_integer(DecodedInstruction const&);
    bool emit_move(DecodedInstruction const&);
    void address_of_page(DecodedInstruction const&);
    void bitfield(DecodedInstruction const&);
    void extract(DecodedInstruction const&);
    void shift_by_register(DecodedInstruction const&, Shift);
    void select(DecodedInstruction const&);
    void conditional_compare(DecodedInstruction const&);
    void count_leading_zeros(DecodedInstruction const&);

    // emit_multiply.cpp
    bool emit_multiply_divide(DecodedInstruction const&);
    void divide(DecodedInstruction const&, bool is_signed);

    // emit_branch.cpp
    bool emit_branch(unsigned index);
    void conditional_branch(Condition, unsigned index, int64_t target);
    void indirect_branch(unsigned index, bool links);

    // emit_memory.cpp
    bool emit_memory(unsigned index);
    bool emit_single(unsigned index);
    bool emit_pair(unsigned index);
    bool emit_ordered(unsigned index);
    void emit_access(unsigned index, Access const&);
    void access_with_address(Access const&, Reg address, SlowAccess&);
    void check_tlb_tag(Reg address, unsigned bytes, bool is_write, Label& slow);
    void check_tlb(Reg address, unsigned bytes, bool is_write, Label& slow);
    void check_tlb_unprivileged(Reg address, unsigned bytes, bool is_write, Label& slow);
    void index_tlb(Reg address);
    void check_sp(SlowAccess&);
    bool is_stack_access(Access const&) const;
    void stack_access(Access const&, SlowAccess&);
    void find_stack_page(SlowAccess&);

    // emit_steady.cpp
    void find_steady_registers();
    Round const* innermost_round(unsigned index) const;
    bool is_steady(unsigned index, unsigned guest) const;
    void begin_steady(SlowAccess&);
    void check_steady(unsigned bytes, bool is_write, SlowAccess&);
    void steady_access(Access const&, SlowAccess&);
    void find_steady_page(SlowAccess&);

    // emit_pointer.cpp
    bool follows_pointer(unsigned index, Access const&) const;
    void check_pointer(Reg address, unsigned bytes, SlowAccess&);
    void find_addend(SlowAccess&);
    void transfer_all(Access const&, Mem first, Mem second);
    void transfer(Access const&, unsigned rt, Mem);
    void write_back(Access const&);
    SlowAccess& begin_access(unsigned index, Access const&);
    void barrier(uint32_t word);

    // emit_atomic.cpp
    bool emit_atomic(unsigned index);
    void begin_atomic(unsigned index, unsigned bytes, bool is_write);
    void read_modify_write(uint32_t word);
    void modify_in_loop(unsigned operation, unsigned bytes, uint32_t word);
    void swap(unsigned bytes, uint32_t word);
    void compare_and_swap(uint32_t word);
    void compare_and_swap_pair(uint32_t word);
    void load_operands(unsigned index);
    void load_for(unsigned bytes, bool is_signed, Reg to, Mem from);
    void jump_unless_equal(Reg, unsigned guest, Label&);
    void write_pair(unsigned first, unsigned second);
    void begin_exchange_pair();
    void operand_of_pair(Reg to, unsigned guest);
    void exchange_pair(unsigned low, unsigned high);

    // emit_exclusive.cpp
    void emit_exclusive(unsigned index, unsigned bytes);
    bool is_paired(unsigned load, unsigned store) const;
    std::optional<unsigned> paired_store(unsigned load) const;
    std::optional<unsigned> paired_load(unsigned store) const;
    bool is_undivided(unsigned load, unsigned store) const;
    void check_monitor(unsigned rn, unsigned bytes, Label& slow);
    void monitor_address(unsigned rn);
    void load_exclusive(uint32_t word, unsigned bytes, bool is_undivided);
    void store_exclusive(uint32_t word, unsigned bytes, bool is_undivided);
    Reg join_words(unsigned low, unsigned high);
    void store_if_equal(unsigned bytes, Reg desired);
    void store_exclusive_pair(unsigned rt, unsigned rt2);

    // emit_system.cpp
    bool emit_system(unsigned index);
    void require_level(PlainRegister::Kind, SlowAccess&);
    void require_el1(SlowAccess&);
    void require_el1_with_sp_el1(SlowAccess&);
    void require_no_debugging(SlowAccess&);
    bool read_system_register(unsigned index);
    bool write_system_register(unsigned index);
    void store_system_register(PlainRegister const&, Reg value);
    bool change_interrupt_masks(unsigned index);
    bool change_pan(unsigned index);
    bool change_dit(unsigned index);
    bool leave_through(uint32_t thunk, unsigned index, uint32_t immediate);
    bool maintain_data_cache(unsigned index);

    bool m_rematerialises { true }; // makes flags again instead of storing them
    Thunks const& m_thunks;
    Cpu const& m_cpu; // what a translation may take for granted
    CpuLayout m_layout;
    bool m_has_bmi;
    VectorEmitter m_vectors;

    // Of the block that is being translated:
    Assembler* m_asm { nullptr };
    PinMap m_pin_map { kCanonicalPins };
    uint32_t m_swapped_pins { 0 }; // those that hold another guest register than between blocks
    struct Place {
        FlagState flags; // as everything that comes there leaves them
        Label label;
    };
    std::vector<Round> m_rounds;
    unsigned m_pointers { 0 }; // how many loads follow one
    std::array<unsigned, TlbSteadyEntries::kKinds>
        m_steady_entries {}; // how many were given away, by size and direction
    std::vector<Place> m_place_states; // of each place
    bool m_at_entry { false };
    unsigned m_count_pin { kPinCount }; // counts instructions in the loop instead of holding a guest register
    uint32_t m_usable_pins { kAllPins };
    PinState m_pins;
    FlagState m_flags;
    unsigned m_index { 0 }; // of the instruction that is being translated
    bool m_flags_live { true }; // what the frame must hold before the host's flags change
    bool m_entered_at_start_alone { false }; // no jump leads to another of m_instructions
    bool m_sp_checked { false }; // SP is aligned, or may be misaligned
    unsigned m_constant_register { kZero }; // the last instruction gave it the value m_constant
    uint64_t m_constant { 0 };
    Label m_leaves_at_entry;
    Label m_pending_at_entry;
    Label m_behind_poll;
    std::vector<SlowAccess> m_slow_accesses;
    std::vector<SideExit> m_side_exits;
    std::vector<FlagStub> m_flag_stubs;
    std::vector<LinkStub> m_link_stubs;
    std::vector<HotStub> m_hot_stubs;
};

}
