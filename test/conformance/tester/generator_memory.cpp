#include "tester/access_shape.h"
#include "tester/instance.h"

#include "engine/emulator/isa/instruction.h"

#include <cstring>

// Loads, stores and atomics: where they go, and which of them the architecture leaves open.
namespace dormouse::conformance {

namespace {

    using emulator::isa::Class;

    bool contains(std::string_view text, std::string_view part)
    {
        return text.find(part) != std::string_view::npos;
    }

    uint64_t inside(Random& random, unsigned bytes)
    {
        // 16 bytes of margin, because a stack pointer is rounded down.
        if (random.percent(15))
            return ORACLE_WINDOW_B + 16 + random.below(kOracleWindowBBytes - 16 - bytes + 1);
        if (random.percent(35)) // across the border of the pages
            return ORACLE_MEMORY_PAGES + 0x1000 - random.below(bytes + 1);
        return ORACLE_WINDOW_A + 16 + random.below(kOracleWindowABytes - 16 - bytes + 1);
    }

    uint64_t beside(Random& random, unsigned bytes)
    {
        uint64_t const end = ORACLE_MEMORY_PAGES + ORACLE_MEMORY_PAGE_BYTES;
        switch (random.below(3)) {
        case 0: return end + random.below(4096 - bytes);
        case 1: return ORACLE_MEMORY_PAGES - 4096 + random.below(4096 - bytes);
        default: return end - random.below(bytes);
        }
    }

    uint64_t extended(uint64_t value, uint32_t option)
    {
        switch (option) {
        case 2: return static_cast<uint32_t>(value);
        case 6: return static_cast<uint64_t>(int64_t { static_cast<int32_t>(value) });
        default: return value;
        }
    }

    uint8_t const* memory_at(OracleRecord const& record, uint64_t address, unsigned bytes)
    {
        address &= 0x00ff'ffff'ffff'ffff;
        if (address >= ORACLE_WINDOW_A && address + bytes <= ORACLE_WINDOW_A + kOracleWindowABytes)
            return record.memory + (address - ORACLE_WINDOW_A);
        if (address >= ORACLE_WINDOW_B && address + bytes <= ORACLE_WINDOW_B + kOracleWindowBBytes)
            return record.memory + kOracleWindowABytes + (address - ORACLE_WINDOW_B);
        return nullptr;
    }

    // Makes the comparison of CAS and CASP succeed, as far as registers that are used twice allow.
    void make_equal(Instance& instance, Shape const& shape, uint64_t address)
    {
        uint8_t const* const memory = memory_at(instance.record, address, shape.bytes);
        unsigned const rs = rm_of(instance.word());
        unsigned const rn = rn_of(instance.word());
        bool const is_pair = contains(row_name(instance.row), "CASP");
        unsigned const each = is_pair ? shape.bytes / 2 : shape.bytes;
        for (unsigned i = 0; memory && i < (is_pair ? 2u : 1u); ++i) {
            if (rs + i != 31 && rs + i != rn)
                std::memcpy(&instance.record.x[rs + i], memory + i * each, each);
        }
    }

    // A load-exclusive in front, mostly; sometimes none, or a CLREX between: then the store fails.
    void add_load_exclusive(Random& random, Instance& instance)
    {
        constexpr uint32_t kClrex = 0xd503'3f5f;
        uint32_t const store = instance.record.words[0];
        unsigned const used[] = { rt_of(store), rn_of(store), rt2_of(store), rm_of(store) };
        auto const unused = [&](unsigned from) {
            for (unsigned candidate = from;; candidate = (candidate + 1) % 31) {
                bool is_used = false;
                for (unsigned const other : used)
                    is_used |= other == candidate;
                if (!is_used)
                    return candidate;
            }
        };
        uint32_t load = with_bits(store, 22, 1, 1);
        load = with_bits(load, 15, 1, static_cast<uint32_t>(random.below(2)));
        load = with_bits(load, 16, 5, 31);
        unsigned const first = unused(static_cast<unsigned>(random.below(15)));
        load = with_bits(load, 0, 5, first);
        if (bits(store, 21, 1)) // a pair
            load = with_bits(load, 10, 5, unused((first + 1) % 31));
        unsigned const kind = static_cast<unsigned>(random.below(10));
        OracleRecord& record = instance.record;
        if (kind == 0)
            return;
        record.words[0] = load;
        record.words[1] = kind == 1 ? kClrex : store;
        record.words[2] = store;
        record.word_count = kind == 1 ? 3 : 2;
        instance.tested = record.word_count - 1;
        instance.may_fail_spuriously = kind != 1;
    }

