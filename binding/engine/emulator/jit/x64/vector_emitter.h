#pragma once

#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/jit/x64/fp_shape.h"
#include "engine/emulator/jit/x64/fp_thunks.h"
#include "engine/emulator/jit/x64/host_features.h"
#include "engine/emulator/jit/x64/vector_constants.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"

#include <array>
#include <cstdint>
#include <vector>

namespace dormouse::emulator::jit::x64 {

class BlockTranslator;

// Which guest vector registers are in their host registers (valid), and which of those are newer than Cpu::v (dirty).
// Bit n stands for Vn. Of some only the lowest 64 or 32 bits count and the rest of Vn is zero, whatever the host
// register holds there: scalar instructions need not clear it.
struct VectorState {
    uint32_t valid { 0 };
    uint32_t dirty { 0 };
    uint32_t low64 { 0 };
    uint32_t low32 { 0 };
};

// The part of the block translator that knows vector registers: floating point, Advanced SIMD, cryptography, CRC32.
//
// A block gives the vector registers that it uses most a host register each, from XMM4 upwards; XMM0 to XMM3 are free
// for every emitter. Between blocks all are in Cpu::v. A block that jumps to its own start keeps them: its loop has an
// entry of its own behind the loads.
//
// Arithmetic runs in the guest's rounding mode and collects exceptions in MXCSR, which goes to FPSR before C++ runs
// (thunks.h). What the host does otherwise than the guest shows in the result: a NaN, or the smallest normal number,
// which may have been rounded up from a tiny one (the guest detects that before rounding, the host afterwards). Such a
// result is looked at again, or dropped: then the semantic function does the instruction again; whatever exceptions the
// host has noted until then the guest notes as well. [Arm DDI 0487, A1.5; Intel SDM, volume 1, 4.9]
//
// Under FPCR.FZ the host flushes too. It notes a flushed result as inexact, which the guest does not, so such code runs
// only when FPSR.IXC is set already; and it notes no subnormal operand, so the code looks for those. A block is written
// for FZ when it is set at that time. FPCR.DN concerns NaNs alone.
class VectorEmitter {
public:
    VectorEmitter(BlockTranslator& block, HostFeatures const& features) : m_block(block), m_features(features) { }

    void restrict_to(HostFeatures const& features) { m_features = features; }
    // Where the buffer holds kVectorConstants, and what else is shared.
    void set_shared_code(uint32_t constants, FpThunks const& thunks)
    {
        m_constants = constants;
        m_fp_thunks = thunks;
    }

    void begin_block(bool is_loop);
    void emit_entry(); // behind everything that can refuse to enter the block
    bool emit(unsigned index);
    bool emit_crc32(unsigned index);
    bool emit_structures(unsigned index);
    bool transfer(bool is_load, unsigned bytes, unsigned v, Mem); // a load or store that cannot fault any more

    VectorState state() const { return m_state; }
    void store(VectorState); // puts what is dirty into Cpu::v
    void store_all(); // the same for the current state, before C++ code changes or loses registers
    void after_call(VectorState); // gets the valid ones back after C++ code, which may have changed them
    void after_fallback();
    // At the start of a loop all assigned registers are valid.
    void enter_loop();
    void begin_segment() { m_state = loop_state(); }
    void loop_back(VectorState);
    VectorState loop_state() const { return { m_assigned, m_assigned & m_written, 0, 0 }; }
    void emit_cold_paths();

    // Whether the block that was translated last is good for FPCR.FZ as well.
    bool suits_flushing() const { return m_flushes || !m_uses_fp; }

private:
    using Constant = VectorConstant;

    struct ColdPath {
        Label entry;
        Label back;
    };
    struct NanResult {
        Label entry;
        Label back;
        FpFrame frame;
        bool may_be_tiny;
    };

    Assembler& code();
    Mem constant(Constant) const;
    Mem constant(Constant single, bool is_double) const;
    Xmm read(unsigned v, Xmm temporary);
    Xmm read_scalar(unsigned v, bool is_double, Xmm temporary); // the bits above mean nothing
    void clear_upper(unsigned v, VectorState const&); // in the host register, of what is in it in part
    Xmm read_lower(unsigned v, bool q, Xmm temporary); // with a zero upper half unless q
    Xmm destination(unsigned v) const; // its register, or XMM0
    Xmm destination_apart(unsigned v, uint32_t sources) const; // its register, unless it is a source as well; or XMM0
    void written(unsigned v, Xmm from);
    void written_scalar(unsigned v, Xmm from, bool is_double); // the rest becomes zero
    void written_vector(unsigned v, Xmm from, bool q);
    void load(uint32_t mask);
    Label& begin_slow(); // where to go when the semantic function is to do the instruction; operands are in place
    void end_slow(); // the result is in place

