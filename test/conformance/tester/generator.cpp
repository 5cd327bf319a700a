#include "tester/instance.h"

#include "engine/emulator/isa/instruction.h"

#include <cstring>

namespace dormouse::conformance {

namespace {

    using emulator::isa::Class;

    struct LeftOut {
        std::string_view row;
        char const* reason;
    };
    constexpr LeftOut kLeftOut[] = {
        { "SVC", "system level: a system call of the oracle's host" },
        { "HVC", "system level: UNDEFINED at EL0" },
        { "SMC", "system level: UNDEFINED at EL0" },
        { "ERET", "system level: UNDEFINED at EL0" },
        { "WFE", "system level: waits" },
        { "WFI", "system level: waits" },
        { "SYSL", "system level: no instruction of this space exists at EL0" },
    };

    // Noise, with a taste for fields of all zeros and all ones.
    uint32_t random_word(Random& random, Instruction row)
    {
        auto const fixed = emulator::isa::encoding(row);
        uint64_t noise = random.next();
        switch (random.below(8)) {
        case 0: noise &= random.next(); break;
        case 1: noise |= random.next(); break;
        default: break;
        }
        uint32_t word = (static_cast<uint32_t>(noise) & ~fixed.mask) | fixed.value;
        // Registers that are the same one; where this is no register field, decode() still has the last word.
        constexpr unsigned kFields[] = { 0, 5, 10, 16 };
        if (random.percent(20)) {
            unsigned const to = random.pick(kFields);
            uint32_t const changed = with_bits(word, to, 5, bits(word, random.pick(kFields), 5));
            if (((changed ^ fixed.value) & fixed.mask) == 0)
                word = changed;
        }
        if (random.percent(10)) {
            uint32_t const changed = with_bits(word, random.pick(kFields), 5, 31);
            if (((changed ^ fixed.value) & fixed.mask) == 0)
                word = changed;
        }
        return word;
    }

    uint64_t random_vector_half(Random& random, Class row_class)
    {
        unsigned const floating = row_class == Class::FloatingPoint ? 90 : 15;
        return random.percent(floating) ? random_floating(random) : random_lanes(random);
    }

    void randomise_state(Random& random, Class row_class, OracleRecord& record)
    {
        for (uint64_t& x : record.x)
            x = random_integer(random);
        record.sp = random_integer(random);
        record.nzcv = random.below(16) << 28;
        bool const is_floating = row_class == Class::FloatingPoint;
        record.fpcr = 0;
        // DN, FZ, RMode, AHP. Half of the floating-point instances keep to what VIXL can do: DN alone.
        if (random.percent(30))
            record.fpcr |= 1 << 25;
        if (random.percent(is_floating ? 50 : 30)) {
            record.fpcr |= random.below(4) << 22;
            record.fpcr |= random.percent(35) ? 1 << 24 : 0;
            record.fpcr |= random.percent(35) ? 1 << 26 : 0;
        }
        record.fpsr = random.percent(60) ? 0 : random.next() & 0x0800'009f;
        for (auto& v : record.v) {
            v[0] = random_vector_half(random, row_class);
            v[1] = random.percent(10) ? v[0] : random_vector_half(random, row_class);
        }
        for (unsigned i = 0; i < kOracleMemoryBytes; i += 8) {
            uint64_t const value = random.percent(50) ? random_floating(random) : random_lanes(random);
            __builtin_memcpy(record.memory + i, &value, 8);
        }
    }

    template <typename Number> uint64_t negated_product(uint64_t a, uint64_t b)
    {
        constexpr unsigned kLanes = 8 / sizeof(Number);
        Number n[kLanes];
        Number m[kLanes];
        std::memcpy(n, &a, 8);
        std::memcpy(m, &b, 8);
        for (unsigned i = 0; i < kLanes; ++i)
            n[i] = -(n[i] * m[i]);
        uint64_t product;
        std::memcpy(&product, n, 8);
        return product;
    }

