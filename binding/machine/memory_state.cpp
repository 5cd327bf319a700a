#include "machine/memory_state.h"

#include "base/units.h"

#include <algorithm>
#include <cstring>

namespace dormouse::machine {

constexpr uint64_t kChunk = 64_KiB;

static bool all_zero(uint8_t const* data, uint64_t size)
{
    // Comparing a buffer with itself, one byte on, after looking at the first: as fast as memcmp is.
    return data[0] == 0 && std::memcmp(data, data + 1, size - 1) == 0;
}

void save_memory(state::Writer& writer, memory::FlatView const& view)
{
    for (auto const& range : view.ranges())
        for (uint64_t offset = 0; offset < range.size; offset += kChunk) {
            uint64_t const size = std::min(kChunk, range.size - offset);
            if (all_zero(range.host + offset, size))
                continue;
            writer.u64(range.base.value + offset);
            writer.u64(size);
            writer.bytes({ range.host + offset, size });
        }
    writer.u64(0);
    writer.u64(0);
}

Result<void> restore_memory(state::Reader& reader, memory::FlatView const& view)
{
    while (reader.ok()) {
        uint64_t const address = reader.u64("run address");
        uint64_t const size = reader.u64("run length");
        if (!reader.ok() || size == 0)
            break;
        auto const bytes = reader.take("run", size);
        uint8_t* const host = reader.ok() ? view.host({ address }, size, false) : nullptr;
        if (reader.ok() && !host)
            reader.fail("run address", "lies outside of this machine's memory");
        if (host)
            std::memcpy(host, bytes.data(), size);
    }
    return reader.finish();
}

}
