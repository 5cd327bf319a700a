// SHA-1 and SHA-256 round and schedule steps on four words a register. [Arm DDI 0487, SHA1C .. SHA256SU1; FIPS 180-4]
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <array>
#include <bit>
#include <utility>

namespace dormouse::emulator::semantics {

namespace {

    using Words = std::array<uint32_t, 4>;

    Words words(Vector const& v)
    {
        return { v.lane<uint32_t>(0), v.lane<uint32_t>(1), v.lane<uint32_t>(2), v.lane<uint32_t>(3) };
    }
    Vector vector(Words const& w)
    {
        return build<uint32_t>(4, [&](unsigned i) { return w[i]; });
    }

    constexpr uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
    {
        return ((y ^ z) & x) ^ z;
    }
    constexpr uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
    {
        return (x & y) | ((x | y) & z);
    }
    constexpr uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
    {
        return x ^ y ^ z;
    }

    // Four rounds: Rd holds a, b, c, d; Rn's lowest word e; Rm the schedule words with the constant added.
    template <typename Fields> Flow sha1_rounds(Cpu& cpu, Fields f, uint32_t (*mix)(uint32_t, uint32_t, uint32_t))
    {
        Words x = words(cpu.v[f.Rd()]);
        uint32_t e = cpu.v[f.Rn()].template lane<uint32_t>(0);
        for (uint32_t const w : words(cpu.v[f.Rm()])) {
            uint32_t const a = e + std::rotl(x[0], 5) + mix(x[1], x[2], x[3]) + w;
            e = x[3];
            x = { a, x[0], std::rotl(x[1], 30), x[2] };
        }
        cpu.v[f.Rd()] = vector(x);
        return Flow::Next;
    }

    constexpr uint32_t big_sigma0(uint32_t x)
    {
        return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22);
    }
    constexpr uint32_t big_sigma1(uint32_t x)
    {
        return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25);
    }
    constexpr uint32_t small_sigma0(uint32_t x)
    {
        return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3);
    }
    constexpr uint32_t small_sigma1(uint32_t x)
    {
        return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10);
    }

    // Four rounds on a, b, c, d in x and e, f, g, h in y.
    std::pair<Words, Words> sha256_rounds(Words x, Words y, Words const& schedule)
    {
        for (uint32_t const w : schedule) {
            uint32_t const t = y[3] + big_sigma1(y[0]) + choose(y[0], y[1], y[2]) + w;
            uint32_t const a = t + big_sigma0(x[0]) + majority(x[0], x[1], x[2]);
            y = { x[3] + t, y[0], y[1], y[2] };
            x = { a, x[0], x[1], x[2] };
        }
        return { x, y };
    }

}

Flow SHA1C(Cpu& cpu, uint32_t word)
{
    return sha1_rounds(cpu, fields::SHA1C { word }, choose);
}

Flow SHA1P(Cpu& cpu, uint32_t word)
{
    return sha1_rounds(cpu, fields::SHA1P { word }, parity);
}

Flow SHA1M(Cpu& cpu, uint32_t word)
{
    return sha1_rounds(cpu, fields::SHA1M { word }, majority);
}

Flow SHA1H(Cpu& cpu, uint32_t word)
{
    fields::SHA1H const f { word };
    cpu.v[f.Rd()] = Vector { { std::rotl(cpu.v[f.Rn()].lane<uint32_t>(0), 30), 0 } };
    return Flow::Next;
}

Flow SHA1SU0(Cpu& cpu, uint32_t word)
{
    fields::SHA1SU0 const f { word };
    Vector const d = cpu.v[f.Rd()];
    Vector const m = cpu.v[f.Rm()];
    cpu.v[f.Rd()] = Vector { { d.d[1] ^ d.d[0] ^ m.d[0], cpu.v[f.Rn()].d[0] ^ d.d[1] ^ m.d[1] } };
    return Flow::Next;
}

Flow SHA1SU1(Cpu& cpu, uint32_t word)
{
    fields::SHA1SU1 const f { word };
    Words const d = words(cpu.v[f.Rd()]);
    Words const n = words(cpu.v[f.Rn()]);
    Words t = { d[0] ^ n[1], d[1] ^ n[2], d[2] ^ n[3], d[3] };
    uint32_t const first = t[0];
    for (uint32_t& w : t)
        w = std::rotl(w, 1);
    t[3] ^= std::rotl(first, 2); // the last word depends on the first new one
    cpu.v[f.Rd()] = vector(t);
    return Flow::Next;
}

Flow SHA256H(Cpu& cpu, uint32_t word)
{
    fields::SHA256H const f { word };
    auto const result = sha256_rounds(words(cpu.v[f.Rd()]), words(cpu.v[f.Rn()]), words(cpu.v[f.Rm()]));
    cpu.v[f.Rd()] = vector(result.first);
    return Flow::Next;
}

// As SHA256H with the roles of Rd and Rn exchanged: Rd is e, f, g, h.
Flow SHA256H2(Cpu& cpu, uint32_t word)
{
    fields::SHA256H2 const f { word };
    auto const result = sha256_rounds(words(cpu.v[f.Rn()]), words(cpu.v[f.Rd()]), words(cpu.v[f.Rm()]));
    cpu.v[f.Rd()] = vector(result.second);
    return Flow::Next;
}

Flow SHA256SU0(Cpu& cpu, uint32_t word)
{
    fields::SHA256SU0 const f { word };
    Words d = words(cpu.v[f.Rd()]);
    Words const next = { d[1], d[2], d[3], cpu.v[f.Rn()].lane<uint32_t>(0) };
    for (unsigned i = 0; i < 4; i++)
        d[i] += small_sigma0(next[i]);
    cpu.v[f.Rd()] = vector(d);
    return Flow::Next;
}

Flow SHA256SU1(Cpu& cpu, uint32_t word)
{
    fields::SHA256SU1 const f { word };
    Words d = words(cpu.v[f.Rd()]);
    Words const n = words(cpu.v[f.Rn()]);
    Words const m = words(cpu.v[f.Rm()]);
    d[0] += small_sigma1(m[2]) + n[1];
    d[1] += small_sigma1(m[3]) + n[2];
    d[2] += small_sigma1(d[0]) + n[3]; // needs the new words
    d[3] += small_sigma1(d[1]) + m[0];
    cpu.v[f.Rd()] = vector(d);
    return Flow::Next;
}
}