    // Operands that are equal, or equal but for the sign: sums that cancel, comparisons that hold. Accumulators that
    // cancel a product but for its rounding.
    void relate_vectors(Random& random, uint32_t word, OracleRecord& record)
    {
        auto& m = record.v[rm_of(word)];
        auto const& n = record.v[rn_of(word)];
        if (random.percent(15)) {
            uint64_t const flip = random.pick<uint64_t>(
                { 0, 0x8000'0000'0000'0000, 0x8000'0000'8000'0000, 0x8000'8000'8000'8000, 1, 0x0000'0001'0000'0001 });
            m[0] = n[0] ^ flip;
            m[1] = n[1] ^ flip;
        }
        if (random.percent(12)) {
            auto& accumulator = record.v[random.percent(50) ? bits(word, 0, 5) : bits(word, 10, 5)];
            bool const is_double = random.percent(50);
            for (unsigned i = 0; i < 2; ++i)
                accumulator[i] = is_double ? negated_product<double>(n[i], m[i]) : negated_product<float>(n[i], m[i]);
        }
    }

    // A neighbour of a row that is in no row. Registers all point into the windows, in case somebody does know it.
    bool generate_unallocated(Random& random, unsigned slot, Instance& instance)
    {
        auto const near = static_cast<Instruction>(1 + random.below(static_cast<uint64_t>(Instruction::Count) - 1));
        uint32_t word = random_word(random, near);
        for (uint64_t flips = 1 + random.below(3); flips != 0; --flips)
            word ^= uint32_t { 1 } << random.below(32);
        if (emulator::isa::decode(word) != Instruction::Unallocated)
            return false;
        instance = { Instruction::Unallocated, instance.index, slot, 0, false, {} };
        randomise_state(random, Class::Integer, instance.record);
        for (uint64_t& x : instance.record.x)
            x = ORACLE_WINDOW_A + 128;
        instance.record.sp = ORACLE_WINDOW_A + 128;
        instance.record.word_count = 1;
        instance.record.words[0] = word;
        return true;
    }

}

char const* reason_left_out(Instruction row)
{
    for (LeftOut const& left_out : kLeftOut) {
        if (left_out.row == row_name(row))
            return left_out.reason;
    }
    return nullptr;
}

bool generate(Random& random, Instruction row, unsigned slot, Instance& instance)
{
    if (row == Instruction::Unallocated)
        return generate_unallocated(random, slot, instance);
    auto const& info = emulator::isa::info(row);
    instance.row = row;
    instance.slot = slot;
    instance.tested = 0;
    instance.may_fail_spuriously = false;
    OracleRecord& record = instance.record;
    record = {};
    record.word_count = 1;
    record.words[0] = random_word(random, row);
    if (emulator::isa::decode(record.words[0]) != row || is_unpredictable(row, record.words[0]))
        return false;
    randomise_state(random, info.instruction_class, record);
    relate_vectors(random, record.words[0], record);
    unsigned const rn = rn_of(record.words[0]);
    unsigned const rm = rm_of(record.words[0]);
    // The one quotient that does not fit, and products at the limit.
    if (random.percent(3) && rn != 31 && rm != 31) {
        record.x[rn] = random.pick<uint64_t>({ 0x8000'0000'0000'0000, 0x8000'0000, 0xffff'ffff'8000'0000 });
        record.x[rm] = ~uint64_t { 0 };
    }

    bool is_served = true;
    switch (info.instruction_class) {
    case Class::LoadStore:
    case Class::Atomic:
    case Class::SimdLoadStore: is_served = place_access(random, instance); break;
    case Class::Branch: is_served = place_branch(random, instance); break;
    case Class::System: is_served = place_system(random, instance); break;
    default: break;
    }
    // Placing changes immediates, which may lead to a more specific row.
    return is_served && emulator::isa::decode(instance.word()) == row;
}

}
