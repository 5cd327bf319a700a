#include "machine/state_file.h"

#include "base/bits.h"
#include "base/units.h"
#include "state/checksum.h"
#include "state/reader.h"
#include "state/writer.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace dormouse::machine {

namespace {

    constexpr std::string_view kMagic = "DORMOUSE STATE\r\n"; // a transfer as text breaks it
    constexpr uint32_t kFormat = 1;
    constexpr uint64_t kHeaderBytes = 72;
    constexpr uint64_t kFirstSection = 4096;
    constexpr uint64_t kChunk = 64_KiB;
    // Nothing that we write comes near; a length beyond is damage, not a wish to allocate.
    constexpr uint64_t kMaxMachine = 64_MiB;
    constexpr uint64_t kMaxTable = 1_GiB;
    constexpr uint32_t kMaxRanges = 65536;

    bool all_zero(uint8_t const* data, uint64_t size)
    {
        return data[0] == 0 && std::memcmp(data, data + 1, size - 1) == 0;
    }

    uint64_t chunks_of(uint64_t bytes)
    {
        return bytes / kChunk + (bytes % kChunk != 0 ? 1 : 0);
    }

    uint64_t total_of(memory::FlatView const& view)
    {
        uint64_t total = 0;
        for (auto const& range : view.ranges())
            total += range.size;
        return total;
    }

    // Writes the contents and gives the table.
    Result<std::vector<uint8_t>> write_memory(
        sys::File& file, uint64_t contents, memory::FlatView const& view, StateProgress const& progress)
    {
        state::Writer table;
        table.u32(static_cast<uint32_t>(view.ranges().size()));
        for (auto const& range : view.ranges()) {
            table.u64(range.base.value);
            table.u64(range.size);
        }
        uint64_t const total = total_of(view);
        uint64_t done = 0;
        for (auto const& range : view.ranges()) {
            for (uint64_t offset = 0; offset < range.size; offset += kChunk) {
                std::span<uint8_t const> const chunk { range.host + offset, std::min(kChunk, range.size - offset) };
                bool const present = !all_zero(chunk.data(), chunk.size());
                table.boolean(present);
                table.u64(present ? state::checksum(chunk) : 0);
                if (present)
                    TRY(file.write(contents + offset, chunk));
                done += chunk.size();
                progress(done, total);
            }
            contents += chunks_of(range.size) * kChunk;
        }
        return table.take();
    }

    uint64_t table_bytes(memory::FlatView const& view)
    {
        uint64_t bytes = 4;
        for (auto const& range : view.ranges())
            bytes += 16 + 9 * chunks_of(range.size);
        return bytes;
    }

}

Result<void> write_state_file(std::string const& path, std::span<uint8_t const> machine, memory::FlatView const& view,
    StateProgress const& progress)
{
    TRY_PUT(file, sys::File::create_beside(path));
    uint64_t const table_at = kFirstSection + machine.size();
    uint64_t const contents = align_up(table_at + table_bytes(view), kChunk);
    uint64_t length = contents;
    for (auto const& range : view.ranges())
        length += chunks_of(range.size) * kChunk;
    TRY(file.resize(length));
    TRY(file.write(kFirstSection, machine));
    TRY_PUT(table, write_memory(file, contents, view, progress));
    TRY(file.write(table_at, table));

    state::Writer header;
    header.bytes({ reinterpret_cast<uint8_t const*>(kMagic.data()), kMagic.size() });
    header.u32(kFormat);
    header.u32(0);
    header.u64(length);
    header.u64(machine.size());
    header.u64(state::checksum(machine));
    header.u64(table.size());
    header.u64(state::checksum(table));
    header.u64(state::checksum(header.data()));
    TRY(file.write(0, header.data()));
    return file.become(path);
}

Error StateFile::corrupt(std::string const& sentence) const
{
    return { Code::Corrupt, m_file.path() + ": " + sentence };
}

Result<StateFile> StateFile::open(std::string const& path)
{
    TRY_PUT(opened, sys::File::open(path));
    StateFile file { std::move(opened) };
    TRY(file.read_sections());
    return file;
}

