#include "engine/emulator/cpu/event_trace.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>

namespace dormouse::emulator {

namespace {

    constexpr std::string_view kDumpName = "dump=";

    bool parse_address(std::string_view text, uint64_t& address)
    {
        if (text.starts_with("0x"))
            text.remove_prefix(2);
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), address, 16);
        return error == std::errc {} && end == text.data() + text.size();
    }

    std::string hex(uint64_t value)
    {
        char text[20];
        std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
        return text;
    }

    char const* intent_name(uint64_t intent)
    {
        return intent == 0 ? "read" : intent == 1 ? "write" : "fetch";
    }

    // In the order of MaintenanceRequest::Kind.
    constexpr std::array kMaintenance { "everything", "all pages", "ASID", "page", "page of all ASIDs", "code line",
        "all code" };

}

Result<void> EventTrace::select(std::span<std::string const> names)
{
    uint32_t wanted = 0;
    std::vector<uint64_t> addresses;
    for (std::string const& name : names) {
        uint64_t address = 0;
        if (name == "blocks") {
            wanted |= 1u << static_cast<unsigned>(TraceKind::Blocks);
        } else if (name == "exits") {
            wanted |= 1u << static_cast<unsigned>(TraceKind::Exits);
        } else if (name == "tlb") {
            wanted |= 1u << static_cast<unsigned>(TraceKind::Tlb);
        } else if (name.starts_with(kDumpName)
            && parse_address(std::string_view { name }.substr(kDumpName.size()), address)) {
            wanted |= kDumps;
            addresses.push_back(address);
        } else {
            return Error { Code::InvalidArgument,
                "kinds has \"" + name + "\": the emulator traces blocks, exits, tlb and dump=ADDRESS" };
        }
    }
    if (addresses.size() > kMostDumps)
        return Error { Code::InvalidArgument,
            "kinds has more than " + std::to_string(kMostDumps) + " addresses of blocks to dump" };
    std::lock_guard const lock(m_mutex);
    m_dumped_addresses = std::move(addresses);
    m_wanted.store(wanted, std::memory_order_relaxed);
    return {};
}

bool EventTrace::wants_dump(uint64_t address) const
{
    if (!(m_wanted.load(std::memory_order_relaxed) & kDumps))
        return false;
    std::lock_guard const lock(m_mutex);
    return std::find(m_dumped_addresses.begin(), m_dumped_addresses.end(), address) != m_dumped_addresses.end();
}

bool EventTrace::admit(unsigned kind)
{
    auto const now = std::chrono::steady_clock::now();
    if (now - m_second >= std::chrono::seconds { 1 }) {
        m_second = now;
        m_in_second = {};
    }
    ++m_sequence;
    return ++m_in_second[kind] <= kMostInASecond;
}

void EventTrace::push(Entry const& entry)
{
    if (m_ring.empty())
        m_ring.resize(kCapacity);
    m_ring[m_recorded++ % kCapacity] = entry;
}

void EventTrace::record(unsigned vcpu, TraceKind kind, TraceEvent event, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t const now = m_clock.now_ns();
    std::lock_guard const lock(m_mutex);
    if (admit(static_cast<unsigned>(kind)))
        push({ m_sequence - 1, now, a, b, c, static_cast<uint16_t>(vcpu), false, event });
}

void EventTrace::record_dump(unsigned vcpu, std::string text)
{
    uint64_t const now = m_clock.now_ns();
    std::lock_guard const lock(m_mutex);
    if (!admit(kDumpKind))
        return;
    push({ m_sequence - 1, now, m_dumps_recorded, 0, 0, static_cast<uint16_t>(vcpu), true, {} });
    m_dumps[m_dumps_recorded++ % kMostDumps] = std::move(text);
}

std::vector<engine::TraceLine> EventTrace::read(uint64_t since) const
{
    std::vector<engine::TraceLine> lines;
    std::lock_guard const lock(m_mutex);
    uint64_t const oldest = m_recorded > kCapacity ? m_recorded - kCapacity : 0;
    for (uint64_t index = oldest; index < m_recorded; ++index) {
        Entry const& entry = m_ring[index % kCapacity];
        if (entry.sequence >= since)
            lines.push_back({ entry.sequence, entry.time_ns, entry.vcpu, text_of(entry) });
    }
    return lines;
}

std::string EventTrace::text_of(Entry const& entry) const
{
    auto const& [sequence, time_ns, a, b, c, vcpu, is_dump, event] = entry;
    if (is_dump)
        return a + kMostDumps >= m_dumps_recorded ? m_dumps[a % kMostDumps] : "a dump that later ones have replaced";
    switch (event) {
    case TraceEvent::BlockDecoded:
        return "block " + hex(a) + " decoded: physical " + hex(b) + ", " + std::to_string(c) + " instructions";
    case TraceEvent::BlockTranslated:
        return "block " + hex(a) + " translated: " + std::to_string(b) + " instructions, " + std::to_string(c)
            + " bytes";
    case TraceEvent::BlocksDropped:
        return b ? std::string { "blocks dropped: all" } : "blocks dropped: physical line " + hex(a);
    case TraceEvent::CodeCleared: return "code cleared: " + std::to_string(a) + " bytes";
    case TraceEvent::ExitPending: return "exit " + hex(a) + " something is pending";
    case TraceEvent::ExitException: return "exit " + hex(a) + " exception";
    case TraceEvent::ExitStop: return "exit " + hex(a) + " the run ends";
    case TraceEvent::ExitUnlinkedJump: return "exit " + hex(a) + " jump not linked yet";
    case TraceEvent::ExitInvalidated: return "exit " + hex(a) + " block invalidated";
    case TraceEvent::ExitUnknownJump: return "exit " + hex(a) + " jump target unknown";
    case TraceEvent::ExitRefused: return "exit " + hex(a) + " block to be interpreted";
    case TraceEvent::ExceptionTaken: return "exception at " + hex(a) + " class " + hex(b) + " to " + hex(c);
    case TraceEvent::InterruptTaken: return "interrupt at " + hex(a) + " to " + hex(c);
    case TraceEvent::TlbMiss: return std::string { "miss " } + intent_name(c) + " " + hex(a) + " physical " + hex(b);
    case TraceEvent::TlbFault: return std::string { "fault " } + intent_name(c) + " " + hex(a) + " status " + hex(b);
    case TraceEvent::TlbInvalidated:
        return std::string { "invalidate " } + kMaintenance[c % kMaintenance.size()] + " " + hex(a) + " ASID " + hex(b);
    }
    return {};
}

}
