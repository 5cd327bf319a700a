#include "machine/exit_log.h"

#include "base/overloaded.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace dormouse::machine {

static uint64_t detail_of(engine::Exit const& exit, uint64_t x0)
{
    return std::visit(Overloaded {
                          [&](engine::ExitHypercall const&) { return x0; },
                          [](engine::ExitMemoryFault const& fault) { return fault.address.value; },
                          [](engine::ExitDebug const& debug) { return debug.pc; },
                          [](engine::ExitSystemEvent const& event) { return uint64_t { event.type }; },
                          [](auto const&) { return uint64_t { 0 }; },
                      },
        exit);
}

void ExitLog::record(engine::Exit const& exit, uint64_t x0)
{
    size_t const kind = exit.index();
    m_counts[kind].fetch_add(1, std::memory_order_relaxed);
    uint64_t const detail = detail_of(exit, x0);
    Entry& newest = m_ring[(m_recorded + kCapacity - 1) % kCapacity];
    if (m_recorded > 0 && newest.kind == kind && newest.detail == detail) {
        ++newest.repeats;
        return;
    }
    m_ring[m_recorded++ % kCapacity] = { kind, detail, 1 };
}

static std::string describe(size_t kind, uint64_t detail)
{
    struct Words {
        char const* name;
        char const* detail; // null: nothing to tell
    };
    static constexpr std::array<Words, kExitKinds> kWords { { { "hypercall", "fid" }, { "memory fault", "gpa" },
        { "idle", nullptr }, { "interrupted", nullptr }, { "debug", "pc" }, { "system event", "type" },
        { "internal error", nullptr } } };
    if (!kWords[kind].detail)
        return kWords[kind].name;
    char text[64];
    std::snprintf(text, sizeof(text), "%s %s=0x%" PRIx64, kWords[kind].name, kWords[kind].detail, detail);
    return text;
}

std::vector<std::string> ExitLog::last() const
{
    std::vector<std::string> lines;
    for (uint64_t i = m_recorded - std::min<uint64_t>(m_recorded, kCapacity); i < m_recorded; ++i) {
        Entry const& entry = m_ring[i % kCapacity];
        std::string line = describe(entry.kind, entry.detail);
        if (entry.repeats > 1)
            line += " (" + std::to_string(entry.repeats) + " times)";
        lines.push_back(std::move(line));
    }
    return lines;
}

}
