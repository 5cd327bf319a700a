#pragma once

#include <array>
#include <cstdint>
#include <cstring>

// An encoder for the A64 instructions that the translator adds to those of the guest. [Arm DDI 0487, C4.1]
namespace dormouse::emulator::jit::a64 {

// By number in the encoding. 31 is zero or SP, as the instruction has it.
enum class Reg : uint8_t {
    X0,
    X1,
    X2,
    X16 = 16,
    X17,
    X19 = 19,
    X24 = 24,
    X25,
    X26,
    X27,
    X28,
    X29,
    X30,
    Zero = 31,
    Sp = 31,
};
constexpr unsigned number(Reg reg)
{
    return static_cast<unsigned>(reg);
}

enum class Width : uint8_t { W32, W64 };

// Special registers by the 16 bits that MRS and MSR have for them. [Arm DDI 0487, C5.2]
enum class Special : uint32_t { Nzcv = 0xda10, Fpcr = 0xda20, Fpsr = 0xda21 };

// A place in the code. Jumps to it may be written before it is bound.
struct Label {
    static constexpr uint32_t kUnbound = ~uint32_t { 0 };
    static constexpr unsigned kMaxSites = 8;
    uint32_t position { kUnbound };
    unsigned site_count { 0 };
    std::array<uint32_t, kMaxSites> sites {};
};

// Writes into a buffer that others own. Past its end nothing is written and overflowed() says so. Positions are byte
// offsets from the start of the buffer and multiples of four.
class Assembler {
public:
    // How far B and BL reach, either way.
    static constexpr uint32_t kBranchReach = uint32_t { 128 } << 20;

    Assembler(uint8_t* buffer, uint32_t size, uint32_t position = 0)
        : m_buffer(buffer)
        , m_size(size)
        , m_position(position)
    {
    }

    uint32_t position() const { return m_position; }
    bool overflowed() const { return m_overflowed; }

    void word(uint32_t value)
    {
        if (m_size - m_position < sizeof(value)) {
            m_overflowed = true;
            return;
        }
        std::memcpy(m_buffer + m_position, &value, sizeof(value));
        m_position += sizeof(value);
    }
    void word64(uint64_t value)
    {
        word(static_cast<uint32_t>(value));
        word(static_cast<uint32_t>(value >> 32));
    }

    // Data processing, 64 bits. None of these changes the flags.
    void mov(Reg to, Reg from);
    void mov(Reg to, uint64_t value);
    // SP as `to` or `from` is possible. `scratch`: for values of more than 24 bits; another register than `from`.
    void add(Reg to, Reg from, int64_t value, Reg scratch);
    void add(Reg to, Reg first, Reg second, unsigned left_shift = 0);
    void sub(Reg to, Reg first, Reg second);
    void eor(Reg to, Reg first, Reg second, unsigned left_shift = 0);
    void orr(Reg to, Reg first, Reg second);
    void bit_and(Reg to, Reg first, Reg second);
    // `to` = first + the extended `second` << shift. `option`: as in the encoding (0..7); first may be SP, not zero.
    void add_extended(Reg to, Reg first, Reg second, unsigned option, unsigned shift);
    void keep_bits(Reg to, Reg from, unsigned low, unsigned count); // all others become zero; count < 64
    void extract_bits(Reg to, Reg from, unsigned low, unsigned count); // moved down to bit 0
    void extract_signed(Width, Reg to, Reg from, unsigned low, unsigned count);
    void shift_left(Reg to, Reg from, unsigned count); // 1..63
    void shift_right(Reg to, Reg from, unsigned count) { extract_bits(to, from, count, 64 - count); }

    // `offset`: a multiple of `bytes` (1, 2, 4, 8), below 4096 * bytes. The rest of the register becomes zero.
    void load(unsigned bytes, Reg to, Reg base, uint32_t offset);
    void store(unsigned bytes, Reg from, Reg base, uint32_t offset);
    void load_element(Reg to, Reg base, Reg index); // of 8 bytes
    // Two X registers. `offset`: a multiple of 8 from -512 to 504.
    void load_pair(unsigned first, unsigned second, Reg base, int32_t offset);
    void store_pair(unsigned first, unsigned second, Reg base, int32_t offset);
    // The same of Q registers and of D registers; multiples of 16 and of 8.
    void load_pair_q(unsigned first, unsigned second, Reg base, int32_t offset);
    void store_pair_q(unsigned first, unsigned second, Reg base, int32_t offset);
    void load_pair_d(unsigned first, unsigned second, Reg base, int32_t offset);
    void store_pair_d(unsigned first, unsigned second, Reg base, int32_t offset);

    void read_special(Reg to, Special); // MRS
    void write_special(Special, Reg from); // MSR
    void full_barrier(); // DMB ISH

    // Jumps.
    void ret();
    void call(Reg);
    void jump(Reg);
    void jump(Label&);
    void jump_position(uint32_t target);
    void call(Label&);
    void jump_if(unsigned condition, Label&);
    void jump_if_zero(Width, Reg, Label&);
    void jump_if_not_zero(Width, Reg, Label&);
    void jump_if_bit(bool is_set, Reg, unsigned bit, Label&);
    void address_of_next(Reg to, uint32_t bytes_ahead); // ADR
    void bind(Label&);

    // What B at `site` to `target` is.
    static uint32_t branch_word(uint32_t site, uint32_t target)
    {
        return 0x1400'0000 | ((target - site) >> 2 & 0x3ff'ffff);
    }

private:
    void pair(uint32_t opcode, unsigned scale, unsigned first, unsigned second, Reg base, int32_t offset);
    void bit_field(uint32_t opcode, Reg to, Reg from, unsigned low, unsigned count);
    void relative(uint32_t opcode, Label&);
    void patch(uint32_t site, uint32_t target);

    uint8_t* m_buffer;
    uint32_t m_size;
    uint32_t m_position;
    bool m_overflowed { false };
};

}
