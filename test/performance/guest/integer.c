// Integer arithmetic, branches and calls.
#include "benchmark.h"

// A chain of dependent additions, shifts and multiplications with one branch that is hard to foresee.
uint64_t kernel_alu(uint8_t* arena, uint64_t count)
{
    (void)arena;
    uint64_t a = 1, b = 2, c = 3, d = 4;
    for (uint64_t i = 0; i < count; i++) {
        a += b ^ (i << 3);
        b = rotate_left(b, 13) + a;
        c = (c * 0x9e3779b97f4a7c15u) ^ (b >> 7);
        d += c & ~a;
        a ^= d >> 11;
        if (d & 0x100)
            b += 3;
        else
            c -= 5;
    }
    return a ^ b ^ c ^ d;
}

typedef uint64_t Method(uint64_t* object, uint64_t argument);

__attribute__((noinline)) static uint64_t method_add(uint64_t* object, uint64_t x)
{
    object[0] += x;
    return x + 1;
}

__attribute__((noinline)) static uint64_t method_mix(uint64_t* object, uint64_t x)
{
    object[1] ^= x;
    return x * 3;
}

__attribute__((noinline)) static uint64_t method_subtract(uint64_t* object, uint64_t x)
{
    object[2] -= x;
    return x >> 1;
}

__attribute__((noinline)) static uint64_t method_flip(uint64_t* object, uint64_t x)
{
    object[3] += x ^ 5;
    return x ^ 0x55;
}

// Calls through a table of functions, in an order that repeats after 64 calls.
uint64_t kernel_calls(uint8_t* arena, uint64_t count)
{
    static Method* const methods[] = { method_add, method_mix, method_subtract, method_flip };
    uint64_t* const object = (uint64_t*)arena;
    Method** const table = (Method**)(arena + 4096);
    uint64_t random = 12345;
    for (int i = 0; i < 64; i++)
        table[i] = methods[next_random(&random) & 3];
    for (int i = 0; i < 4; i++)
        object[i] = 0;
    uint64_t x = 7;
    for (uint64_t i = 0; i < count; i++)
        x = table[i & 63](object, x);
    return x ^ object[0] ^ object[1] ^ object[2] ^ object[3];
}

// An interpreter of a small byte code: a switch, that is an indirect jump, for every one of its instructions.
uint64_t kernel_bytecode(uint8_t* arena, uint64_t count)
{
    static uint8_t const program[16] = { 0, 1, 2, 3, 4, 1, 5, 2, 6, 0, 3, 7, 1, 4, 2, 8 };
    (void)arena;
    uint64_t x = 1, y = 2, z = 3, steps = 0;
    for (unsigned at = 0; count > 0; steps++) {
        switch (program[at++ & 15]) {
        case 0: x += y; break;
        case 1: y ^= x << 1; break;
        case 2: z += y >> 3; break;
        case 3: x -= z; break;
        case 4: y *= 5; break;
        case 5: z += x & 1; break;
        case 6: x = rotate_left(x, 9); break;
        case 7: z ^= x; break;
        case 8:
            count--;
            at = 0;
            break;
        }
    }
    return x ^ y ^ z ^ steps;
}

__attribute__((noinline)) static uint64_t fibonacci(uint64_t n)
{
    __asm__ volatile(""); // keeps the compiler from unrolling the recursion
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

// Calls and returns, and the stack.
uint64_t kernel_recursion(uint8_t* arena, uint64_t count)
{
    (void)arena;
    uint64_t sum = 0;
    while (count-- > 0)
        sum += fibonacci(20);
    return sum;
}

typedef int Compare(uint32_t const* a, uint32_t const* b);

__attribute__((noinline)) static int compare(uint32_t const* a, uint32_t const* b)
{
    return (*a > *b) - (*a < *b);
}

static void quicksort(uint32_t* items, int64_t left, int64_t right, Compare* order)
{
    while (left < right) {
        uint32_t const pivot = items[(left + right) / 2];
        int64_t i = left, j = right;
        while (i <= j) {
            while (order(&items[i], &pivot) < 0)
                i++;
            while (order(&items[j], &pivot) > 0)
                j--;
            if (i > j)
                break;
            uint32_t const item = items[i];
            items[i++] = items[j];
            items[j--] = item;
        }
        if (j - left < right - i) {
            quicksort(items, left, j, order);
            left = i;
        } else {
            quicksort(items, i, right, order);
            right = j;
        }
    }
}

// Sorts 10000 numbers with a comparison function, as qsort() does: branches that cannot be foreseen.
uint64_t kernel_quicksort(uint8_t* arena, uint64_t count)
{
    enum { ITEMS = 10000 };
    uint32_t* const items = (uint32_t*)arena;
    uint64_t random = 42, result = 0;
    while (count-- > 0) {
        for (int i = 0; i < ITEMS; i++)
            items[i] = (uint32_t)next_random(&random);
        // Behind a pointer that the compiler does not know, or it would put the comparison in line.
        Compare* order = compare;
        __asm__ volatile("" : "+r"(order));
        quicksort(items, 0, ITEMS - 1, order);
        result ^= items[ITEMS / 2];
    }
    return result;
}

// Additions of 256-bit numbers: the carry flag.
uint64_t kernel_bignum(uint8_t* arena, uint64_t count)
{
    uint64_t* const numbers = (uint64_t*)arena;
    for (unsigned i = 0; i < 8; i++)
        numbers[i] = 0x9e3779b97f4a7c15u * (i + 1);
    uint64_t a = 1, b = 2, c = 3, d = 4;
    for (uint64_t i = 0; i < count; i++)
        __asm__("adds %0, %0, %4\n\tadcs %1, %1, %5\n\tadcs %2, %2, %6\n\tadc %3, %3, %7"
                : "+&r"(a), "+&r"(b), "+&r"(c), "+r"(d)
                : "r"(numbers[i & 7]), "r"(numbers[(i + 1) & 7]), "r"(numbers[(i + 2) & 7]), "r"(numbers[(i + 3) & 7])
                : "cc");
    return a ^ b ^ c ^ d;
}

// Products of 128 bits, divisions and remainders.
uint64_t kernel_divide(uint8_t* arena, uint64_t count)
{
    (void)arena;
    uint64_t const modulus = 0xffffffffffffffc5u >> 3;
    uint64_t value = 1, divided = 7, sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        unsigned __int128 const product = (unsigned __int128)(value + i) * (divided | 1);
        uint64_t const high = (uint64_t)(product >> 64);
        value = (high ^ (uint64_t)product) % modulus;
        divided += value / ((i & 1023) + 3);
        sum += high;
    }
    return sum ^ value ^ divided;
}
