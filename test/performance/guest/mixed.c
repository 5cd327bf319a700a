// Whole small programs: lists, matrices, state machines, text, a hash function.
#include "benchmark.h"

struct Node {
    struct Node* next;
    int64_t key;
    uint16_t value;
};

static struct Node* reverse(struct Node* list)
{
    struct Node* reversed = NULL;
    while (list) {
        struct Node* const rest = list->next;
        list->next = reversed;
        reversed = list;
        list = rest;
    }
    return reversed;
}

static struct Node* find(struct Node* list, int64_t key)
{
    while (list && list->key != key)
        list = list->next;
    return list;
}

// CRC-16 bit by bit (polynomial 0x8005, reflected).
static uint16_t crc16(uint16_t value, uint16_t crc)
{
    for (int bit = 0; bit < 16; bit++) {
        uint16_t const is_odd = (value ^ crc) & 1;
        value >>= 1;
        crc >>= 1;
        if (is_odd)
            crc ^= 0xa001;
    }
    return crc;
}

enum { SIDE = 9 };

// Multiplies two square matrices of 16-bit numbers, and counts how often the product rises.
static uint16_t multiply(int16_t* a, int16_t const* b, int32_t* product, int16_t bias)
{
    uint16_t rises = 0;
    int32_t last = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        a[i] = (int16_t)(a[i] + bias);
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            int32_t sum = 0;
            for (int k = 0; k < SIDE; k++)
                sum += a[row * SIDE + k] * b[k * SIDE + column];
            product[row * SIDE + column] = sum;
        }
    for (int i = 0; i < SIDE * SIDE; i++) {
        rises = (uint16_t)(rises + (product[i] > last ? 10 : product[i] > last / 2));
        last = product[i];
    }
    for (int i = 0; i < SIDE * SIDE; i++)
        a[i] = (int16_t)(a[i] - bias);
    return rises;
}

static int is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

// Tells integers, fractions and exponents in a list of numbers; returns a sum over how often it was in each state.
static uint32_t scan_numbers(uint8_t const* text, unsigned length)
{
    enum State { START, INTEGER, SIGN, FRACTION, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS, BAD, STATES };
    uint32_t visits[STATES] = { 0 };
    enum State state = START;
    for (unsigned i = 0; i < length; i++) {
        uint8_t const c = text[i];
        if (c == ',')
            state = START;
        else
            switch (state) {
            case START: state = is_digit(c) ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? FRACTION : BAD; break;
            case SIGN: state = is_digit(c) ? INTEGER : c == '.' ? FRACTION : BAD; break;
            case INTEGER: state = c == '.' ? FRACTION : is_digit(c) ? INTEGER : BAD; break;
            case FRACTION: state = c == 'e' || c == 'E' ? EXPONENT : is_digit(c) ? FRACTION : BAD; break;
            case EXPONENT: state = c == '+' || c == '-' ? EXPONENT_SIGN : BAD; break;
            case EXPONENT_SIGN:
            case EXPONENT_DIGITS: state = is_digit(c) ? EXPONENT_DIGITS : BAD; break;
            default: break;
            }
        visits[state]++;
    }
    uint32_t sum = 0;
    for (int i = 0; i < STATES; i++)
        sum = sum * 31 + visits[i];
    return sum;
}