    // emit_fp_frame.cpp
    FpFrame begin_fp(FpShape, unsigned operands);
    void end_fp(FpFrame const&);
    void end_arithmetic(FpFrame const&);
    void read_pairs(FpFrame&);
    Xmm element(FpShape);
    void check_subnormal(Xmm operand, FpShape, Label& there);
    void require_normal(Xmm operand, uint32_t from, FpShape, Label& slow);
    void note_subnormal(Xmm operand, uint32_t from, FpShape);
    void note_subnormals();
    void check_result(FpFrame const&, bool may_be_tiny, NanRule);
    void check_lanes(FpShape, Xmm lanes, bool may_be_tiny, Label& there);
    void require_ordered(FpFrame const&);
    void require_finite(FpFrame const&);
    void settle_nans();

    // emit_fp_arithmetic.cpp
    bool emit_fp_arithmetic();
    bool emit_fp_extremes();
    bool emit_fp_rounding();
    void binary(uint8_t opcode, unsigned operands, bool may_be_tiny);
    void unary(FpShape, VectorOpcode, Xmm to, Xmm from);
    void square_root();
    void fused(uint8_t packed_opcode, unsigned operands);
    void reciprocal_step();
    void reciprocal_square_root_step();
    void extreme(uint8_t opcode, unsigned operands);
    void extreme_of_both(FpShape, uint8_t opcode, Xmm to, Xmm n, Xmm m);
    void extreme_of_all(uint8_t opcode);
    void round(uint8_t immediate);
    void require_fraction(FpFrame const&);
    void round_ties_away(FpShape, Xmm to, Xmm from);
    void change_sign(VectorOpcode, Constant single);

    // emit_fp_compare.cpp
    bool emit_fp_compare();
    bool emit_fp_compare_lanes();
    void compare_scalars(bool with_zero);
    void compare_conditionally();
    void compare_lanes(FpRelation);
    void select();

    // emit_fp_move.cpp
    bool emit_fp_move();
    void move_general();
    void move_immediate();

    // emit_fp_convert.cpp, emit_fp_convert_lanes.cpp
    bool emit_fp_convert();
    bool emit_fp_to_integer();
    void from_integer(bool is_signed, unsigned fraction_bits);
    void to_integer(FpDirection, bool is_signed);
    void to_fixed(unsigned fraction_bits, bool is_signed);
    void integer_written(bool is_general, bool is_64_bit);
    bool emit_fp_convert_lanes();
    void lanes_from_integers(bool is_signed, unsigned fraction_bits);
    void singles_from_unsigned(Xmm n, bool q);
    void lanes_to_integers(FpDirection, bool is_signed);
    void lanes_to_fixed(bool is_signed, unsigned fraction_bits);
    void truncate_lanes(FpFrame const&, Xmm rounded, bool is_signed);
    void truncate_unsigned_singles(FpFrame const&, Xmm rounded);
    void truncate_doubles(FpFrame const&, Xmm rounded, bool is_signed);

    // emit_fp_formats.cpp
    bool emit_fp_formats();
    bool convert_format();
    void widen_half(bool to_double);
    void half_from_single(FpFrame const&);
    void widen_halves();
    void narrow_singles();
    void widen_singles();
    void narrow_doubles();
    FpFrame begin_narrowing(bool of_doubles);
    void end_narrowing(FpFrame const&);

    // emit_simd_same.cpp: three registers with lanes of one size
    bool emit_simd_same();
    bool emit_simd_bitwise();
    bool emit_simd_compare();
    bool three_same(VectorOpcode);
    void multiply(Xmm to, Xmm n, Xmm m, unsigned size);
    void multiply_accumulate(Xmm m, unsigned size);
    void difference(Xmm to, Xmm n, Xmm m, unsigned size, bool is_signed); // the absolute one
    void compare_integers(bool is_equal, bool is_unsigned, bool swaps, bool inverts, bool with_zero);
    bool halve_sum(bool is_signed, bool subtracts, bool rounds);
    void ones(Xmm);

    // emit_simd_saturate.cpp, emit_simd_double.cpp
    bool emit_simd_saturating();
    Xmm read_lanes(unsigned v, unsigned size, Xmm temporary);
    void note_saturation(Xmm bits);
    void saturating_sum(bool is_signed, bool subtracts);
    void saturate_sum(Xmm n, Xmm m, unsigned size, bool is_signed, bool subtracts);
    void saturating_negation(bool absolute);
    void invert_lowest(unsigned size);
    void narrow_saturating(unsigned size, bool from_signed, bool to_signed, unsigned count, bool rounds);
    void pack_saturating(Xmm from, unsigned size, bool from_signed, bool to_signed);
    bool emit_simd_doubling();
    Xmm second_factor(unsigned size);
    void double_high(bool rounds);
    void double_long(bool accumulates, bool subtracts);

