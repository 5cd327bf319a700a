#pragma once

#include "engine/emulator/jit/sequence_handlers.h"

#include <array>
#include <utility>

// Random sequences: instructions, loops, and what an operating system does between them. They take exceptions and go
// on.
namespace dormouse::emulator::test {

// Counts the rounds of the inner and of the outer loops within a sequence: one register that translated code keeps in a
// register of the host wherever it is, one that it does not.
inline constexpr unsigned kInnerCounter = 22;
inline constexpr unsigned kOuterCounter = 17;

struct Sequence {
    uint64_t code; // where it starts
    std::vector<uint32_t> words;
    std::vector<std::vector<uint32_t>> errands; // of the second vCPU
};

class RandomSequences {
public:
    static constexpr size_t kMostErrands = 8;

    // `page_descriptors`: of the window's pages, in two address spaces whose tables are 4 KiB apart.
    // `errands`: is there a second vCPU? `interrupts`: do both find an interrupt at the same instruction?
    RandomSequences(
        uint64_t seed, std::array<std::vector<uint64_t>, 2> page_descriptors, bool errands, bool interrupts = true)
        : m_programs(seed, 1u << kInnerCounter | 1u << kOuterCounter)
        , m_page_descriptors(std::move(page_descriptors))
        , m_has_errands(errands)
        , m_has_interrupts(interrupts)
    {
    }

    RandomPrograms& values() { return m_programs; }

