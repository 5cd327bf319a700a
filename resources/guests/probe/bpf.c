/*
 * The kernel's own compiler: filters of sockets are random programs, and what they return is compared with what they
 * mean. [Linux, Documentation/networking/filter.rst]
 */
#include "probe.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <sys/socket.h>

enum { kFilters = 400, kPackets = 12, kLength = 60, kBytes = 200 };

static uint32_t random_state = 0x2545f491;

static uint32_t below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static uint32_t interesting(void)
{
    static uint32_t const numbers[] = { 0, 1, 2, 31, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff };
    return below(2) ? numbers[below(sizeof numbers / sizeof *numbers)] : below(0xffffffff);
}

/* Fills code[0 .. kLength]; the last two instructions return a number of bytes, 0 .. kBytes - 1. */
static void make(struct sock_filter* code)
{
    static uint16_t const operations[]
        = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_DIV, BPF_MOD, BPF_LSH, BPF_RSH };
    static uint16_t const tests[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
    for (unsigned slot = 0; slot < BPF_MEMWORDS; slot++) /* the kernel wants a store before each load */
        code[slot] = (struct sock_filter)BPF_STMT(BPF_ST, slot);
    for (unsigned at = BPF_MEMWORDS; at < kLength - 1; at++) {
        unsigned const left = kLength - 2 - at;
        struct sock_filter made = BPF_STMT(BPF_ALU | BPF_NEG, 0);
        switch (below(9)) {
        case 0: made = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, interesting()); break;
        case 1: made = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, interesting()); break;
        case 2: made = (struct sock_filter)BPF_STMT(BPF_LD | BPF_ABS | below(3) << 3, below(kBytes - 4)); break;
        case 3: made = (struct sock_filter)BPF_STMT(below(2) ? BPF_ST : BPF_STX, below(BPF_MEMWORDS)); break;
        case 4:
            made = (struct sock_filter)BPF_STMT((below(2) ? BPF_LD : BPF_LDX) | BPF_MEM, below(BPF_MEMWORDS));
            break;
        case 5: made = (struct sock_filter)BPF_STMT(BPF_MISC | (below(2) ? BPF_TAX : BPF_TXA), 0); break;
        case 6:
            if (left > 0)
                made = (struct sock_filter)BPF_JUMP(BPF_JMP | tests[below(4)] | (below(2) ? BPF_X : BPF_K),
                    interesting(), (uint8_t)below(left + 1), (uint8_t)below(left + 1));
            break;
        case 7: break;
        default: {
            uint16_t const operation = operations[below(10)];
            bool const by_register = operation < BPF_LSH && below(2); /* longer shifts are nobody's promise */
            uint32_t const number = operation == BPF_LSH || operation == BPF_RSH ? below(32) : interesting();
            bool const divides = operation == BPF_DIV || operation == BPF_MOD;
            made = (struct sock_filter)BPF_STMT(
                BPF_ALU | operation | (by_register ? BPF_X : BPF_K), divides && number == 0 ? 3 : number);
        }
        }
        code[at] = made;
    }
    code[kLength - 1] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, kBytes);
    code[kLength] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
}

static uint32_t compute(uint16_t operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_ADD: return a + b;
    case BPF_SUB: return a - b;
    case BPF_MUL: return a * b;
    case BPF_AND: return a & b;
    case BPF_OR: return a | b;
    case BPF_XOR: return a ^ b;
    case BPF_LSH: return a << b;
    case BPF_RSH: return a >> b;
    case BPF_DIV: return a / b;
    default: return a % b;
    }
}

static bool holds(uint16_t test, uint32_t a, uint32_t b)
{
    switch (test) {
    case BPF_JEQ: return a == b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    default: return (a & b) != 0;
    }
}

/* What the filter returns; a division by zero ends it with 0. */
static uint32_t meaning(struct sock_filter const* code, uint8_t const* packet)
{
    uint32_t a = 0;
    uint32_t x = 0;
    uint32_t memory[BPF_MEMWORDS] = { 0 };
    for (;; code++) {
        uint32_t const operand = code->code & BPF_X ? x : code->k;
        uint8_t const* const bytes = packet + code->k;
        switch (BPF_CLASS(code->code)) {
        case BPF_LD:
            if (BPF_MODE(code->code) == BPF_IMM)
                a = code->k;
            else if (BPF_MODE(code->code) == BPF_MEM)
                a = memory[code->k];
            else if (BPF_SIZE(code->code) == BPF_B)
                a = bytes[0];
            else if (BPF_SIZE(code->code) == BPF_H)
                a = (uint32_t)bytes[0] << 8 | bytes[1];
            else
                a = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
            break;
        case BPF_LDX: x = BPF_MODE(code->code) == BPF_IMM ? code->k : memory[code->k]; break;
        case BPF_ST: memory[code->k] = a; break;
        case BPF_STX: memory[code->k] = x; break;
        case BPF_ALU:
            if (BPF_OP(code->code) == BPF_NEG) {
                a = -a;
                break;
            }
            if ((BPF_OP(code->code) == BPF_DIV || BPF_OP(code->code) == BPF_MOD) && operand == 0)
                return 0;
            a = compute(BPF_OP(code->code), a, operand);
            break;
        case BPF_JMP: code += holds(BPF_OP(code->code), a, operand) ? code->jt : code->jf; break;
        case BPF_MISC:
            if (BPF_MISCOP(code->code) == BPF_TAX)
                x = a;
            else
                a = x;
            break;
        default: return a;
        }
    }
}

