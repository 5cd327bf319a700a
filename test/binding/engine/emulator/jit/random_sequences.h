#pragma once

#include "engine/emulator/jit/guest_words.h"
#include "engine/emulator/jit/random_programs.h"

#include <array>

// Random sequences: instructions, and what an operating system does between them. They take exceptions and go on.
namespace dormouse::emulator::test {

// Eight virtual pages near each other and the same number 8 MiB apart, which share one entry of the first-level TLB.
inline constexpr uint64_t kNearWindow = 0x10'0000'0000;
inline constexpr uint64_t kFarWindow = 0x20'0000'0000;
inline constexpr uint64_t kFarStride = uint64_t { kTlbEntries } << kTlbPageBits;
inline constexpr unsigned kWindowPages = 8;
// RAM once more, writable: where it is by itself, code and tables are read-only.
inline constexpr uint64_t kWritableRam = 0x30'0000'0000;
inline constexpr uint64_t kTrigger = 0x0900'0000; // a device: a store raises the IRQ line, a load lowers it

inline uint64_t window_page(unsigned page)
{
    return page < kWindowPages ? kNearWindow + page * 4096 : kFarWindow + (page - kWindowPages) * kFarStride;
}

// Adds what has happened to TPIDR_EL0 and goes on behind the instruction. SVC #1 ends the program, SVC #2 goes to EL1.
inline std::vector<uint32_t> synchronous_handler()
{
    using namespace words;
    return {
        msr(kTpidrEl1, 0), msr(kTpidrroEl0, 1), mrs(0, kTpidrEl0), rotate(0, 0, 7), mrs(1, kFar), eor(0, 0, 1),
        mrs(1, kSpsr), add(0, 0, 1), rotate(0, 0, 11), mrs(1, kElr), eor(0, 0, 1), mrs(1, kEsr), add(0, 0, 1, 3),
        msr(kTpidrEl0, 0), shift_right(0, 1, 26), sub_immediate(0, 0, 0x15), branch_if_zero(0, 7), // to "svc"
        mrs(0, kElr), add_immediate(0, 0, 4), msr(kElr, 0), mrs(0, kTpidrEl1), // back
        mrs(1, kTpidrroEl0), kEret, rotate(0, 1, 16), // svc: its immediate, up to 15 of it
        shift_right(0, 0, 48), sub_immediate(0, 0, 1), branch_if_not_zero(0, 2), hypercall(1), mrs(0, kSpsr),
        clear_bit(0, 0, 1), clear_bit(0, 0, 3), set_bit(0, 0, 2), set_bit(0, 0, 0), // EL1h
        msr(kSpsr, 0),
        branch(-14), // to "back"
    };
}

inline std::vector<uint32_t> interrupt_handler()
{
    using namespace words;
    return {
        msr(kTpidrEl1, 0),
        msr(kTpidrroEl0, 1),
        movz(0, kTrigger, 1),
        load_word(1, 0),
        mrs(0, kTpidrEl1),
        mrs(1, kTpidrroEl0),
        kEret,
    };
}

class RandomSequences {
public:
    // `page_descriptors`: of the window's pages, in two address spaces whose tables are 4 KiB apart.
    RandomSequences(uint64_t seed, std::array<std::vector<uint64_t>, 2> page_descriptors)
        : m_programs(seed)
        , m_page_descriptors(std::move(page_descriptors))
    {
    }

    RandomPrograms& values() { return m_programs; }

    // About `pieces` of them, run until x28 is zero; ends with HVC #1.
    std::vector<uint32_t> sequence(unsigned pieces)
    {
        m_words.clear();
        m_starts.clear();
        m_plain.clear();
        for (unsigned piece = 0; piece < pieces; ++piece) {
            m_starts.push_back(static_cast<unsigned>(m_words.size()));
            add_piece();
        }
        auto const end = static_cast<unsigned>(m_words.size());
        m_starts.push_back(end);
        aim_branches(end);
        put({ words::sub_immediate(kCounter, kCounter, 1),
            words::branch_if_not_zero(kCounter, -static_cast<int>(end) - 1), words::supervisor_call(1) });
        return m_words;
    }

    // A leaf descriptor for the window: some alias each other, some cannot be written, some are not there.
    static uint64_t descriptor(RandomPrograms& random)
    {
        uint64_t const page = kRandomData + 4096 * random.below(kWindowPages);
        uint64_t const attributes = kAf | kNotGlobal | (random.below(2) ? kUser : 0);
        switch (random.below(8)) {
        case 0: return 0;
        case 1: return page | attributes | kReadOnly | 3;
        case 2: return page | (attributes & ~kAf) | 3;
        default: return page | attributes | 3;
        }
    }

private:
    void put(std::initializer_list<uint32_t> list) { m_words.insert(m_words.end(), list); }
    void put_constant(unsigned rd, uint64_t value)
    {
        put({ words::movz(rd, value), words::movk(rd, value, 1) });
        if (value >> 32)
            put({ words::movk(rd, value, 2), words::movk(rd, value, 3) });
    }

