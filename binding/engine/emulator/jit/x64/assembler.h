#pragma once

#include <array>
#include <cstdint>
#include <cstring>

namespace dormouse::emulator::jit::x64 {

// Encoder for the x86-64 instructions that the JIT emits, and no others. [Intel SDM, volume 2, "Instruction Format"]
// Operand order is Intel's: destination first. `Width` is the operand size; 32-bit results clear the upper half.
enum class Reg : uint8_t { Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15 };
enum class Xmm : uint8_t {
    Xmm0,
    Xmm1,
    Xmm2,
    Xmm3,
    Xmm4,
    Xmm5,
    Xmm6,
    Xmm7,
    Xmm8,
    Xmm9,
    Xmm10,
    Xmm11,
    Xmm12,
    Xmm13,
    Xmm14,
    Xmm15
};
enum class Width : uint8_t { W32, W64 };

// The condition codes of Jcc, SETcc and CMOVcc.
enum class Condition : uint8_t { O, No, B, Ae, E, Ne, Be, A, S, Ns, P, Np, L, Ge, Le, G };
constexpr Condition operator!(Condition condition)
{
    return static_cast<Condition>(static_cast<uint8_t>(condition) ^ 1);
}

// ADD.. CMP in the order of their opcodes.
enum class Alu : uint8_t { Add, Or, Adc, Sbb, And, Sub, Xor, Cmp };
enum class Shift : uint8_t { Rol, Ror, Shl = 4, Shr = 5, Sar = 7 };
// The group of opcode F7.
enum class Unary : uint8_t { Not = 2, Neg = 3, Mul = 4, Imul = 5, Div = 6, Idiv = 7 };

// An instruction with a VEX prefix of 128 bits. [Intel SDM, volume 2, 2.3 "Intel Advanced Vector Extensions"]
struct VectorOpcode {
    uint8_t map; // 1: 0F, 2: 0F 38, 3: 0F 3A
    uint8_t prefix; // 0: none, 1: 66, 2: F3, 3: F2
    uint8_t opcode;
    bool w { false };
};

// [base + displacement] or [base + index * scale + displacement]; the scale is 1, 2, 4 or 8, the index never RSP. Kept
// as the bytes that an instruction has of it: mostly the compiler knows them. [Intel SDM, volume 2, 2.1.5]
class Mem {
public:
    // RSP and R12 as base need a SIB byte; RBP and R13 a displacement.
    constexpr Mem(Reg base, int32_t displacement) : Mem(base, Reg::Rsp, 1, displacement)
    {
        if (low_bits(base) != kNeedsSib) {
            m_bytes = static_cast<uint16_t>(low_bits(base));
            m_length = 1;
        }
    }
    constexpr Mem(Reg base, Reg index, unsigned scale, int32_t displacement)
        : m_displacement(displacement)
        , m_bytes(static_cast<uint16_t>(kNeedsSib | log2_of(scale) << 14 | low_bits(index) << 11 | low_bits(base) << 8))
        , m_rex(static_cast<uint8_t>(high_bit(index) << 1 | high_bit(base)))
        , m_length(2)
        , m_needs_displacement(low_bits(base) == kNeedsDisplacement)
    {
    }
    // Data in the code buffer.
    static constexpr Mem at_position(uint32_t position)
    {
        Mem mem { Reg::Rax, static_cast<int32_t>(position) };
        mem.m_is_position = true;
        return mem;
    }

private:
    friend class Assembler;

    static constexpr unsigned kNeedsSib = 4;
    static constexpr unsigned kNeedsDisplacement = 5;

    static constexpr unsigned low_bits(Reg reg) { return static_cast<unsigned>(reg) & 7; }
    static constexpr unsigned high_bit(Reg reg) { return static_cast<unsigned>(reg) >> 3; }
    static constexpr unsigned log2_of(unsigned scale) { return scale == 8 ? 3 : scale >> 1; }

