#include "tiny.h"

// Just enough of the flattened device tree format (version 17) to find what we print and use.

struct board board;

static uint32_t big32(uint8_t const* p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t cells(uint8_t const* p, uint32_t bytes)
{
    return bytes >= 8 ? (uint64_t)big32(p) << 32 | big32(p + 4) : big32(p);
}

static int same(char const* a, char const* b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static int starts(char const* text, char const* prefix)
{
    while (*prefix)
        if (*text++ != *prefix++)
            return 0;
    return 1;
}

static void copy(char* to, uint32_t room, uint8_t const* from, uint32_t length)
{
    uint32_t i = 0;
    for (; i + 1 < room && i < length && from[i]; i++)
        to[i] = (char)from[i];
    to[i] = 0;
}

static void property(char const* node, char const* name, uint8_t const* value, uint32_t length)
{
    if (starts(node, "memory@") && same(name, "reg") && length >= 16 && !board.memory_size) {
        board.memory_base = cells(value, 8);
        board.memory_size = cells(value + 8, 8);
    } else if (starts(node, "cpu@") && same(name, "reg")) {
        if (board.cpus < MAX_CPUS)
            board.mpidrs[board.cpus++] = cells(value, length);
    } else if (same(node, "chosen")) {
        if (same(name, "bootargs"))
            copy(board.bootargs, sizeof board.bootargs, value, length);
        else if (same(name, "linux,initrd-start"))
            board.initrd_start = cells(value, length);
        else if (same(name, "linux,initrd-end"))
            board.initrd_end = cells(value, length);
    } else if (same(node, "psci")) {
        board.has_psci = 1;
        if (same(name, "method"))
            board.psci_by_smc = same((char const*)value, "smc");
        else if (same(name, "compatible"))
            copy(board.psci_compatible, sizeof board.psci_compatible, value, length);
        else if (same(name, "cpu_on"))
            board.psci_cpu_on = (uint32_t)cells(value, length);
    } else if ((starts(node, "intc@") || starts(node, "interrupt-controller@")) && same(name, "reg") && length >= 32) {
        board.gic_distributor = cells(value, 8);
        for (uint32_t at = 16; at + 16 <= length && board.gic_region_count < 8; at += 16) {
            board.gic_regions[board.gic_region_count][0] = cells(value + at, 8);
            board.gic_regions[board.gic_region_count++][1] = cells(value + at + 8, 8);
        }
    }
}

int parse_fdt(void const* fdt)
{
    uint8_t const* const base = fdt;
    if (big32(base) != 0xd00dfeed)
        return 0;
    uint8_t const* p = base + big32(base + 8);
    char const* const strings = (char const*)base + big32(base + 12);
    uint8_t const* const end = base + big32(base + 4);
    char const* path[16];
    uint32_t depth = 0;
    while (p < end) {
        uint32_t const token = big32(p);
        p += 4;
        if (token == 1) {
            if (depth < 16)
                path[depth] = (char const*)p;
            depth++;
            while (*p)
                p++;
            p = (uint8_t const*)(((uint64_t)p + 4) & ~3ul);
        } else if (token == 2) {
            depth--;
        } else if (token == 3) {
            uint32_t const length = big32(p);
            if (depth >= 1 && depth <= 16)
                property(path[depth - 1], strings + big32(p + 4), p + 8, length);
            p += 8 + ((length + 3) & ~3u);
        } else if (token == 9) {
            return 1;
        }
    }
    return 0;
}