    // About `pieces` of them, run until x28 is zero; ends with HVC #1. Every third crosses into another page.
    Sequence sequence(unsigned pieces)
    {
        m_words.clear();
        m_starts.clear();
        m_plain.clear();
        m_indirect.clear();
        m_inner_loops.clear();
        m_outer_end = 0;
        m_errands.clear();
        m_code = m_programs.below(3) ? kCode : kCode + 4096 - 4 * uint64_t { 1 + m_programs.below(2 * pieces) };
        for (unsigned piece = 0; piece < pieces; ++piece) {
            m_starts.push_back(static_cast<unsigned>(m_words.size()));
            add_piece();
        }
        auto const end = static_cast<unsigned>(m_words.size());
        m_starts.push_back(end);
        aim_branches(end);
        put({ words::sub_immediate(kCounter, kCounter, 1),
            words::branch_if_not_zero(kCounter, -static_cast<int>(end) - 1), words::supervisor_call(1) });
        return { m_code, m_words, m_errands };
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
    using Words = std::vector<uint32_t>;

    void put(std::initializer_list<uint32_t> list) { m_words.insert(m_words.end(), list); }
    static void put_constant(Words& into, unsigned rd, uint64_t value)
    {
        into.insert(into.end(), { words::movz(rd, value), words::movk(rd, value, 1) });
        if (value >> 32)
            into.insert(into.end(), { words::movk(rd, value, 2), words::movk(rd, value, 3) });
    }
    void put_constant(unsigned rd, uint64_t value) { put_constant(m_words, rd, value); }
    unsigned base() { return kFirstBase + m_programs.below(2); }

    void add_piece()
    {
        unsigned const choice = m_programs.below(200);
        if (choice < 4)
            change_page(m_words, false);
        else if (choice < 8)
            change_space();
        else if (choice < 12)
            change_code(m_words);
        else if (choice < 18)
            raise_interrupt();
        else if (choice < 24)
            put({ m_programs.below(2) ? words::kDaifSetI : words::kDaifClrI });
        else if (choice < 28)
            put({ m_programs.below(2) ? words::supervisor_call(2) : words::breakpoint(m_programs.below(16)) });
        else if (choice < 32)
            drop_privilege();
        else if (choice < 48)
            close_loop();
        else if (choice < 54)
            jump_indirectly();
        else if (choice < 64)
            change_floating_point();
        else if (choice < 72)
            access_exclusively();
        else if (choice < 75)
            change_processor_state();
        else if (choice < 77)
            change_control();
        else if (choice < 78)
            change_debug();
        else if (choice < 81)
            ask_mmu();
        else if (choice < 84)
            send_on_errand();
        else {
            m_plain.push_back(static_cast<unsigned>(m_words.size()));
            put({ m_programs.instruction(1) });
        }
    }

    void change_page(Words& into, bool broadcast)
    {
        auto const tlbi = [&](uint16_t encoding, unsigned rt) {
            into.push_back(words::msr(broadcast ? words::inner_shareable(encoding) : encoding, rt));
        };
        unsigned const page = m_programs.below(2 * kWindowPages);
        put_constant(into, kAddress, kWritableRam - kRamBase + m_page_descriptors[m_programs.below(2)][page]);
        put_constant(into, kValue, descriptor(m_programs));
        into.insert(into.end(), { words::store(kValue, kAddress), words::kDsbIsh });
        switch (m_programs.below(4)) {
        case 0: tlbi(words::kTlbiAll, 31); break;
        case 1:
            put_constant(into, kValue, window_page(page) >> 12);
            tlbi(m_programs.below(2) ? words::kTlbiAllAsids : words::kTlbiAllAsidsLast, kValue);
            break;
        case 2:
            for (uint64_t const asid : { 0, 1 }) {
                put_constant(into, kValue, asid << 48 | window_page(page) >> 12);
                tlbi(m_programs.below(2) ? words::kTlbiAddress : words::kTlbiAddressLast, kValue);
            }
            break;
        default:
            into.push_back(words::movz(kValue, 0));
            tlbi(words::kTlbiAsid, kValue);
            into.push_back(words::movk(kValue, uint64_t { 1 } << 48, 3));
            tlbi(words::kTlbiAsid, kValue);
            break;
        }
        into.insert(into.end(), { words::kDsbIsh, words::kIsb });
    }

    void change_space()
    {
        put({ words::mrs(kAddress, words::kTtbr0El1), words::flip_bit(kAddress, kAddress, 48),
            words::flip_bit(kAddress, kAddress, 12), words::msr(words::kTtbr0El1, kAddress), words::kIsb });
    }

    void change_code(Words& into)
    {
        if (m_plain.empty())
            return;
        unsigned const target = m_plain[m_programs.below(static_cast<unsigned>(m_plain.size()))];
        uint32_t word;
        do
            word = m_programs.instruction(1);
        while (isa::info(isa::decode(word)).instruction_class == isa::Class::Branch);
        uint32_t const maintenance[] { words::msr(words::kIcIvau, kAddress), words::msr(words::kIcIvau, kAddress),
            words::msr(words::kIcIvau, kAddress), words::msr(words::kIcIalluis, 31) };
        put_constant(into, kAddress, kWritableRam - kRamBase + m_code + 4 * target);
        put_constant(into, kValue, word);
        into.insert(into.end(),
            { words::store_word(kValue, kAddress), words::msr(words::kDcCvau, kAddress), words::kDsbIsh,
                maintenance[m_programs.below(4)], words::kDsbIsh, words::kIsb });
    }

    void raise_interrupt()
    {
        if (m_has_interrupts)
            put({ words::movz(kAddress, kTrigger, 1), words::store_word(kValue, kAddress) });
    }

    // To EL0, or to EL1 with other flags and masks.
    void drop_privilege()
    {
        uint64_t const mode = m_programs.below(2) ? 0 : 5;
        uint64_t const masks = 0x140 | m_programs.below(2) << 7 | m_programs.below(2) << 9;
        // (An interrupt or a software step in between would take ELR_EL1.)
        put({ words::kDaifSetDI, words::address_of(kAddress, 6), words::msr(words::kElr, kAddress) });
        put_constant(kAddress, uint64_t { m_programs.below(16) } << 28 | m_programs.below(2) << 21 | masks | mode);
        put({ words::msr(words::kSpsr, kAddress), words::kEret });
    }

    // Back to a piece before. The counter is never set: whatever it is, after a few rounds it is zero. Loops with the
    // same counter do not overlap, the others are one within the other.
    void close_loop()
    {
        bool const outer = m_programs.below(4) == 0;
        unsigned const here = static_cast<unsigned>(m_starts.size()) - 1; // this piece
        unsigned first = m_outer_end;
        if (!outer && !m_inner_loops.empty())
            first = std::max(first, m_inner_loops.back().second);
        if (first >= here)
            return;
        unsigned start = here - 1 - m_programs.below(std::min(here - first, outer ? 20u : 8u));
        for (auto const& [loop_start, loop_end] : m_inner_loops) {
            if (outer && start > loop_start && start < loop_end)
                start = loop_start;
        }
        unsigned const counter = outer ? kOuterCounter : kInnerCounter;
        int const distance = static_cast<int>(m_starts[start]) - static_cast<int>(m_words.size());
        put({ words::sub_immediate(counter, counter, 1) });
        switch (m_programs.below(3)) {
        case 0: put({ words::low_bits(counter, counter, 2), words::branch_if_not_zero(counter, distance - 2) }); break;
        case 1:
            put({ words::low_bits(counter, counter, 3) | 3u << 29, words::branch_if_not_equal(distance - 2) }); // ANDS
            break;
        default:
            put({ words::low_bits(counter, counter, 2), words::branch_if_zero(counter, 2),
                words::branch(distance - 3) });
            break;
        }
        if (outer)
            m_outer_end = here + 1;
        else
            m_inner_loops.emplace_back(start, here + 1);
    }

    void jump_indirectly()
    {
        m_indirect.push_back(static_cast<unsigned>(m_words.size()));
        put({ words::address_of(kAddress, 0), words::jump(m_programs.below(3), kAddress) });
    }

    void change_floating_point()
    {
        switch (m_programs.below(4)) {
        case 0:
            put({ words::mrs(m_programs.below(16), words::kFpsr), words::msr(words::kFpsr, m_programs.below(16)) });
            break;
        case 1: put({ words::msr(words::kFpcr, 31) }); break;
        default: // RMode, FZ, DN, AHP
            put_constant(kValue, uint64_t { m_programs.below(32) } << 22);
            put({ words::msr(words::kFpcr, kValue) });
            break;
        }
        if (m_programs.below(12) == 0) {
            put_constant(kValue, uint64_t { m_programs.below(2) ? 3 : m_programs.below(4) } << 20);
            put({ words::msr(words::kCpacrEl1, kValue), words::kIsb });
        }
    }

    void access_exclusively()
    {
        unsigned const size = m_programs.below(4);
        unsigned const data = m_programs.below(15);
        unsigned const first = base();
        unsigned const second = m_programs.below(6) ? first : base();
        bool const pair = m_programs.below(4) == 0;
        bool const ordered = m_programs.below(2);
        put({ pair ? words::load_exclusive_pair(size & 1, data, 16, first)
                   : words::load_exclusive(size, ordered, data, first) });
        switch (m_programs.below(8)) {
        case 0: put({ words::kClrex }); break;
        case 1: put({ words::store_word(m_programs.below(16), base()) }); break;
        case 2: put({ words::breakpoint(1) }); break;
        case 3: raise_interrupt(); break;
        default: break;
        }
        unsigned const other = m_programs.below(2) ? data : m_programs.below(15);
        put({ pair ? words::store_exclusive_pair(size & 1, 15, other, 16, second)
                   : words::store_exclusive(size, ordered, 15, other, second) });
    }

    void change_processor_state()
    {
        switch (m_programs.below(3)) {
        case 0: put({ 0xd500'409f | m_programs.below(2) << 8 }); break; // MSR PAN, #imm
        case 1: put({ 0xd500'40bf | m_programs.below(2) << 8 }); break; // MSR SPSel, #imm
        default: put({ words::msr(words::kNzcv, m_programs.below(16)) }); break;
        }
    }

    // Alignment checks, and whether addresses have tags.
    void change_control()
    {
        constexpr unsigned kAlignmentBits[] { 1, 3, 4 }; // A, SA, SA0
        bool const tags = m_programs.below(2);
        uint16_t const control = tags ? words::kTcrEl1 : words::kSctlrEl1;
        unsigned const which = tags ? 37 : kAlignmentBits[m_programs.below(3)]; // TBI0
        put({ words::mrs(kAddress, control), words::flip_bit(kAddress, kAddress, which), words::msr(control, kAddress),
            words::kIsb });
    }

    // Software step, a breakpoint on an instruction behind, a watchpoint in the window; or none of them.
    void change_debug()
    {
        put({ words::msr(words::kOsLock, 31) });
        if (!m_plain.empty()) {
            put_constant(kValue, m_code + 4 * m_plain[m_programs.below(static_cast<unsigned>(m_plain.size()))]);
            put({ words::msr(words::kBreakpointValue, kValue) });
            put_constant(kValue, 1 | m_programs.below(4) << 1 | 0xf << 5);
            put({ words::msr(words::kBreakpointControl, kValue) });
        }
        put_constant(kValue, window_page(m_programs.below(2 * kWindowPages)) + 8 * m_programs.below(512));
        put({ words::msr(words::kWatchpointValue, kValue) });
        put_constant(kValue, 1 | m_programs.below(4) << 1 | m_programs.below(4) << 3 | m_programs.below(256) << 5);
        put({ words::msr(words::kWatchpointControl, kValue) });
        uint64_t const step_and_kernel[] { 0, 0x1, 0x2000, 0x2001 };
        put_constant(kValue, step_and_kernel[m_programs.below(4)] | m_programs.below(2) << 15);
        put({ words::msr(words::kMdscr, kValue), words::kIsb });
        if (m_programs.below(2))
            put({ words::kDaifClrD });
    }

    void ask_mmu()
    {
        if (m_programs.below(2))
            put({ words::msr(words::kDcZva, base()) });
        else
            put({ words::msr(words::kAtS1E1R, base()), words::kIsb, words::mrs(m_programs.below(16), words::kPar) });
    }

    // The second vCPU changes a page or code, and says so to all.
    void send_on_errand()
    {
        if (!m_has_errands || m_errands.size() == kMostErrands)
            return;
        Words errand;
        if (m_programs.below(2))
            change_page(errand, true);
        else
            change_code(errand);
        errand.push_back(words::hypercall(1));
        put({ words::hypercall(kFirstErrand + static_cast<unsigned>(m_errands.size())), words::kIsb });
        m_errands.push_back(std::move(errand));
    }

    // Forward, to the start of a piece.
    void aim_branches(unsigned end)
    {
        size_t next = 0;
        auto const target_after = [&](unsigned position) {
            while (m_starts[next] <= position)
                ++next;
            unsigned const choices = static_cast<unsigned>(m_starts.size() - next);
            return m_programs.below(3) ? m_starts[next + m_programs.below(std::min(choices, 16u))] : end;
        };
        for (unsigned const position : m_plain) {
            if (isa::info(isa::decode(m_words[position])).instruction_class == isa::Class::Branch)
                RandomPrograms::aim(
                    isa::decode(m_words[position]), m_words[position], target_after(position) - position);
        }
        next = 0;
        for (unsigned const position : m_indirect)
            m_words[position] = words::address_of(kAddress, static_cast<int>(target_after(position) - position));
    }

    RandomPrograms m_programs;
    std::array<std::vector<uint64_t>, 2> m_page_descriptors;
    bool m_has_errands;
    bool m_has_interrupts;
    uint64_t m_code { 0 };
    Words m_words;
    std::vector<unsigned> m_starts; // of pieces
    std::vector<unsigned> m_plain; // pieces of one random instruction
    std::vector<unsigned> m_indirect;
    std::vector<std::pair<unsigned, unsigned>> m_inner_loops; // pieces: the first, and the one behind
    unsigned m_outer_end { 0 }; // the piece behind the last outer loop
    std::vector<Words> m_errands;
};

}
