#include "engine/emulator/jit/perf_map.h"

#include "base/sys/thread.h"

#include <cstdio>
#include <utility>

namespace dormouse::emulator::jit {

std::string PerfMap::path()
{
    return "/tmp/perf-" + std::to_string(sys::process_id()) + ".map";
}

Result<std::shared_ptr<PerfMap>> PerfMap::create()
{
    auto file = sys::File::create_anew(path());
    if (!file.ok())
        return file.error();
    return std::shared_ptr<PerfMap>(new PerfMap(file.take()));
}

void PerfMap::add_shared_code(void const* owner, uint8_t const* code, uint64_t bytes)
{
    add({ owner, reinterpret_cast<uint64_t>(code), bytes, 0, kShared });
}

void PerfMap::add_block(void const* owner, uint8_t const* code, uint64_t bytes, uint64_t guest_address, unsigned level)
{
    add({ owner, reinterpret_cast<uint64_t>(code), bytes, guest_address, static_cast<int>(level) });
}

void PerfMap::add(Entry const& entry)
{
    std::lock_guard const lock(m_mutex);
    m_entries.push_back(entry);
    write(line_of(entry));
}

void PerfMap::forget_blocks(void const* owner)
{
    std::lock_guard const lock(m_mutex);
    std::erase_if(m_entries, [&](Entry const& entry) { return entry.owner == owner && entry.level != kShared; });
    m_failed |= !m_file.resize(0).ok();
    m_end = 0;
    std::string text;
    for (Entry const& entry : m_entries)
        text += line_of(entry);
    write(text);
}

void PerfMap::write(std::string const& text)
{
    if (m_failed)
        return;
    m_failed = !m_file.write(m_end, { reinterpret_cast<uint8_t const*>(text.data()), text.size() }).ok();
    m_end += text.size();
}

std::string PerfMap::line_of(Entry const& entry)
{
    char text[96];
    if (entry.level == kShared)
        std::snprintf(text, sizeof(text), "%llx %llx guest:shared code\n", static_cast<unsigned long long>(entry.code),
            static_cast<unsigned long long>(entry.bytes));
    else
        std::snprintf(text, sizeof(text), "%llx %llx guest:0x%llx [el%d]\n",
            static_cast<unsigned long long>(entry.code), static_cast<unsigned long long>(entry.bytes),
            static_cast<unsigned long long>(entry.guest_address), entry.level);
    return text;
}

}