    void add_piece()
    {
        unsigned const choice = m_programs.below(100);
        if (choice < 2)
            change_page();
        else if (choice < 4)
            change_space();
        else if (choice < 6)
            change_code();
        else if (choice < 9)
            raise_interrupt();
        else if (choice < 12)
            put({ m_programs.below(2) ? words::kDaifSetI : words::kDaifClrI });
        else if (choice < 14)
            put({ m_programs.below(2) ? words::supervisor_call(2) : words::breakpoint(m_programs.below(16)) });
        else if (choice < 16)
            drop_privilege();
        else if (choice < 17)
            put({ 0xd500'409f | m_programs.below(2) << 8 }); // MSR PAN, #imm
        else {
            m_plain.push_back(static_cast<unsigned>(m_words.size()));
            put({ m_programs.instruction(1) });
        }
    }

    void change_page()
    {
        unsigned const page = m_programs.below(2 * kWindowPages);
        put_constant(kAddress, kWritableRam - kRamBase + m_page_descriptors[m_programs.below(2)][page]);
        put_constant(kValue, descriptor(m_programs));
        put({ words::store(kValue, kAddress), words::kDsbIsh });
        switch (m_programs.below(3)) {
        case 0: put({ words::msr(words::kTlbiAll, 31) }); break;
        case 1:
            put_constant(kValue, window_page(page) >> 12);
            put({ words::msr(words::kTlbiAllAsids, kValue) });
            break;
        default:
            put({ words::movz(kValue, 0), words::msr(words::kTlbiAsid, kValue),
                words::movk(kValue, uint64_t { 1 } << 48, 3), words::msr(words::kTlbiAsid, kValue) });
            break;
        }
        put({ words::kDsbIsh, words::kIsb });
    }

    void change_space()
    {
        put({ words::mrs(kAddress, words::kTtbr0El1), words::flip_bit(kAddress, kAddress, 48),
            words::flip_bit(kAddress, kAddress, 12), words::msr(words::kTtbr0El1, kAddress), words::kIsb });
    }

    void change_code()
    {
        if (m_plain.empty())
            return;
        unsigned const target = m_plain[m_programs.below(static_cast<unsigned>(m_plain.size()))];
        uint32_t word;
        do
            word = m_programs.instruction(1);
        while (isa::info(isa::decode(word)).instruction_class == isa::Class::Branch);
        put_constant(kAddress, kWritableRam - kRamBase + kCode + 4 * target);
        put_constant(kValue, word);
        put({ words::store_word(kValue, kAddress), words::msr(words::kDcCvau, kAddress), words::kDsbIsh,
            words::msr(words::kIcIvau, kAddress), words::kDsbIsh, words::kIsb });
    }

    void raise_interrupt() { put({ words::movz(kAddress, kTrigger, 1), words::store_word(kValue, kAddress) }); }

    // To EL0, or to EL1 with other flags and masks.
    void drop_privilege()
    {
        uint64_t const mode = m_programs.below(2) ? 0 : 5;
        // (An interrupt in between would take ELR_EL1.)
        put({ words::kDaifSetI, words::address_of(kAddress, 6), words::msr(words::kElr, kAddress) });
        put_constant(kAddress, uint64_t { m_programs.below(16) } << 28 | (m_programs.below(2) ? 0x3c0 : 0x340) | mode);
        put({ words::msr(words::kSpsr, kAddress), words::kEret });
    }

    // Forward, to the start of a piece.
    void aim_branches(unsigned end)
    {
        size_t next = 0;
        for (unsigned const position : m_plain) {
            while (m_starts[next] <= position)
                ++next;
            if (isa::info(isa::decode(m_words[position])).instruction_class != isa::Class::Branch)
                continue;
            unsigned const choices = static_cast<unsigned>(m_starts.size() - next);
            unsigned const target = m_programs.below(3) ? m_starts[next + m_programs.below(choices)] : end;
            RandomPrograms::aim(isa::decode(m_words[position]), m_words[position], target - position);
        }
    }

    RandomPrograms m_programs;
    std::array<std::vector<uint64_t>, 2> m_page_descriptors;
    std::vector<uint32_t> m_words;
    std::vector<unsigned> m_starts; // of pieces
    std::vector<unsigned> m_plain; // pieces of one random instruction
};

}
