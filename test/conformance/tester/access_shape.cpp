#include "tester/access_shape.h"

#include "tester/instance.h"

// [Arm DDI 0487, C4.1.94 "Loads and stores"]
namespace dormouse::conformance {

namespace {

    int64_t signed_bits(uint32_t word, unsigned lowest, unsigned width)
    {
        auto const value = static_cast<int64_t>(bits(word, lowest, width));
        return value >> (width - 1) ? value - (int64_t { 1 } << width) : value;
    }

    Shape pair_shape(uint32_t word)
    {
        bool const is_vector = bits(word, 26, 1);
        unsigned const opc = bits(word, 30, 2);
        unsigned const size = is_vector ? 4u << opc : 4u << (opc >> 1);
        Shape shape { 2 * size, 1 };
        if (bits(word, 23, 2) != 1) { // not post-indexed
            shape.offset = Offset::Immediate;
            shape.immediate = signed_bits(word, 15, 7) * size;
        }
        return shape;
    }

    // Exclusives, LDAR and its kin, CAS, CASP.
    Shape exclusive_shape(uint32_t word)
    {
        bool const is_load = bits(word, 22, 1);
        bool const o2 = bits(word, 23, 1);
        bool const o1 = bits(word, 21, 1);
        unsigned size = 1u << bits(word, 30, 2);
        if (o1 && !o2)
            size = bits(word, 31, 1) ? 2u << bits(word, 30, 2) : 8u << bits(word, 30, 1);
        Shape shape { size, size };
        shape.is_compare = o1 && (o2 || !bits(word, 31, 1));
        shape.is_exclusive_store = !o2 && !is_load && !shape.is_compare;
        return shape;
    }

    Shape register_shape(uint32_t word)
    {
        unsigned scale = bits(word, 30, 2);
        if (bits(word, 26, 1))
            scale |= bits(word, 23, 1) << 2;
        Shape shape { 1u << scale, 1 };
        if (bits(word, 24, 1)) {
            shape.offset = Offset::Immediate;
            shape.immediate = static_cast<int64_t>(bits(word, 10, 12)) << scale;
        } else if (!bits(word, 21, 1)) {
            if (bits(word, 10, 2) != 1) { // not post-indexed
                shape.offset = Offset::Immediate;
                shape.immediate = signed_bits(word, 12, 9);
            }
        } else if (bits(word, 10, 2) == 2) {
            shape.offset = Offset::Register;
            shape.shift = bits(word, 12, 1) ? scale : 0;
        } else { // LSE atomics and LDAPR
            shape.alignment = shape.bytes;
        }
        return shape;
    }

}

Shape shape_of(uint32_t word)
{
    switch (bits(word, 27, 3)) {
    case 5: return pair_shape(word);
    case 7: return register_shape(word);
    case 3: break; // literals; LDAPUR and STLUR
    default:
        if (bits(word, 26, 1))
            return { 64, 1 }; // LD1 to LD4, ST1 to ST4: at most four whole registers
        return exclusive_shape(word);
    }
    if (bits(word, 24, 1)) {
        Shape shape { 1u << bits(word, 30, 2), 1u << bits(word, 30, 2) };
        shape.offset = Offset::Immediate;
        shape.immediate = signed_bits(word, 12, 9);
        return shape;
    }
    return { 16, 1, Offset::Literal };
}

}