// The mix that CoreMark made popular, in words of our own: a list, a matrix, a state machine and a CRC.
uint64_t kernel_coremark(uint8_t* arena, uint64_t count)
{
    static char const numbers[]
        = "5012,-874,+122,35.544,.12345,-110.7,+0.644,5.5e+3,-.123e-2,-87e+832,+0.6e-12,T0.3e-1F,";
    enum { NODES = 64, TEXT = 512 };
    struct Node* list = (struct Node*)arena;
    int16_t* const a = (int16_t*)(arena + 65536);
    int16_t* const b = a + 128;
    int32_t* const product = (int32_t*)(arena + 81920);
    uint8_t* const text = arena + 98304;
    for (int i = 0; i < NODES; i++)
        list[i] = (struct Node) { i + 1 < NODES ? &list[i + 1] : NULL, i * 37 % NODES, (uint16_t)i };
    for (int i = 0; i < SIDE * SIDE; i++) {
        a[i] = (int16_t)(i * 7 + 1);
        b[i] = (int16_t)(i * 13 + 3);
    }
    for (unsigned i = 0; i < TEXT; i++)
        text[i] = (uint8_t)numbers[i % (sizeof numbers - 1)];

    uint16_t crc = 0;
    for (uint64_t round = 0; round < count; round++) {
        list = reverse(list);
        for (uint64_t k = 0; k < 8; k++)
            crc = crc16(find(list, (int64_t)((round + k * 5) % NODES))->value, crc);
        crc = crc16(multiply(a, b, product, (int16_t)round), crc);
        crc = crc16((uint16_t)scan_numbers(text, TEXT), crc);
    }
    return crc;
}

// Primes below 2^20: byte stores with growing strides.
uint64_t kernel_sieve(uint8_t* arena, uint64_t count)
{
    enum { LIMIT = 1 << 20 };
    uint64_t primes = 0;
    while (count-- > 0) {
        for (uint32_t i = 0; i < LIMIT; i++)
            arena[i] = 1;
        for (uint32_t i = 2; i * i < LIMIT; i++)
            if (arena[i])
                for (uint32_t j = i * i; j < LIMIT; j += i)
                    arena[j] = 0;
        for (uint32_t i = 2; i < LIMIT; i++)
            primes += arena[i];
    }
    return primes;
}

// Copying, measuring and comparing text byte by byte.
uint64_t kernel_bytes(uint8_t* arena, uint64_t count)
{
    enum { LENGTH = 4096 };
    uint8_t* const from = arena;
    uint8_t* const to = arena + 2 * LENGTH;
    for (int i = 0; i < LENGTH - 1; i++)
        from[i] = (uint8_t)('a' + i % 26);
    from[LENGTH - 1] = 0;
    uint64_t sum = 0;
    while (count-- > 0) {
        for (int i = 0; i < LENGTH; i++)
            to[i] = from[i];
        uint8_t const* end = to;
        while (*end)
            end++;
        uint64_t same = 0;
        while (from[same] && from[same] == to[same])
            same++;
        sum += (uint64_t)(end - to) + same;
    }
    return sum;
}

static uint32_t rotate_right(uint32_t value, unsigned by)
{
    return value >> by | value << (32 - by);
}

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes. [FIPS 180-4, 4.2.2]
static uint32_t const kSha256Constants[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
    0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
    0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };

// One block of SHA-256 without the SHA instructions. [FIPS 180-4, 6.2.2]
static void sha256_block(uint32_t hash[8], uint32_t const block[16])
{
    uint32_t schedule[64], s[8];
    for (int i = 0; i < 16; i++)
        schedule[i] = __builtin_bswap32(block[i]);
    for (int i = 16; i < 64; i++) {
        uint32_t const x = schedule[i - 15], y = schedule[i - 2];
        schedule[i] = schedule[i - 16] + schedule[i - 7] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3)
            + (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
    }
    for (int i = 0; i < 8; i++)
        s[i] = hash[i];
    for (int i = 0; i < 64; i++) {
        uint32_t const one = s[7] + (rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^ rotate_right(s[4], 25))
            + ((s[4] & s[5]) ^ (~s[4] & s[6])) + kSha256Constants[i] + schedule[i];
        uint32_t const two = (rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^ rotate_right(s[0], 22))
            + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (int k = 7; k > 0; k--)
            s[k] = s[k - 1];
        s[4] += one;
        s[0] = one + two;
    }
    for (int i = 0; i < 8; i++)
        hash[i] += s[i];
}

// The same block again and again into one hash.
uint64_t kernel_sha256(uint8_t* arena, uint64_t count)
{
    uint32_t hash[8]
        = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    for (int i = 0; i < 64; i++)
        arena[i] = (uint8_t)i;
    while (count-- > 0)
        sha256_block(hash, (uint32_t const*)arena);
    return (uint64_t)hash[0] << 32 | hash[7];
}
