// Advanced SIMD instructions made for one purpose: AES, SHA-256, products of polynomials, dot products. Each function
// that uses some is compiled for a CPU that has them; main.c asks the CPU first.
#include "benchmark.h"
#include <arm_neon.h>

#define WITH(features) __attribute__((target(features)))

// AES-128 in counter mode of 4 KiB, four blocks at a time as libraries do. The round keys are any numbers: nobody will
// read what was encrypted. [FIPS 197, 5.1]
WITH("+crypto") uint64_t kernel_aes(uint8_t* arena, uint64_t count)
{
    enum { BYTES = 4096, ROUNDS = 10, LANES = 4 };
    uint8x16_t keys[ROUNDS + 1];
    uint64_t random = 2001;
    for (int i = 0; i <= ROUNDS; i++)
        keys[i] = vreinterpretq_u8_u64((uint64x2_t) { next_random(&random), next_random(&random) });
    for (int i = 0; i < BYTES; i++)
        arena[i] = (uint8_t)i;
    uint64_t counter = 0;
    while (count-- > 0)
        for (int at = 0; at < BYTES; at += 16 * LANES) {
            uint8x16_t block[LANES];
            for (int lane = 0; lane < LANES; lane++)
                block[lane] = vreinterpretq_u8_u64((uint64x2_t) { counter++, 7 });
            for (int round = 0; round < ROUNDS - 1; round++)
                for (int lane = 0; lane < LANES; lane++)
                    block[lane] = vaesmcq_u8(vaeseq_u8(block[lane], keys[round]));
            for (int lane = 0; lane < LANES; lane++) {
                uint8x16_t const stream = veorq_u8(vaeseq_u8(block[lane], keys[ROUNDS - 1]), keys[ROUNDS]);
                vst1q_u8(arena + at + 16 * lane, veorq_u8(vld1q_u8(arena + at + 16 * lane), stream));
            }
        }
    uint64_t sum = 0;
    for (int i = 0; i < BYTES; i++)
        sum = rotate_left(sum, 7) + arena[i];
    return sum;
}

// Four rounds, and the four words of the schedule that they will need twelve rounds later. [FIPS 180-4, 6.2.2]
WITH("+crypto")
static inline void sha256_rounds(uint32x4_t hash[2], uint32x4_t schedule[4], int quarter, uint32x4_t constants)
{
    uint32x4_t* const first = &schedule[quarter & 3];
    uint32x4_t const words = vaddq_u32(*first, constants);
    uint32x4_t const before = hash[0];
    hash[0] = vsha256hq_u32(hash[0], hash[1], words);
    hash[1] = vsha256h2q_u32(hash[1], before, words);
    *first = vsha256su1q_u32(
        vsha256su0q_u32(*first, schedule[(quarter + 1) & 3]), schedule[(quarter + 2) & 3], schedule[(quarter + 3) & 3]);
}

// Blocks of SHA-256 by the SHA instructions. The constants of the rounds are any numbers.
WITH("+crypto") uint64_t kernel_sha256_instructions(uint8_t* arena, uint64_t count)
{
    enum { QUARTERS = 16 };
    uint32x4_t const* const constants = (uint32x4_t const*)(arena + 4096);
    for (int i = 0; i < 4096 + 16 * QUARTERS; i++)
        arena[i] = (uint8_t)(i * 11);
    uint32x4_t hash[2] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
    for (uint64_t i = 0; i < count; i++) {
        uint8_t const* const block = arena + (i & 63) * 64;
        uint32x4_t schedule[4];
        for (int k = 0; k < 4; k++)
            schedule[k] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(block + 16 * k)));
        uint32x4_t const start[2] = { hash[0], hash[1] };
#pragma GCC unroll 16
        for (int quarter = 0; quarter < QUARTERS; quarter++)
            sha256_rounds(hash, schedule, quarter, constants[quarter]);
        hash[0] = vaddq_u32(hash[0], start[0]);
        hash[1] = vaddq_u32(hash[1], start[1]);
    }
    uint64x2_t const sum = vreinterpretq_u64_u32(veorq_u32(hash[0], hash[1]));
    return sum[0] ^ rotate_left(sum[1], 1);
}

// Folds 4 KiB into 128 bits by products of polynomials, as GHASH and fast CRCs do.
WITH("+crypto") uint64_t kernel_polynomials(uint8_t* arena, uint64_t count)
{
    enum { BLOCKS = 256 };
    uint64_t* const words = (uint64_t*)arena;
    uint64_t random = 2002;
    for (int i = 0; i < 2 * BLOCKS; i++)
        words[i] = next_random(&random);
    poly64_t const low = 0xc2000000000000fdu, high = 0x87e1d5a30f1b2c49u;
    uint64x2_t fold = { 1, 0 };
    while (count-- > 0)
        for (int i = 0; i < BLOCKS; i++) {
            uint64x2_t const a = vreinterpretq_u64_p128(vmull_p64((poly64_t)fold[0], low));
            uint64x2_t const b = vreinterpretq_u64_p128(vmull_p64((poly64_t)fold[1], high));
            fold = veorq_u64(veorq_u64(a, b), vld1q_u64(words + 2 * i));
        }
    return fold[0] ^ rotate_left(fold[1], 1);
}

// A layer of a small neural network: 64 outputs of 256 signed bytes each.
WITH("arch=armv8.2-a+dotprod") uint64_t kernel_dot(uint8_t* arena, uint64_t count)
{
    enum { INPUTS = 256, OUTPUTS = 64 };
    int8_t* const input = (int8_t*)arena;
    int8_t const* const weights = input + INPUTS;
    for (int i = 0; i < INPUTS * (OUTPUTS + 1); i++)
        input[i] = (int8_t)(i * 37);
    uint64_t sum = 0;
    while (count-- > 0)
        for (int output = 0; output < OUTPUTS; output++) {
            int32x4_t total[2] = { vdupq_n_s32(0), vdupq_n_s32(0) };
            for (int i = 0; i < INPUTS; i += 32)
                for (int k = 0; k < 2; k++)
                    total[k] = vdotq_s32(
                        total[k], vld1q_s8(input + i + 16 * k), vld1q_s8(weights + output * INPUTS + i + 16 * k));
            int32_t const result = vaddvq_s32(vaddq_s32(total[0], total[1]));
            input[output] = (int8_t)(result >> 6);
            sum = rotate_left(sum, 3) + (uint32_t)result;
        }
    return sum;
}
