#include "tester/instance.h"

#include <bit>
#include <cstring>

// Not random: every operand of half precision, and every way in which a greater format can be rounded to it, in every
// mode. An index says which.
namespace dormouse::conformance {

namespace {

    constexpr uint64_t kModes = 32; // RMode, FZ, DN, AHP
    constexpr uint64_t kHalves = 0x1'0000;
    constexpr uint64_t kPlaces = 6; // of a number from one half to the next
    constexpr uint32_t kRn = 1;
    constexpr uint32_t kRd = 2;
    constexpr uint32_t kOperandField = kRn << 5 | kRd;

    // The magnitude as if there were no infinities: the highest exponent is of numbers, as under FPCR.AHP.
    double magnitude(unsigned half)
    {
        unsigned const exponent = half >> 10 & 31;
        double const fraction = (half & 0x3ff) / 1024.0;
        auto const power = [](int n) { return std::bit_cast<double>(static_cast<uint64_t>(n + 1023) << 52); };
        return exponent == 0 ? fraction * power(-14) : (1 + fraction) * power(static_cast<int>(exponent) - 15);
    }

    template <typename Word, typename Number> Word word_of(Number number)
    {
        Word word;
        std::memcpy(&word, &number, sizeof(word));
        return word;
    }

    // A number of half precision, what is next to it, the middle to the next one, what is next to that. Of the highest
    // exponent also what are infinities and NaNs with the same digits.
    template <typename Word, typename Number> Word near_half(unsigned half, unsigned place)
    {
        constexpr unsigned kFractionBits = sizeof(Word) == 4 ? 23 : 52;
        Word const sign = static_cast<Word>(half >> 15) << (8 * sizeof(Word) - 1);
        double const lower = magnitude(half & 0x7fff);
        double const upper = magnitude((half & 0x7fff) + 1);
        auto const middle = word_of<Word>(static_cast<Number>((lower + upper) / 2));
        bool const is_special = (half & 0x7c00) == 0x7c00;
        auto const digits = static_cast<Word>(Word { half & 0x3ff } << (kFractionBits - 10));
        auto const special = static_cast<Word>((Word { sizeof(Word) == 4 ? 0xff : 0x7ff } << kFractionBits) | digits);
        switch (place) {
        case 0: return sign | word_of<Word>(static_cast<Number>(lower));
        case 1: return sign | (is_special ? special : word_of<Word>(static_cast<Number>(lower)) + 1);
        case 2: return sign | (middle - 1);
        case 3: return sign | middle;
        case 4: return sign | (middle + 1);
        default: return sign | (is_special ? special | 1 : word_of<Word>(static_cast<Number>(upper)) - 1);
        }
    }

    void make_fcvt(uint64_t operand, OracleRecord& record)
    {
        constexpr uint32_t kHalf = 3;
        uint32_t const is_double = operand & 1;
        uint64_t const which = operand >> 1;
        uint32_t from = kHalf;
        uint32_t into = is_double;
        if (which < kHalves) {
            record.v[kRn][0] = 0xffff'ffff'ffff'0000 | which; // what is above does not count
        } else {
            from = is_double;
            into = kHalf;
            auto const half = static_cast<unsigned>((which - kHalves) / kPlaces);
            auto const place = static_cast<unsigned>((which - kHalves) % kPlaces);
            record.v[kRn][0] = is_double ? near_half<uint64_t, double>(half, place)
                                         : 0xffff'ffff'0000'0000 | near_half<uint32_t, float>(half, place);
        }
        record.words[0] = 0x1e22'4000 | from << 22 | into << 15 | kOperandField;
    }

    // Four neighbours at a time.
    void make_fcvtl(uint64_t operand, OracleRecord& record)
    {
        uint32_t const upper = operand & 1;
        for (unsigned lane = 0; lane < 4; ++lane)
            record.v[kRn][upper] |= (4 * (operand >> 1) + lane) << 16 * lane;
        record.words[0] = 0x0e21'7800 | upper << 30 | kOperandField;
    }

    // The same place of four numbers.
    void make_fcvtn(uint64_t operand, OracleRecord& record)
    {
        uint32_t const upper = operand & 1;
        auto const place = static_cast<unsigned>((operand >> 1) % kPlaces);
        auto const first = static_cast<unsigned>(4 * ((operand >> 1) / kPlaces));
        for (unsigned lane = 0; lane < 4; ++lane)
            record.v[kRn][lane / 2] |= uint64_t { near_half<uint32_t, float>(first + lane, place) } << 32 * (lane % 2);
        record.words[0] = 0x0e21'6800 | upper << 30 | kOperandField;
    }

}

uint64_t half_instances(Instruction row)
{
    switch (row) {
    case Instruction::FCVT: return kModes * 2 * (kHalves + kHalves * kPlaces);
    case Instruction::FCVTL: return kModes * 2 * kHalves / 4;
    case Instruction::FCVTN: return kModes * 2 * kHalves / 4 * kPlaces;
    default: return 0;
    }
}

void generate_half(Instruction row, uint64_t index, unsigned slot, Instance& instance)
{
    instance = { row, index, slot, 0, false, {} };
    OracleRecord& record = instance.record;
    record.word_count = 1;
    record.fpcr = (index % kModes) << 22;
    record.v[kRd][0] = 0x0123'4567'89ab'cdef;
    uint64_t const operand = index / kModes;
    if (row == Instruction::FCVT)
        make_fcvt(operand, record);
    else if (row == Instruction::FCVTL)
        make_fcvtl(operand, record);
    else
        make_fcvtn(operand, record);
}

}
