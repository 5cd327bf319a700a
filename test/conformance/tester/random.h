#pragma once

#include <cstdint>

namespace dormouse::conformance {

// splitmix64: small, fast, and a stream of its own for every seed, so that one instance can be made again alone.
class Random {
public:
    explicit Random(uint64_t seed) : m_state(seed) { }

    uint64_t next()
    {
        uint64_t z = m_state += 0x9e37'79b9'7f4a'7c15;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
        return z ^ (z >> 31);
    }
    // 0 .. limit - 1; limit is small, so the bias of the remainder does not matter.
    uint64_t below(uint64_t limit) { return next() % limit; }
    bool percent(unsigned chance) { return below(100) < chance; }
    template <typename T, unsigned Count> T pick(T const (&values)[Count]) { return values[below(Count)]; }

private:
    uint64_t m_state;
};

// The seed of instance `index` of a row under the seed of the run.
inline uint64_t instance_seed(uint64_t run_seed, unsigned row, uint64_t index)
{
    Random mixed(run_seed ^ (uint64_t { row } << 40) ^ index);
    mixed.next();
    return mixed.next();
}

// A general register: limits of the sizes and their neighbours, runs of ones, small numbers, noise.
uint64_t random_integer(Random&);
// 64 bits of a vector register for integer instructions: lanes of one size, many of them at a limit.
uint64_t random_lanes(Random&);
// 64 bits of floating-point operands: one binary64, two binary32 or four binary16. Special values and numbers whose
// exponents are near each other, so that sums cancel and results round.
uint64_t random_floating(Random&);

}
