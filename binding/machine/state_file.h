#pragma once

#include "base/result.h"
#include "base/sys/file.h"
#include "memory/flat_view.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

// A saved machine as a file. All numbers are little-endian.
//
//   0    16  "DORMOUSE STATE\r\n"
//   16    4  format version, 1
//   20    4  zero
//   24    8  length of the file
//   32    8  length of "machine": the section of machine/saved_machine.h
//   40    8  its checksum
//   48    8  length of "memory": the table below
//   56    8  its checksum
//   64    8  checksum of the 64 bytes before, which makes it one of the whole
//   4096     "machine", then "memory", then, from the next multiple of 64 KiB on, the contents of memory
//
// The table: count of ranges u32; per range its guest physical base u64 and its size u64; then per chunk of 64 KiB, in
// the order of the ranges, kind u8 (0: all zero, 1: present) and checksum u64. A chunk has its place whatever its kind:
// zero ones are holes, so a chunk can be found without reading those before it.
namespace dormouse::machine {

// Bytes of memory done, of how many; called often.
using StateProgress = std::function<void(uint64_t done, uint64_t total)>;

// The file appears under `path` when it is whole and on the disk; until then, and after a failure, `path` is what it
// was.
Result<void> write_state_file(
    std::string const& path, std::span<uint8_t const> machine, memory::FlatView const&, StateProgress const&);

class StateFile {
public:
    // Checks everything but the contents of memory. Errors are Corrupt and name the section, Unsupported for a newer
    // format, or what the system says.
    static Result<StateFile> open(std::string const& path);

    std::span<uint8_t const> machine() const { return m_machine; }
    // Into memory that is clear and has the same ranges. Each chunk is checked before the guest can see it.
    Result<void> read_memory(memory::FlatView const&, StateProgress const&) const;

private:
    struct Range {
        uint64_t base { 0 };
        uint64_t size { 0 };
    };
    struct Chunk {
        bool present { false };
        uint64_t checksum { 0 };
    };

    explicit StateFile(sys::File file) : m_file(std::move(file)) { }
    Result<void> read_sections();
    Result<void> parse_table(std::span<uint8_t const>, uint64_t table_end, uint64_t file_bytes);
    Error corrupt(std::string const& sentence) const;

    sys::File m_file;
    std::vector<uint8_t> m_machine;
    std::vector<Range> m_ranges;
    std::vector<Chunk> m_chunks;
    uint64_t m_contents { 0 }; // position
};

}
