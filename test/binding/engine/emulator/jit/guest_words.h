#pragma once

#include "arch/system_register_encoding.h"

#include <cstdint>

// Words of A64 that the tests put together at run time. [Arm DDI 0487, C6.2]
namespace dormouse::emulator::test::words {

constexpr uint32_t movz(unsigned rd, uint64_t value, unsigned half = 0)
{
    return 0xd280'0000 | half << 21 | static_cast<uint32_t>(value >> 16 * half & 0xffff) << 5 | rd;
}
constexpr uint32_t movk(unsigned rd, uint64_t value, unsigned half)
{
    return 0x2000'0000 | movz(rd, value, half);
}
// `encoding`: as arch::system_register() packs it.
constexpr uint32_t msr(uint16_t encoding, unsigned rt)
{
    return 0xd500'0000 | uint32_t { encoding } << 5 | rt;
}
constexpr uint32_t mrs(unsigned rt, uint16_t encoding)
{
    return 0x0020'0000 | msr(encoding, rt);
}
constexpr uint32_t store(unsigned rt, unsigned rn) // 64 bits
{
    return 0xf900'0000 | rn << 5 | rt;
}
constexpr uint32_t store_word(unsigned rt, unsigned rn)
{
    return 0xb900'0000 | rn << 5 | rt;
}
constexpr uint32_t load_word(unsigned rt, unsigned rn)
{
    return 0xb940'0000 | rn << 5 | rt;
}
constexpr uint32_t add(unsigned rd, unsigned rn, unsigned rm, unsigned shift = 0)
{
    return 0x8b00'0000 | rm << 16 | shift << 10 | rn << 5 | rd;
}
constexpr uint32_t add_immediate(unsigned rd, unsigned rn, unsigned value)
{
    return 0x9100'0000 | value << 10 | rn << 5 | rd;
}
constexpr uint32_t sub_immediate(unsigned rd, unsigned rn, unsigned value)
{
    return 0xd100'0000 | value << 10 | rn << 5 | rd;
}
constexpr uint32_t eor(unsigned rd, unsigned rn, unsigned rm)
{
    return 0xca00'0000 | rm << 16 | rn << 5 | rd;
}
constexpr uint32_t rotate(unsigned rd, unsigned rn, unsigned amount)
{
    return 0x93c0'0000 | rn << 16 | amount << 10 | rn << 5 | rd;
}
constexpr uint32_t shift_right(unsigned rd, unsigned rn, unsigned amount)
{
    return 0xd340'fc00 | amount << 16 | rn << 5 | rd;
}
// One bit, as AND with all others, ORR or EOR.
constexpr uint32_t clear_bit(unsigned rd, unsigned rn, unsigned bit)
{
    return 0x9240'f800 | (63 - bit) << 16 | rn << 5 | rd;
}
constexpr uint32_t set_bit(unsigned rd, unsigned rn, unsigned bit)
{
    return 0xb240'0000 | ((64 - bit) & 63) << 16 | rn << 5 | rd;
}
constexpr uint32_t flip_bit(unsigned rd, unsigned rn, unsigned bit)
{
    return 0xd240'0000 | ((64 - bit) & 63) << 16 | rn << 5 | rd;
}
constexpr uint32_t low_bits(unsigned rd, unsigned rn, unsigned count) // AND with 1 .. 63 ones
{
    return 0x9240'0000 | (count - 1) << 10 | rn << 5 | rd;
}
// Exclusive accesses of 1 << `size` bytes, with acquire or release semantics.
constexpr uint32_t load_exclusive(unsigned size, bool ordered, unsigned rt, unsigned rn)
{
    return 0x085f'7c00 | size << 30 | uint32_t { ordered } << 15 | rn << 5 | rt;
}
constexpr uint32_t store_exclusive(unsigned size, bool ordered, unsigned rs, unsigned rt, unsigned rn)
{
    return 0x0800'7c00 | size << 30 | uint32_t { ordered } << 15 | rs << 16 | rn << 5 | rt;
}
// Of two registers of 4 or 8 bytes.
constexpr uint32_t load_exclusive_pair(bool wide, unsigned rt, unsigned rt2, unsigned rn)
{
    return 0x887f'0000 | uint32_t { wide } << 30 | rt2 << 10 | rn << 5 | rt;
}
constexpr uint32_t store_exclusive_pair(bool wide, unsigned rs, unsigned rt, unsigned rt2, unsigned rn)
{
    return 0x8820'0000 | uint32_t { wide } << 30 | rs << 16 | rt2 << 10 | rn << 5 | rt;
}
constexpr uint32_t jump(unsigned opcode, unsigned rn) // 0: BR, 1: BLR, 2: RET
{
    return 0xd61f'0000 | opcode << 21 | rn << 5;
}
// Distances in words.
constexpr uint32_t branch(int distance)
{
    return 0x1400'0000 | (static_cast<uint32_t>(distance) & 0x3ff'ffff);
}
constexpr uint32_t branch_if_zero(unsigned rt, int distance)
{
    return 0xb400'0000 | (static_cast<uint32_t>(distance) & 0x7'ffff) << 5 | rt;
}
constexpr uint32_t branch_if_not_zero(unsigned rt, int distance)
{
    return 0x0100'0000 | branch_if_zero(rt, distance);
}
constexpr uint32_t address_of(unsigned rd, int distance) // ADR
{
    return 0x1000'0000 | (static_cast<uint32_t>(distance) & 0x7'ffff) << 5 | rd;
}
constexpr uint32_t branch_if_not_equal(int distance)
{
    return 0x5400'0001 | (static_cast<uint32_t>(distance) & 0x7'ffff) << 5;
}
constexpr uint32_t supervisor_call(unsigned immediate)
{
    return 0xd400'0001 | immediate << 5;
}
constexpr uint32_t hypercall(unsigned immediate)
{
    return 0xd400'0002 | immediate << 5;
}
constexpr uint32_t breakpoint(unsigned immediate)
{
    return 0xd420'0000 | immediate << 5;
}
constexpr uint32_t kEret = 0xd69f'03e0;
constexpr uint32_t kIsb = 0xd503'3fdf;
constexpr uint32_t kDsbIsh = 0xd503'3b9f;
// Mask or unmask IRQ.
constexpr uint32_t kDaifSetI = 0xd503'42df;
constexpr uint32_t kDaifClrI = 0xd503'42ff;
constexpr uint32_t kDaifSetDI = 0xd503'4adf; // debug exceptions as well
constexpr uint32_t kDaifClrD = 0xd503'48ff;
constexpr uint32_t kClrex = 0xd503'3f5f;