    bool place_literal(Random& random, Instance& instance)
    {
        uint64_t const target = (random.percent(6) ? beside(random, 16) : inside(random, 16)) & ~uint64_t { 3 };
        uint32_t const distance = static_cast<uint32_t>((target - instance.word_address()) >> 2);
        instance.record.words[0] = with_bits(instance.word(), 5, 19, distance);
        return true;
    }

}

bool is_unpredictable(Instruction row, uint32_t word)
{
    std::string_view const name = row_name(row);
    auto const row_class = emulator::isa::info(row).instruction_class;
    if (row_class != Class::LoadStore && row_class != Class::Atomic && row_class != Class::SimdLoadStore)
        return false;
    bool const is_vector = row_class == Class::SimdLoadStore;
    bool const is_pair = name.starts_with("LDP") || name.starts_with("STP") || name.starts_with("LDNP")
        || name.starts_with("LDXP") || name.starts_with("LDAXP");
    bool const writes_base = contains(name, "_post") || contains(name, "_pre");
    unsigned const rt = rt_of(word);
    unsigned const rn = rn_of(word);
    unsigned const rt2 = rt2_of(word);
    if (is_pair && !name.starts_with("ST") && rt == rt2)
        return true;
    if (writes_base && !is_vector && rn != 31 && (rt == rn || (is_pair && rt2 == rn)))
        return true;
    if (name.starts_with("STXR") || name.starts_with("STLXR") || name.starts_with("STXP")
        || name.starts_with("STLXP")) {
        unsigned const rs = rm_of(word);
        return rs == rt || (rs == rn && rn != 31) || (contains(name, "XP") && rs == rt2);
    }
    return false;
}

bool place_access(Random& random, Instance& instance)
{
    uint32_t const word = instance.word();
    OracleRecord& record = instance.record;
    Shape const shape = shape_of(word);
    if (shape.offset == Offset::Literal)
        return place_literal(random, instance);

    bool const is_fault = random.percent(6);
    uint64_t target = is_fault ? beside(random, shape.bytes) : inside(random, shape.bytes);
    if (shape.alignment > 1 && !random.percent(4))
        target &= ~uint64_t { shape.alignment - 1 };
    else if (random.percent(40))
        target &= ~uint64_t { 15 };
    bool const is_tagged = random.percent(10);
    if (is_tagged)
        target |= random.below(256) << 56;

    unsigned const rn = rn_of(word);
    uint64_t offset = static_cast<uint64_t>(shape.immediate);
    if (shape.offset == Offset::Register) {
        unsigned const rm = rm_of(word);
        if (rm == rn && rn != 31) {
            if (shape.shift != 0 || is_tagged)
                return false;
            record.x[rn] = target / 2;
            return true;
        }
        if (rm != 31 && random.percent(50))
            record.x[rm] = random.below(4096);
        offset = rm == 31 ? 0 : extended(record.x[rm], bits(word, 13, 3)) << shape.shift;
    }
    uint64_t base = target - offset;
    if (rn == 31) { // a misaligned stack pointer is a fault that no user-mode oracle knows
        base &= ~uint64_t { 15 };
        record.sp = base;
    } else {
        record.x[rn] = base;
    }
    if (shape.is_compare && random.percent(60))
        make_equal(instance, shape, base);
    if (shape.is_exclusive_store) {
        add_load_exclusive(random, instance);
        // Without a reservation it is open whether the access is checked at all.
        bool const has_load = instance.tested != 0;
        if (!has_load && (is_fault || base % shape.alignment != 0))
            return false;
    }
    return true;
}

}
