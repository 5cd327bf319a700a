#include "conformance.h"

// What became of a call or how a handler was entered goes to the console as numbers. Under KVM every character leaves the
// guest, so they are few: of an entry only those numbers are sent that are not as predicted from the entries before.
//
// A block: byte 2, its number (0 after a boot, then 1 to 255 round and round), its length in two bytes, low first; entries.
// An entry: mask << 3 | kind, then for each bit of the mask the difference between that number and its prediction, sign in
// bit 0. All of them in bytes of seven bits, low first, bit 7 set when another follows. Predicted is what the last entry of
// the same kind had; but the index of a record is one more than the last index, whatever the kind.
// test/helpers/conformance-report.ts reads it.

enum { UART = 0x09000000, DR = 0x00, FR = 0x18, LCR_H = 0x2c, FIFO_DEPTH = 16 };
enum { LONGEST_ENTRY = 10 * (1 + REPORT_FIELDS), BLOCK_BYTES = 4096 };

static uint32_t const field_count[] = { [REPORT_CALL] = 6, [REPORT_RESUMED] = 6, [REPORT_HANDLER] = 9, [REPORT_REQUEST] = 2 };

int report_in_blocks;
static uint32_t lock;
static uint8_t block[BLOCK_BYTES];
static uint32_t block_bytes;
static uint8_t block_number;
static uint64_t last[REPORT_KINDS][REPORT_FIELDS];
static uint64_t last_index = -1ul;

static void send(uint8_t const* bytes, uint32_t count)
{
    uint32_t room = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (room == 0) {
            while (!(READ32(UART + FR) & 1u << 7)) // until the FIFO is empty
                ;
            room = FIFO_DEPTH;
        }
        room--;
        WRITE32(UART + DR, bytes[i]);
    }
}

static void flush(void)
{
    if (!block_bytes)
        return;
    uint8_t const head[] = { 2, block_number, (uint8_t)block_bytes, (uint8_t)(block_bytes >> 8) };
    block_number = block_number == 255 ? 1 : block_number + 1;
    send(head, sizeof head);
    send(block, block_bytes);
    block_bytes = 0;
}

static void append(uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        block[block_bytes++] = (uint8_t)value | 0x80;
    block[block_bytes++] = (uint8_t)value;
}

static uint64_t begin_report(void)
{
    uint64_t const daif = READ_REGISTER("daif");
    __asm__ volatile("msr daifset, #2" ::: "memory");
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
        ;
    return daif;
}

void end_report(uint64_t daif)
{
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    WRITE_REGISTER("daif", daif);
}

uint64_t begin_line(void)
{
    uint64_t const daif = begin_report();
    flush();
    return daif;
}

void report(enum report_kind kind, uint64_t const* fields)
{
    uint64_t const daif = begin_report();
    if (kind != REPORT_HANDLER) {
        last[kind][0] = last_index + 1;
        last_index = fields[0];
    }
    uint64_t mask = 0;
    for (uint32_t i = 0; i < field_count[kind]; i++)
        mask |= (uint64_t)(fields[i] != last[kind][i]) << i;
    append(mask << 3 | kind);
    for (uint32_t i = 0; i < field_count[kind]; i++) {
        uint64_t const difference = fields[i] - last[kind][i];
        if (difference)
            append(difference << 1 ^ -(difference >> 63));
        last[kind][i] = fields[i];
    }
    // A request waits for its answer.
    if (!report_in_blocks || kind == REPORT_REQUEST || block_bytes > sizeof block - LONGEST_ENTRY)
        flush();
    end_report(daif);
}

void report_init(void)
{
    WRITE32(UART + LCR_H, 0x70); // 8 bits, FIFO
}