constexpr uint16_t kTpidrEl1 = arch::system_register(3, 0, 13, 0, 4);
constexpr uint16_t kTpidrEl0 = arch::system_register(3, 3, 13, 0, 2);
constexpr uint16_t kTpidrroEl0 = arch::system_register(3, 3, 13, 0, 3);
constexpr uint16_t kEsr = arch::system_register(3, 0, 5, 2, 0);
constexpr uint16_t kFar = arch::system_register(3, 0, 6, 0, 0);
constexpr uint16_t kElr = arch::system_register(3, 0, 4, 0, 1);
constexpr uint16_t kSpsr = arch::system_register(3, 0, 4, 0, 0);
constexpr uint16_t kPar = arch::system_register(3, 0, 7, 4, 0);
constexpr uint16_t kFpcr = arch::system_register(3, 3, 4, 4, 0);
constexpr uint16_t kFpsr = arch::system_register(3, 3, 4, 4, 1);
constexpr uint16_t kNzcv = arch::system_register(3, 3, 4, 2, 0);
constexpr uint16_t kCpacrEl1 = arch::system_register(3, 0, 1, 0, 2);
constexpr uint16_t kSctlrEl1 = arch::system_register(3, 0, 1, 0, 0);
constexpr uint16_t kTcrEl1 = arch::system_register(3, 0, 2, 0, 2);
constexpr uint16_t kMdscr = arch::system_register(2, 0, 0, 2, 2);
constexpr uint16_t kOsLock = arch::system_register(2, 0, 1, 0, 4); // OSLAR_EL1
constexpr uint16_t kBreakpointValue = arch::system_register(2, 0, 0, 0, 4);
constexpr uint16_t kBreakpointControl = arch::system_register(2, 0, 0, 0, 5);
constexpr uint16_t kWatchpointValue = arch::system_register(2, 0, 0, 0, 6);
constexpr uint16_t kWatchpointControl = arch::system_register(2, 0, 0, 0, 7);
constexpr uint16_t kTtbr0El1 = arch::system_register(3, 0, 2, 0, 0);
constexpr uint16_t kDcCvau = arch::system_register(1, 3, 7, 11, 1);
constexpr uint16_t kDcZva = arch::system_register(1, 3, 7, 4, 1);
constexpr uint16_t kAtS1E1R = arch::system_register(1, 0, 7, 8, 0);
constexpr uint16_t kIcIallu = arch::system_register(1, 0, 7, 5, 0);
constexpr uint16_t kIcIalluis = arch::system_register(1, 0, 7, 1, 0);
constexpr uint16_t kIcIvau = arch::system_register(1, 3, 7, 5, 1);
constexpr uint16_t kTlbiAllAsids = arch::system_register(1, 0, 8, 7, 3); // VAAE1
constexpr uint16_t kTlbiAll = arch::system_register(1, 0, 8, 7, 0); // VMALLE1
constexpr uint16_t kTlbiAsid = arch::system_register(1, 0, 8, 7, 2); // ASIDE1
constexpr uint16_t kTlbiAddress = arch::system_register(1, 0, 8, 7, 1); // VAE1
constexpr uint16_t kTlbiAddressLast = arch::system_register(1, 0, 8, 7, 5); // VALE1
constexpr uint16_t kTlbiAllAsidsLast = arch::system_register(1, 0, 8, 7, 7); // VAALE1
// Of a TLBI as above, the one that goes to all vCPUs: CRm is 3.
constexpr uint16_t inner_shareable(uint16_t tlbi)
{
    return static_cast<uint16_t>(tlbi & ~(4 << 3));
}

}
