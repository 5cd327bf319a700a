#pragma once

#include "base/result.h"
#include "state/reader.h"
#include "state/writer.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace dormouse::state {

// A saved state is a tree of named, versioned sections:
//   magic u32 "DSEC", name (u32 length + bytes), version u32, length u64, then `length` bytes that may hold sections.
constexpr uint32_t kSectionMagic = 0x43455344;
constexpr size_t kMaxSectionName = 64;

// Writes the head when built and the length when destroyed; what is written to the same Writer between is the content.
class SectionWriter {
public:
    // `name`: 1..kMaxSectionName characters. `version` counts from 1.
    SectionWriter(Writer&, std::string_view name, uint32_t version);
    ~SectionWriter();
    SectionWriter(SectionWriter const&) = delete;
    SectionWriter& operator=(SectionWriter const&) = delete;

private:
    Writer& m_writer;
    size_t m_length_position;
};

struct Section {
    std::string name;
    uint32_t version { 0 };
    Reader content;
};

// Takes the next section, whichever it is. The reader in it names the path from the root, "machine/pl011".
Result<Section> read_section(Reader& parent);
// Takes the next section, which must be called `name` and have a version of 1..`newest_version`; a newer one is refused
// with a sentence that says so.
Result<Section> read_section(Reader& parent, std::string_view name, uint32_t newest_version);

}