static char const* try_filter(int const* sockets)
{
    struct sock_filter code[kLength + 1];
    make(code);
    struct sock_fprog const program = { kLength + 1, code };
    FAIL_UNLESS(setsockopt(sockets[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0,
        "the kernel refuses a filter: %s", strerror(errno));
    for (unsigned number = 0; number < kPackets; number++) {
        uint8_t packet[kBytes];
        for (unsigned i = 0; i < kBytes; i++)
            packet[i] = (uint8_t)below(256);
        uint32_t const expected = meaning(code, packet);
        ssize_t const sent = send(sockets[0], packet, kBytes, 0);
        FAIL_UNLESS(sent == kBytes || (sent < 0 && expected == 0), "send: %s", strerror(errno));
        uint8_t received[kBytes];
        ssize_t const length = recv(sockets[1], received, sizeof received, MSG_DONTWAIT);
        ssize_t const kept = length < 0 ? 0 : length;
        FAIL_UNLESS(kept == (ssize_t)expected, "a filter kept %zd bytes, not %u", kept, expected);
        FAIL_UNLESS(memcmp(received, packet, (size_t)kept) == 0, "a filter changed its packet");
    }
    return NULL;
}

static char const* random_filters(void)
{
    int sockets[2];
    FAIL_UNLESS(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) == 0, "socketpair: %s", strerror(errno));
    for (unsigned filter = 0; filter < kFilters; filter++) {
        char const* const reason = try_filter(sockets);
        if (reason != NULL)
            return reason;
    }
    return NULL;
}

/* Each of them is code of the kernel that is thrown away at once, while other CPUs run theirs. */
static void* filters_of_a_thread(void* number)
{
    (void)number;
    int sockets[2];
    struct sock_filter code[kLength + 1];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets) != 0)
        return "socketpair";
    for (unsigned filter = 0; filter < kFilters; filter++) {
        uint32_t const wanted = filter % kBytes;
        for (unsigned at = 0; at < kLength; at++)
            code[at] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, at == kLength - 1 ? wanted : filter + at);
        code[kLength] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
        struct sock_fprog const program = { kLength + 1, code };
        uint8_t packet[kBytes] = { 0 };
        if (setsockopt(sockets[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
            return "SO_ATTACH_FILTER";
        ssize_t const sent = send(sockets[0], packet, kBytes, 0);
        ssize_t const length = recv(sockets[1], packet, sizeof packet, MSG_DONTWAIT);
        if ((sent != kBytes && wanted != 0) || (length < 0 ? 0 : length) != (ssize_t)wanted)
            return "a filter returned another number";
    }
    close(sockets[0]);
    close(sockets[1]);
    return NULL;
}

static char const* filters_on_every_cpu(void)
{
    enum { kMostThreads = 16 };
    pthread_t threads[kMostThreads];
    int const count = cpu_count() < kMostThreads ? cpu_count() : kMostThreads;
    start_threads(threads, count, filters_of_a_thread);
    char const* reason = NULL;
    for (int i = 0; i < count; i++) {
        void* result;
        pthread_join(threads[i], &result);
        reason = result != NULL ? result : reason;
    }
    return reason;
}

static char const* compiler_is_on(void)
{
    char text[8] = "";
    int const file = open("/proc/sys/net/core/bpf_jit_enable", O_RDONLY);
    FAIL_UNLESS(file >= 0 && read(file, text, sizeof text - 1) > 0, "bpf_jit_enable: %s", strerror(errno));
    FAIL_UNLESS(text[0] == '1' || text[0] == '2', "filters are interpreted: %s", text);
    close(file);
    return NULL;
}

struct check const bpf_checks[] = {
    { "bpf-compiled", compiler_is_on },
    { "bpf-random", random_filters },
    { "bpf-smp", filters_on_every_cpu },
    { NULL, NULL },
};
