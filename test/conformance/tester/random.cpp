#include "tester/random.h"

#include <iterator>

namespace dormouse::conformance {

namespace {

    struct Format {
        unsigned width;
        unsigned fraction_bits;
        unsigned exponent_bits;
    };
    constexpr Format kFormats[] = { { 64, 52, 11 }, { 32, 23, 8 }, { 16, 10, 5 } };

    uint64_t ones(unsigned count)
    {
        return count >= 64 ? ~uint64_t { 0 } : (uint64_t { 1 } << count) - 1;
    }

    // Few bits set, or few clear: products and quotients of these hit ties.
    uint64_t sparse(Random& random, unsigned width)
    {
        uint64_t value = 0;
        for (uint64_t i = random.below(4); i != 0; --i)
            value |= uint64_t { 1 } << random.below(width);
        return (random.percent(30) ? ~value : value) & ones(width);
    }

    uint64_t floating(Random& random, Format const& format, uint64_t near_exponent)
    {
        uint64_t const top = ones(format.exponent_bits);
        uint64_t const bias = top >> 1;
        uint64_t const sign = random.next() & 1;
        uint64_t exponent;
        uint64_t fraction
            = random.percent(50) ? random.next() & ones(format.fraction_bits) : sparse(random, format.fraction_bits);
        switch (random.below(16)) {
        case 0: // zero
            exponent = fraction = 0;
            break;
        case 1: // subnormal
        case 2: exponent = 0; break;
        case 3: // smallest normal numbers
            exponent = 1 + random.below(2);
            break;
        case 4: // infinity
            exponent = top;
            fraction = 0;
            break;
        case 5: // any NaN
            exponent = top;
            break;
        case 6: // quiet NaN
            exponent = top;
            fraction |= uint64_t { 1 } << (format.fraction_bits - 1);
            break;
        case 7: // largest numbers
            exponent = top - 1 - random.below(2);
            break;
        case 8: // small integers and halves
            exponent = bias - 1 + random.below(4);
            fraction &= ones(2) << (format.fraction_bits - 2);
            break;
        case 9: // around the limits of the integer types
            exponent = bias + random.pick<uint64_t>({ 6, 7, 8, 14, 15, 16, 30, 31, 32, 62, 63, 64 });
            break;
        case 10: // limits of the other formats
            exponent = bias + random.pick<uint64_t>({ 15, 16, 126, 127, 128 });
            if (random.percent(50))
                exponent = bias - random.pick<uint64_t>({ 14, 15, 24, 25, 126, 127, 149, 150 });
            break;
        case 11: exponent = random.next(); break;
        default: // in the neighbourhood of the other operands
            exponent = near_exponent + random.below(5);
            break;
        }
        exponent &= top;
        return sign << (format.width - 1) | exponent << format.fraction_bits | fraction;
    }

}

uint64_t random_integer(Random& random)
{
    switch (random.below(8)) {
    case 0: return random.below(32);
    case 1: return uint64_t { 0 } - random.below(32);
    case 2: { // a limit of a size and what is beside it
        uint64_t const limit = uint64_t { 1 } << random.pick<unsigned>({ 7, 8, 15, 16, 31, 32, 63, 0 });
        return limit + random.below(5) - 2;
    }
    case 3: return random.next() & 0xffff'ffff;
    case 4: { // a run of ones
        uint64_t const run = ones(static_cast<unsigned>(random.below(65)));
        unsigned const turn = static_cast<unsigned>(random.below(64));
        return turn == 0 ? run : run << turn | run >> (64 - turn);
    }
    case 5: return sparse(random, 64);
    default: return random.next();
    }
}

uint64_t random_lanes(Random& random)
{
    if (random.percent(25))
        return random.next();
    unsigned const width = 8u << random.below(4);
    uint64_t value = 0;
    for (unsigned at = 0; at < 64; at += width) {
        uint64_t const sign = uint64_t { 1 } << (width - 1);
        uint64_t lane;
        switch (random.below(8)) {
        case 0: lane = random.below(4); break;
        case 1: lane = uint64_t { 0 } - random.below(4); break;
        case 2: lane = sign + random.below(3) - 1; break;
        case 3: lane = random.below(width + 2); break; // shift amounts
        case 4: lane = uint64_t { 0 } - random.below(width + 2); break;
        case 5: lane = sparse(random, width); break;
        default: lane = random.next(); break;
        }
        value |= (lane & ones(width)) << at;
    }
    return value;
}

uint64_t random_floating(Random& random)
{
    if (random.percent(8))
        return random_integer(random);
    Format const& format = kFormats[random.pick<unsigned>({ 0, 0, 0, 1, 1, 1, 2 })];
    // The same for a while in one instance would be ideal; the middle of the range is the next best.
    uint64_t const near_exponent = (ones(format.exponent_bits) >> 1) - 2;
    uint64_t value = 0;
    for (unsigned at = 0; at < 64; at += format.width)
        value |= floating(random, format, near_exponent) << at;
    return value;
}

}