    int32_t m_displacement;
    uint16_t m_bytes; // ModRM without what is not of the operand, SIB
    uint8_t m_rex; // the bits X and B
    uint8_t m_length : 2; // how many of the bytes count
    bool m_needs_displacement : 1;
    bool m_is_position : 1 { false }; // the displacement is a position in the buffer
};

// A forward or backward jump target in the code that is being written. Of the rel32 fields that wait for it, each holds
// the position of the one before.
struct Label {
    static constexpr uint32_t kNone = ~uint32_t { 0 };
    uint32_t position { kNone };
    uint32_t last_site { kNone };
};

// Writes into `buffer`, which will be executed at another address of the same distance to everything it jumps to.
// Positions are offsets from the buffer's start. What does not fit is dropped and noted: look at overflowed().
class Assembler {
public:
    Assembler(uint8_t* buffer, uint32_t capacity, uint32_t position = 0)
        : m_buffer(buffer)
        , m_at(buffer + position)
        , m_capacity(capacity)
    {
        if (capacity < kLongest || position > capacity - kLongest)
            overflow();
        else
            m_last = buffer + (capacity - kLongest);
    }
    Assembler(Assembler const&) = delete;
    Assembler& operator=(Assembler const&) = delete;

    uint32_t position() const { return overflowed() ? m_capacity : position_of(m_at); }
    bool overflowed() const { return m_last == m_spill.data(); }

    void mov(Width, Reg to, Reg from);
    void mov(Reg to, uint64_t immediate); // the shortest form; flags untouched
    void load(Width, Reg to, Mem from);
    void store(Width, Mem to, Reg from);
    void store16(Mem to, Reg from);
    void store8(Mem to, Reg from);
    void store_sized(unsigned bytes, Mem to, Reg from); // 1, 2, 4 or 8
    void store_immediate(Width, Mem to, int32_t value); // sign-extended
    void load_zero_extended(unsigned bytes, Reg to, Mem from); // 1 or 2 bytes
    void load_sign_extended(unsigned bytes, Width, Reg to, Mem from); // 1, 2 or 4 bytes
    void zero_extend(unsigned bytes, Reg to, Reg from); // 1, 2 or 4 bytes
    void sign_extend(unsigned bytes, Width, Reg to, Reg from); // 1, 2 or 4 bytes; 4 with W64 alone
    void lea(Width, Reg to, Mem address);

    void alu(Alu, Width, Reg to, Reg from);
    void alu(Alu, Width, Reg to, Mem from);
    void alu(Alu, Width, Reg to, int32_t immediate);
    void alu_memory(Alu, Width, Mem to, int32_t immediate);
    void compare_byte(Mem, int8_t immediate);
    void alu_byte(Alu, Mem to, int8_t immediate);
    void compare_bytes(Reg a, Reg b); // the low bytes of RAX to RBX
    void data(uint64_t); // not an instruction
    void or_locked(Mem, int8_t immediate); // lock or dword
    // Read and modify memory of 1, 2, 4 or 8 bytes; `locked` makes it atomic to other threads.
    void alu_to_memory(Alu, unsigned bytes, Mem to, Reg from, bool locked);
    void exchange_add(unsigned bytes, Mem, Reg, bool locked); // XADD: the register takes the old value
    void compare_exchange(unsigned bytes, Mem, Reg desired, bool locked); // CMPXCHG: RAX is expected, and takes the old
    void compare_exchange_16(Mem); // LOCK CMPXCHG16B: RDX:RAX is expected, RCX:RBX desired
    void exchange(unsigned bytes, Mem, Reg); // XCHG: atomic always
    void test(Width, Reg, Reg);
    void test(Width, Reg, int32_t immediate);
    void test_byte(Reg, uint8_t immediate);
    void unary(Unary, Width, Reg);
    void shift(Shift, Width, Reg, uint8_t count);
    void shift_by_cl(Shift, Width, Reg);
    void shrd(Width, Reg to, Reg from, uint8_t count);
    void imul(Width, Reg to, Reg from);
    void imul(Width, Reg to, Mem from);
    void imul(Width, Reg to, Reg from, int32_t immediate);
    void bsr(Width, Reg to, Reg from);
    void bswap(Width, Reg);
    void bit_test(Width, Reg, uint8_t bit);
    void cmov(Condition, Width, Reg to, Reg from);
    void cmov(Condition, Width, Reg to, Mem from);
    // BMI1 and BMI2. Only ANDN changes flags.
    void andn(Width, Reg to, Reg inverted, Reg from);
    void shift_flagless(Shift, Width, Reg to, Reg from, Reg count); // SHLX, SHRX, SARX
    void rotate_flagless(Width, Reg to, Reg from, uint8_t count); // RORX
    void set(Condition, Reg low_byte);
    void sign_into_rdx(Width); // CDQ, CQO
    void add_to_al(uint8_t immediate);
    void lahf();
    void sahf();
    void cmc();

    void load_vector(Xmm to, Mem from); // MOVUPS
    void store_vector(Mem to, Xmm from);