Result<void> StateFile::read_sections()
{
    TRY_PUT(length, m_file.size());
    std::vector<uint8_t> bytes(std::min(length, kHeaderBytes));
    TRY(m_file.read(0, bytes));
    if (!std::equal(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(std::min(bytes.size(), kMagic.size())),
            kMagic.begin(), kMagic.begin() + static_cast<ptrdiff_t>(std::min(bytes.size(), kMagic.size())))
        || bytes.size() < kMagic.size())
        return corrupt("it is no saved state of Dormouse");
    state::Reader header { "header", bytes };
    header.take("magic", kMagic.size());
    uint32_t const format = header.u32("format version");
    if (header.ok() && format > kFormat)
        return Error { Code::Unsupported,
            m_file.path() + ": its format version " + std::to_string(format)
                + " was made by a newer Dormouse; this one reads up to version " + std::to_string(kFormat) };
    uint32_t const zero = header.u32("reserved");
    uint64_t const file_bytes = header.u64("file length");
    uint64_t const machine_bytes = header.u64("machine length");
    uint64_t const machine_sum = header.u64("machine checksum");
    uint64_t const table_bytes = header.u64("memory length");
    uint64_t const table_sum = header.u64("memory checksum");
    uint64_t const sum = header.u64("header checksum");
    if (!header.ok())
        return corrupt("section \"header\" ends early");
    if (sum != state::checksum({ bytes.data(), kHeaderBytes - 8 }) || format != kFormat || zero != 0
        || machine_bytes > kMaxMachine || table_bytes > kMaxTable)
        return corrupt("section \"header\" is damaged");
    if (file_bytes != length)
        return corrupt("it has " + std::to_string(length) + " bytes of " + std::to_string(file_bytes)
            + ": it was cut, or copied while it was written");
    if (kFirstSection + machine_bytes + table_bytes > length)
        return corrupt("section \"header\" is damaged");
    m_machine.resize(machine_bytes);
    TRY(m_file.read(kFirstSection, m_machine));
    if (state::checksum(m_machine) != machine_sum)
        return corrupt("section \"machine\" is damaged");
    std::vector<uint8_t> table(table_bytes);
    TRY(m_file.read(kFirstSection + machine_bytes, table));
    if (state::checksum(table) != table_sum)
        return corrupt("section \"memory\" is damaged");
    return parse_table(table, kFirstSection + machine_bytes + table_bytes, length);
}

Result<void> StateFile::parse_table(std::span<uint8_t const> bytes, uint64_t table_end, uint64_t file_bytes)
{
    state::Reader table { "memory", bytes };
    uint32_t const ranges = table.u32("range count");
    if (table.ok() && ranges > kMaxRanges)
        table.fail("range count", "is " + std::to_string(ranges));
    m_contents = align_up(table_end, kChunk);
    uint64_t end = m_contents;
    uint64_t chunks = 0;
    for (uint32_t i = 0; i < ranges && table.ok(); ++i) {
        Range const range { table.u64("range base"), table.u64("range size") };
        if (table.ok() && (range.size == 0 || range.size > file_bytes || range.base + range.size < range.base))
            table.fail("range size", "is " + std::to_string(range.size));
        m_ranges.push_back(range);
        chunks += chunks_of(range.size);
        end += chunks_of(range.size) * kChunk;
        if (table.ok() && end > file_bytes)
            table.fail("range size", "goes beyond the end of the file");
    }
    for (uint64_t i = 0; i < chunks && table.ok(); ++i) {
        bool const present = table.boolean("chunk kind");
        m_chunks.push_back({ present, table.u64("chunk checksum") });
    }
    if (auto const result = table.finish(); !result.ok())
        return corrupt(result.error().message);
    return {};
}

Result<void> StateFile::read_memory(memory::FlatView const& view, StateProgress const& progress) const
{
    bool const same = std::equal(m_ranges.begin(), m_ranges.end(), view.ranges().begin(), view.ranges().end(),
        [](Range const& saved, memory::FlatView::Range const& here) {
            return saved.base == here.base.value && saved.size == here.size;
        });
    if (!same)
        return corrupt("section \"memory\" is of a machine with another memory map");
    uint64_t const total = total_of(view);
    uint64_t done = 0;
    uint64_t position = m_contents;
    size_t index = 0;
    for (auto const& range : view.ranges()) {
        for (uint64_t offset = 0; offset < range.size; offset += kChunk, position += kChunk, ++index) {
            std::span<uint8_t> const chunk { range.host + offset, std::min(kChunk, range.size - offset) };
            if (m_chunks[index].present) {
                TRY(m_file.read(position, chunk));
                if (state::checksum(chunk) != m_chunks[index].checksum)
                    return corrupt("section \"memory\" is damaged, at guest physical address "
                        + std::to_string(range.base.value + offset));
            }
            done += chunk.size();
            progress(done, total);
        }
    }
    return {};
}

}