    // emit_simd_shift_by_register.cpp
    bool emit_simd_shift_by_register();
    bool shift_by_lanes(bool is_signed, bool rounds);
    static Mem counts();
    void shift_lanes(Xmm n, unsigned size, bool is_signed, bool rounds);
    void signs_of(Xmm to, Xmm n, unsigned size, bool is_signed);
    void shift_words_right(Xmm n, unsigned size, bool is_signed, bool rounds);
    void shift_halves_right(Xmm n, bool is_signed, bool rounds);
    void powers_of_two(Constant places);

    // emit_simd_bits.cpp
    bool emit_simd_bits();
    void look_up_nibbles(Xmm n, Constant lower, Constant upper);
    void count_bits(Xmm n);
    void reverse_bits(Xmm n);
    void count_leading_zeros(Xmm n, unsigned size);

    // emit_simd_wide.cpp: lanes of two sizes
    bool emit_simd_wide();
    bool emit_simd_by_element();
    Xmm widened(Xmm from, unsigned size, bool is_signed, bool upper, Xmm to);
    void narrowed(unsigned size); // XMM0 has the wide lanes
    void multiply_long(Xmm to, Xmm n, Xmm m, unsigned size, bool is_signed, bool upper);
    void add_pairs_long(bool is_signed, bool accumulates);
    void add_neighbours(Xmm n, unsigned size, bool is_signed);
    unsigned element_index(unsigned size) const;
    unsigned element_register(unsigned size) const;
    void dot_product(Xmm m, bool is_signed);
    void dot_product_at_once(Xmm m, bool is_signed);
    Xmm lane_everywhere(Xmm to, unsigned v, unsigned size, unsigned lane);

    // emit_simd_shift.cpp: by an immediate
    bool emit_simd_shift();
    void shift_left(Xmm to, Xmm from, unsigned size, unsigned count);
    void shift_right(Xmm to, Xmm from, unsigned size, unsigned count, bool is_signed);
    void constant_lanes(Xmm to, uint64_t value, unsigned size);

    // emit_simd_permute.cpp: moves of lanes
    bool emit_simd_permute();
    bool emit_simd_copy();
    bool emit_simd_immediate();
    bool emit_simd_pairs();
    bool emit_simd_across();
    void split(Xmm even, Xmm odd, Xmm n, Xmm m, unsigned size, bool q);
    void transpose(bool second);
    bool shuffle(Constant);
    void table(unsigned registers);
    void add_across_long(bool is_signed);

    // emit_structures.cpp: loads and stores of structures
    bool multiple_structures();
    bool single_structure();
    void begin_structures(unsigned bytes, bool is_load, unsigned first, unsigned count);
    void end_structures(unsigned bytes);
    void transfer_lanes(bool loads, unsigned v, unsigned size, unsigned lanes, unsigned offset, unsigned stride);
    void transfer_lane(bool loads, Xmm reg, unsigned size, unsigned lane, Mem);
    void load_pairs(unsigned size, bool q);
    void store_pairs(unsigned size, bool q);
    void load_fours(unsigned size);
    void store_fours(unsigned size);

    // emit_crypto.cpp
    bool emit_crypto();
    void aes_round(VectorOpcode last, VectorOpcode whole, isa::Instruction mix);
    void sha256_rounds(bool second_half);
    void crc32_by_polynomials(unsigned index, unsigned bytes);
    void sha1_rounds(uint8_t function, Constant k);
    bool emit_sha_schedule();

    BlockTranslator& m_block;
    HostFeatures m_features;
    uint32_t m_constants { 0 };
    FpThunks m_fp_thunks;

    // Of the block that is being translated:
    std::array<int8_t, 32> m_registers {}; // XMM number of Vn, or -1
    uint32_t m_assigned { 0 };
    uint32_t m_written { 0 }; // anywhere in the block
    bool m_uses_fp { false };
    bool m_flushes { false }; // for FPCR.FZ set or not; else for FZ clear alone
    std::array<uint32_t, 2> m_normal {}; // registers whose lanes, singles or doubles, are not subnormal if FZ is set
    std::vector<ColdPath> m_subnormals;
    std::vector<NanResult> m_nans;
    VectorState m_state;
    Label m_enter_fp;
    Label m_fp_entered;

    // Of the instruction:
    unsigned m_index { 0 };
    uint32_t m_word { 0 };
    isa::Instruction m_instruction {};
    unsigned m_done_with { 0 }; // index of an instruction that the one before it has done as well, or 0
};

}
