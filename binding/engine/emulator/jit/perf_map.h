#pragma once

#include "base/result.h"
#include "base/sys/file.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace dormouse::emulator::jit {

// Tells Linux's perf which guest block each piece of translated code is: /tmp/perf-PID.map, where perf looks by itself.
// [Linux, tools/perf/Documentation/jit-interface.txt] It holds what the code buffers hold now: when one is emptied the
// file is written anew without its blocks, so it is bounded as they are, and samples from before the clearing have no
// name. One for all vCPUs of a machine; callable from their threads.
class PerfMap {
public:
    // HostFailure when the file cannot be made. It stays when this is gone: perf reads it afterwards.
    static Result<std::shared_ptr<PerfMap>> create();
    static std::string path(); // of this process's file

    // `owner` tells the code buffers apart. `code`: where the host executes it.
    void add_shared_code(void const* owner, uint8_t const* code, uint64_t bytes);
    void add_block(void const* owner, uint8_t const* code, uint64_t bytes, uint64_t guest_address, unsigned level);
    // All blocks of that buffer are gone; its shared code is not.
    void forget_blocks(void const* owner);

private:
    struct Entry {
        void const* owner;
        uint64_t code;
        uint64_t bytes;
        uint64_t guest_address;
        int level; // kShared: not a block
    };
    static constexpr int kShared = -1;

    explicit PerfMap(sys::File file) : m_file(std::move(file)) { }
    void add(Entry const&);
    void write(std::string const&);
    static std::string line_of(Entry const&);

    std::mutex m_mutex;
    sys::File m_file;
    uint64_t m_end { 0 };
    bool m_failed { false }; // the disk is full: nothing more is written
    std::vector<Entry> m_entries;
};

}
