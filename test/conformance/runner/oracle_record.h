#pragma once

#include <stdint.h>

// What goes through the pipe between a differential test and the oracle runner: the test writes OracleRecords to the
// runner's standard input and reads one OracleRecord back for each, in the same order. Fields are little-endian.

#ifdef __cplusplus
extern "C" {
#endif

enum {
    kOracleMaximumWords = 4, // instructions of one record
    kOracleSlots = 1024, // record i (from 0) runs in slot i modulo this
    kOracleSlotBytes = 64,
    kOracleWindowABytes = 256, // bytes of the window that travel with a record: around the border of two pages ...
    kOracleWindowBBytes = 128, // ... and up to the end of the second one
    kOracleMemoryBytes = kOracleWindowABytes + kOracleWindowBBytes,
};

// Record i's first instruction is at this address plus kOracleSlotBytes * (i % kOracleSlots).
#define ORACLE_CODE_ADDRESS UINT64_C(0x06000004)
// Two pages of memory; neither the page after nor the page before them is mapped. Window A straddles the border between
// the two, window B ends where they end. What is outside the windows is zero: no record may write there.
#define ORACLE_MEMORY_PAGES UINT64_C(0x06080000)
#define ORACLE_MEMORY_PAGE_BYTES UINT64_C(0x2000)
#define ORACLE_WINDOW_A UINT64_C(0x06080f80)
#define ORACLE_WINDOW_B UINT64_C(0x06081f80)

typedef struct OracleRecord {
    uint32_t words[kOracleMaximumWords]; // in: instructions, executed in sequence
    uint32_t word_count; // in: 1 .. kOracleMaximumWords
    uint32_t signal; // out: 0, or the Linux signal number of what the instructions raised
    uint64_t fault_address; // out: si_addr when there was a signal
    uint64_t pc; // out: address of the first instruction not executed
    uint64_t x[31]; // in and out, as all that follows
    uint64_t sp;
    uint64_t nzcv; // N[31] Z[30] C[29] V[28]
    uint64_t fpcr;
    uint64_t fpsr;
    uint64_t v[32][2]; // V0..V31, low half first
    uint8_t memory[kOracleMemoryBytes]; // window A, then window B
} OracleRecord;

#ifdef __cplusplus
}
static_assert(sizeof(OracleRecord) == 1216, "the layout is a protocol");
#endif