    // assembler_vector.cpp. `a` is the operand in VEX.vvvv, `b` the one in ModRM.rm.
    void vector(VectorOpcode, Xmm to, Xmm a, Xmm b);
    void vector(VectorOpcode, Xmm to, Xmm a, Mem b);
    void vector(VectorOpcode, Xmm to, Xmm a, Xmm b, uint8_t immediate);
    void vector(VectorOpcode, Xmm to, Xmm a, Mem b, uint8_t immediate);
    void vector(VectorOpcode, Xmm to, Xmm b); // without `a`
    void vector(VectorOpcode, Xmm to, Mem b); // stores have their source in `to`
    void vector(VectorOpcode, Xmm to, Xmm b, uint8_t immediate);
    void vector(VectorOpcode, Xmm to, Mem b, uint8_t immediate);
    void vector_half_from_single(Xmm to, Xmm from, uint8_t rounding); // VCVTPS2PH
    void vector_select(VectorOpcode, Xmm to, Xmm a, Xmm b, Xmm mask); // VPBLENDVB and its kind
    void vector_shift(uint8_t opcode, unsigned digit, Xmm to, Xmm from, uint8_t count); // groups 71, 72, 73
    void vector_from_general(VectorOpcode, Xmm to, Xmm a, Reg from); // VCVTSI2SD and its kind
    void vector_from_general(VectorOpcode, Xmm to, Xmm a, Reg from, uint8_t immediate); // VPINSR
    void vector_from_general(VectorOpcode, Xmm to, Reg from); // VMOVD, VMOVQ
    void general_from_vector(VectorOpcode, Reg to, Xmm from);
    void general_from_vector(VectorOpcode, Reg to, Xmm from, uint8_t immediate);
    void vector_and_general(VectorOpcode, Xmm, Reg); // VMOVD, VMOVQ, VPEXTR: the general register is ModRM.rm
    void vector_and_general(VectorOpcode, Xmm, Reg, uint8_t immediate);
    void sha(uint8_t opcode, Xmm to, Xmm from); // map 0F 38
    void sha_rounds(Xmm to, Xmm from, uint8_t immediate); // SHA1RNDS4
    void crc32(unsigned bytes, Reg to, Reg from); // of 1, 2, 4 or 8 bytes
    void load_mxcsr(Mem);
    void store_mxcsr(Mem);

    void push(Reg);
    void pop(Reg);
    void ret();
    void call(Reg);
    void jump(Reg);
    void jump(Mem const&);
    void jump(Label&);
    void jump(Condition, Label&);
    void call_position(uint32_t target);
    void jump_position(uint32_t target);
    void bind(Label&);

private:
    static constexpr uint32_t kLongest = 24; // bytes; and what is written behind an instruction and does not count

    void end(uint8_t* behind);
    void overflow();
    uint32_t position_of(uint8_t const* at) const { return static_cast<uint32_t>(at - m_buffer); }
    void one_byte(unsigned);
    void register_form(Width, unsigned opcode, unsigned reg, Reg rm);
    void register_form(Width, unsigned opcode, unsigned reg, Reg rm, uint8_t immediate);
    void memory_form(Width, unsigned opcode, unsigned reg, Mem);
    // These write from `at` on and return where they have stopped.
    uint8_t* put_memory_form(uint8_t* at, Width, unsigned opcode, unsigned reg, Mem, bool byte_operand = false,
        unsigned bytes_behind = 0) const; // bytes_behind: of an immediate
    uint8_t* begin_vex(VectorOpcode, unsigned reg, unsigned a, unsigned rm);
    uint8_t* begin_vex(VectorOpcode, unsigned reg, unsigned a, Mem, unsigned bytes_behind);
    uint8_t* put_operand(uint8_t* at, unsigned reg, Mem, unsigned bytes_behind) const;
    uint8_t* put_relative(uint8_t* at, uint32_t target) const;
    uint8_t* put_relative(uint8_t* at, Label&) const;
    void vex(VectorOpcode, unsigned reg, unsigned a, unsigned rm);
    void vex(VectorOpcode, unsigned reg, unsigned a, unsigned rm, uint8_t immediate);
    void read_modify_write(unsigned opcode, unsigned bytes, Mem, Reg, bool locked);

    uint8_t* m_buffer;
    uint8_t* m_at;
    uint8_t* m_last; // beyond it there is no room for an instruction
    uint32_t m_capacity;
    std::array<uint8_t, kLongest> m_spill; // where instructions go that have no room
};

}
