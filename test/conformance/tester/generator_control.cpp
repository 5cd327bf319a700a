#include "arch/system_register_encoding.h"
#include "tester/instance.h"

#include <algorithm>

// Branches and system instructions.
namespace dormouse::conformance {

namespace {

    // Nothing is mapped here in any of the worlds, and B reaches it from the code.
    constexpr uint64_t kNowhere = 0x0a00'0000;
    constexpr uint32_t kMrs = 0xd530'0000;
    constexpr uint32_t kMsr = 0xd510'0000;
    constexpr uint32_t kRegisterField = 0x000f'ffe0;

    constexpr uint32_t register_field(uint16_t encoding)
    {
        return (encoding & 0x7fffu) << 5;
    }
    constexpr uint32_t kNzcv = register_field(arch::system_register(3, 3, 4, 2, 0));
    constexpr uint32_t kDit = register_field(arch::system_register(3, 3, 4, 2, 5));
    constexpr uint32_t kFpcr = register_field(arch::system_register(3, 3, 4, 4, 0));
    constexpr uint32_t kFpsr = register_field(arch::system_register(3, 3, 4, 4, 1));
    constexpr uint32_t kTpidr = register_field(arch::system_register(3, 3, 13, 0, 2));

    // Where nothing runs on: the rest of the own slot, the breakpoints at the end of another, or unmapped memory.
    // `reach`: bytes that the branch can go forward, and (less one instruction) backward.
    uint64_t branch_target(Random& random, Instance const& instance, uint64_t reach)
    {
        constexpr uint64_t kFirstBreakpoint = 8; // word of a slot, whatever record is in it
        uint64_t const here = instance.word_address();
        if (random.percent(35))
            return here + 4 * (1 + random.below(13));
        if (reach > kNowhere && random.percent(30))
            return kNowhere + 4 * random.below(0x10'0000);
        uint64_t slot = random.below(kOracleSlots);
        uint64_t const slots_in_reach = reach / kOracleSlotBytes - 2;
        if (slots_in_reach < kOracleSlots) {
            uint64_t const lowest = instance.slot < slots_in_reach ? 0 : instance.slot - slots_in_reach;
            slot = std::min<uint64_t>(lowest + random.below(2 * slots_in_reach), kOracleSlots - 1);
            if (slot > instance.slot + slots_in_reach)
                slot = instance.slot;
        }
        return ORACLE_CODE_ADDRESS + kOracleSlotBytes * slot + 4 * (kFirstBreakpoint + random.below(7));
    }

    // One word more, before (at = 0) or after the tested one.
    void add_word(Instance& instance, bool before, uint32_t word)
    {
        OracleRecord& record = instance.record;
        if (before) {
            record.words[1] = record.words[0];
            record.words[0] = word;
            instance.tested = 1;
        } else {
            record.words[record.word_count] = word;
        }
        ++record.word_count;
    }

    bool place_move_from_register(Random& random, Instance& instance)
    {
        uint32_t const which = random.pick<uint32_t>({ kNzcv, kFpcr, kFpsr, kTpidr });
        uint32_t& word = instance.record.words[0];
        word = kMrs | which | rt_of(word);
        // Give TPIDR_EL0 a value first.
        if (which == kTpidr)
            add_word(instance, true, kMsr | kTpidr | static_cast<uint32_t>(random.below(32)));
        return true;
    }

    bool place_move_to_register(Random& random, Instance& instance)
    {
        uint32_t const which = random.pick<uint32_t>({ kNzcv, kFpcr, kFpsr, kTpidr });
        uint32_t& word = instance.record.words[0];
        word = kMsr | which | rt_of(word);
        unsigned const rt = rt_of(word);
        // Bits that one CPU has and another has not stay as they are written here: zero.
        if (rt != 31 && which == kFpcr)
            instance.record.x[rt] &= 0xffff'ffff'07c0'0000;
        if (rt != 31 && which == kFpsr)
            instance.record.x[rt] &= 0xffff'ffff'0800'009f;
        if (which == kTpidr)
            add_word(instance, false, kMrs | kTpidr | static_cast<uint32_t>(random.below(31)));
        return true;
    }

    // The cache instructions of EL0, which change nothing that a program sees. Not DC CVAP, which qemu-user lacks, and
    // not DC ZVA, whose block size is a choice of the processor.
    bool place_sys(Random& random, Instance& instance)
    {
        constexpr uint32_t kOperations[] = {
            register_field(arch::system_register(1, 3, 7, 5, 1)), // IC IVAU
            register_field(arch::system_register(1, 3, 7, 10, 1)), // DC CVAC
            register_field(arch::system_register(1, 3, 7, 11, 1)), // DC CVAU
            register_field(arch::system_register(1, 3, 7, 14, 1)), // DC CIVAC
        };
        uint32_t& word = instance.record.words[0];
        unsigned const rt = rt_of(word);
        if (rt == 31)
            return false;
        word = (word & ~kRegisterField) | (random.pick(kOperations) & kRegisterField);
        word = with_bits(word, 19, 2, 1);
        instance.record.x[rt] = ORACLE_WINDOW_A + random.below(kOracleWindowABytes);
        return true;
    }

}

bool place_branch(Random& random, Instance& instance)
{
    uint32_t& word = instance.record.words[0];
    std::string_view const name = row_name(instance.row);
    auto const offset_to = [&](uint64_t reach) {
        uint64_t const target = branch_target(random, instance, reach);
        return static_cast<uint32_t>((target - instance.word_address()) >> 2);
    };
    if (name == "B" || name == "BL") {
        word = with_bits(word, 0, 26, offset_to(uint64_t { 1 } << 27));
    } else if (name == "TBZ" || name == "TBNZ") {
        word = with_bits(word, 5, 14, offset_to(uint64_t { 1 } << 15));
    } else if (name == "B_cond" || name == "CBZ" || name == "CBNZ") {
        word = with_bits(word, 5, 19, offset_to(uint64_t { 1 } << 20));
    } else { // BR, BLR, RET
        unsigned const rn = rn_of(word);
        if (rn == 31)
            return true; // to address zero, where nothing is
        instance.record.x[rn] = branch_target(random, instance, uint64_t { 1 } << 27);
        if (random.percent(3))
            instance.record.x[rn] += 1 + random.below(3);
    }
    return true;
}

bool place_system(Random& random, Instance& instance)
{
    uint32_t& word = instance.record.words[0];
    std::string_view const name = row_name(instance.row);
    if (name == "MRS")
        return place_move_from_register(random, instance);
    if (name == "MSR_register")
        return place_move_to_register(random, instance);
    if (name == "SYS")
        return place_sys(random, instance);
    if (name == "MSR_immediate") { // MSR DIT, #imm, the only one of EL0 that both sides have
        word = with_bits(with_bits(word, 16, 3, 3), 5, 3, 2);
        add_word(instance, false, kMrs | kDit | static_cast<uint32_t>(random.below(31)));
        return true;
    }
    if (name == "HLT")
        return bits(word, 5, 16) != 0xf000; // semihosting
    return true;
}

}
