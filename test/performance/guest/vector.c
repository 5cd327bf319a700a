// Floating point, vectors, and the CRC instructions. Compiled without contraction to fused operations, so that results
// are exact and equal everywhere.
#include "benchmark.h"

struct Body {
    double x, y, z, vx, vy, vz, mass;
};

static double square_root(double value)
{
    double root;
    __asm__("fsqrt %d0, %d1" : "=w"(root) : "w"(value));
    return root;
}

static void attract(struct Body* a, struct Body* b, double step)
{
    double const dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
    double const square = dx * dx + dy * dy + dz * dz;
    double const pull = step / (square * square_root(square));
    a->vx -= dx * b->mass * pull;
    a->vy -= dy * b->mass * pull;
    a->vz -= dz * b->mass * pull;
    b->vx += dx * a->mass * pull;
    b->vy += dy * a->mass * pull;
    b->vz += dz * a->mass * pull;
}

// Five bodies that attract one another: scalar double precision with division and square root.
uint64_t kernel_nbody(uint8_t* arena, uint64_t count)
{
    enum { BODIES = 5 };
    double const step = 0.0001;
    struct Body* const bodies = (struct Body*)arena;
    for (int i = 0; i < BODIES; i++)
        bodies[i] = (struct Body) { i * 1.5 + 0.1, i * -0.7 + 0.3, i * 0.2, 0.01 * i, 0.02 * (5 - i), 0.001 * i,
            i == 0 ? 39.47 : 0.03 * i };
    while (count-- > 0) {
        for (int i = 0; i < BODIES; i++)
            for (int j = i + 1; j < BODIES; j++)
                attract(&bodies[i], &bodies[j], step);
        for (int i = 0; i < BODIES; i++) {
            bodies[i].x += step * bodies[i].vx;
            bodies[i].y += step * bodies[i].vy;
            bodies[i].z += step * bodies[i].vz;
        }
    }
    double const sum = bodies[0].x + bodies[1].y + bodies[2].z;
    return (uint64_t)(int64_t)(sum * 1e6);
}

// How long 32 x 32 points of the plane stay in the Mandelbrot set: scalar double precision and comparisons.
uint64_t kernel_mandelbrot(uint8_t* arena, uint64_t count)
{
    (void)arena;
    uint64_t rounds = 0;
    while (count-- > 0)
        for (int row = 0; row < 32; row++)
            for (int column = 0; column < 32; column++) {
                double const real = column * 0.0625 - 1.5, imaginary = row * 0.0625 - 1.0;
                double a = 0, b = 0;
                int round = 0;
                for (; round < 100 && a * a + b * b < 4.0; round++) {
                    double const next = a * a - b * b + real;
                    b = 2 * a * b + imaginary;
                    a = next;
                }
                rounds += (uint64_t)round;
            }
    return rounds;
}

// Product of two 64 x 64 matrices, four single-precision lanes at a time.
uint64_t kernel_matrix(uint8_t* arena, uint64_t count)
{
    typedef float Lanes __attribute__((vector_size(16)));
    enum { SIDE = 64, ITEMS = SIDE * SIDE };
    float* const a = (float*)arena;
    float* const b = a + ITEMS;
    float* const product = b + ITEMS;
    for (int i = 0; i < ITEMS; i++) {
        a[i] = (float)(i % 17) * 0.25f;
        b[i] = (float)(i % 13) * 0.5f;
    }
    while (count-- > 0) {
        for (int row = 0; row < SIDE; row++)
            for (int column = 0; column < SIDE; column += 16) {
                Lanes sum[4] = { { 0 } };
                for (int k = 0; k < SIDE; k++) {
                    float const factor = a[row * SIDE + k];
                    Lanes const* const line = (Lanes const*)&b[k * SIDE + column];
                    for (int i = 0; i < 4; i++)
                        sum[i] += (Lanes) { factor, factor, factor, factor } * line[i];
                }
                for (int i = 0; i < 4; i++)
                    ((Lanes*)&product[row * SIDE + column])[i] = sum[i];
            }
        a[0] += product[5] * 1e-9f;
    }
    uint64_t total = 0;
    for (int i = 0; i < ITEMS; i++)
        total += (uint64_t)(int64_t)product[i];
    return total;
}

// Blends two pictures: integer vectors with lanes of 8 and of 32 bits.
uint64_t kernel_pixels(uint8_t* arena, uint64_t count)
{
    typedef uint8_t Bytes __attribute__((vector_size(16)));
    typedef uint32_t Words __attribute__((vector_size(16)));
    enum { BYTES = 16384 };
    Bytes* const picture = (Bytes*)arena;
    Bytes const* const other = (Bytes const*)(arena + BYTES);
    for (int i = 0; i < BYTES; i++) {
        arena[i] = (uint8_t)(i * 7);
        arena[BYTES + i] = (uint8_t)(i * 3);
    }
    Words sum = { 0 };
    while (count-- > 0)
        for (unsigned i = 0; i < BYTES / sizeof(Bytes); i++) {
            Bytes const a = picture[i], b = other[i];
            Bytes const is_brighter = (Bytes)(a > b);
            Bytes const blended = (((a ^ b) + (a & b)) & is_brighter) | (b & ~is_brighter);
            Words const words = (Words)blended;
            sum += (words << 3) ^ (words >> 5);
            sum *= 3u;
            picture[i] = blended;
        }
    return sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
}

// The CRC-32C of 4 KiB by the CRC32CX instruction.
uint64_t kernel_crc(uint8_t* arena, uint64_t count)
{
    enum { WORDS = 512 };
    uint64_t* const words = (uint64_t*)arena;
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = i * 0x123456789u;
    uint32_t crc = ~0u;
    while (count-- > 0)
        for (unsigned i = 0; i < WORDS; i++)
            __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %1" : "+r"(crc) : "r"(words[i]));
    return crc;
}
