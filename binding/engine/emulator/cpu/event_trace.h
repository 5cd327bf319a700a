#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "engine/trace.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace dormouse::emulator {

enum class TraceKind : uint8_t { Blocks, Exits, Tlb };

// What happened, and what its three numbers are.
enum class TraceEvent : uint8_t {
    BlockDecoded, // address, physical address, instructions
    BlockTranslated, // address, instructions, bytes of host code
    BlocksDropped, // physical address of the line whose code may have changed; 1 when it was all code
    CodeCleared, // bytes of translated code that were forgotten
    ExitPending, // address
    ExitException,
    ExitStop,
    ExitUnlinkedJump,
    ExitInvalidated,
    ExitUnknownJump,
    ExitRefused,
    ExceptionTaken, // from address, ESR_EL1.EC, to address
    InterruptTaken, // from address, unused, to address
    TlbMiss, // address, physical address, 0 read, 1 write, 2 fetch
    TlbFault, // address, fault status code, 0 read, 1 write, 2 fetch
    TlbInvalidated, // address, ASID, MaintenanceRequest::Kind
};

// The last things that the vCPUs of a machine did, of the kinds that somebody has asked for. A ring of fixed size with
// a bound on events of each kind in a second, so that no guest fills memory or a log: what does not fit is counted in
// the sequence alone, and is a gap in what is read.
class EventTrace {
public:
    static constexpr size_t kCapacity = 8192;
    static constexpr uint64_t kMostInASecond = 2000; // of each kind
    static constexpr size_t kMostDumps = 16; // addresses, and texts that wait to be read

    explicit EventTrace(Clock const& clock) : m_clock(clock) { }

    // Names as engine::Vm::select_trace() takes them. What was recorded before stays.
    Result<void> select(std::span<std::string const> names);

    // Any thread; one load while nothing is asked for.
    bool wants(TraceKind kind) const
    {
        return m_wanted.load(std::memory_order_relaxed) >> static_cast<unsigned>(kind) & 1;
    }
    // Where translated code looks for wants(): a bit for each kind.
    std::atomic<uint32_t> const& wanted_kinds() const { return m_wanted; }
    bool wants_dump(uint64_t address) const;
    void record(unsigned vcpu, TraceKind, TraceEvent, uint64_t a, uint64_t b = 0, uint64_t c = 0);
    // Lines about a block whose address was asked for.
    void record_dump(unsigned vcpu, std::string text);

    // From that sequence on, oldest first.
    std::vector<engine::TraceLine> read(uint64_t since) const;

private:
    static constexpr unsigned kKinds = 3;
    static constexpr unsigned kDumpKind = kKinds; // in what follows
    static constexpr uint32_t kDumps = 1u << kDumpKind;

    struct Entry {
        uint64_t sequence;
        uint64_t time_ns;
        uint64_t a;
        uint64_t b;
        uint64_t c;
        uint16_t vcpu;
        bool is_dump;
        TraceEvent event;
    };

    bool admit(
        unsigned kind); // with the lock held: counts the event, and says whether there is room for it in this second
    void push(Entry const&);
    std::string text_of(Entry const&) const;

    Clock const& m_clock;
    std::atomic<uint32_t> m_wanted { 0 };
    mutable std::mutex m_mutex; // of all that follows
    std::vector<uint64_t> m_dumped_addresses;
    std::vector<Entry> m_ring; // kCapacity once something was recorded
    uint64_t m_recorded { 0 };
    uint64_t m_sequence { 0 }; // of the next event
    std::chrono::steady_clock::time_point m_second {};
    std::array<uint64_t, kKinds + 1> m_in_second {};
    std::array<std::string, kMostDumps> m_dumps;
    uint64_t m_dumps_recorded { 0 };
};

}
