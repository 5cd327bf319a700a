#pragma once

#include "base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dormouse::state {

// Takes apart the bytes of a saved state. The bytes are hostile: every access is checked. The first failure sticks,
// later reads give zeros, and result() or finish() hands the failure out with the section and the field it happened in;
// so a parser can read a whole struct and ask once.
class Reader {
public:
    // `section` names the part in error sentences. `bytes` must outlive the reader.
    Reader(std::string section, std::span<uint8_t const> bytes) : m_section(std::move(section)), m_bytes(bytes) { }

    uint8_t u8(std::string_view field) { return static_cast<uint8_t>(little_endian(field, 1)); }
    uint16_t u16(std::string_view field) { return static_cast<uint16_t>(little_endian(field, 2)); }
    uint32_t u32(std::string_view field) { return static_cast<uint32_t>(little_endian(field, 4)); }
    uint64_t u64(std::string_view field) { return little_endian(field, 8); }
    // Only 0 and 1 are booleans.
    bool boolean(std::string_view field)
    {
        uint8_t const value = u8(field);
        if (value > 1)
            fail(field, "is " + std::to_string(value) + ", expected 0 or 1");
        return value == 1;
    }
    // Exactly `destination.size()` bytes; left untouched on failure.
    void bytes(std::string_view field, std::span<uint8_t> destination)
    {
        auto const source = take(field, destination.size());
        for (size_t i = 0; i < source.size(); ++i)
            destination[i] = source[i];
    }
    // A length (u32, at most `limit`) and as many bytes; a view into the reader's bytes.
    std::span<uint8_t const> blob(std::string_view field, size_t limit)
    {
        uint32_t const length = u32(field);
        if (length > limit) {
            fail(field, "has length " + std::to_string(length) + ", at most " + std::to_string(limit) + " is allowed");
            return {};
        }
        return take(field, length);
    }
    std::string text(std::string_view field, size_t limit)
    {
        auto const data = blob(field, limit);
        return { data.begin(), data.end() };
    }
    // Exactly `size` bytes as a view; empty on failure.
    std::span<uint8_t const> take(std::string_view field, uint64_t size)
    {
        if (!m_ok)
            return {};
        if (size > m_bytes.size() - m_position) {
            fail(field, "ends early");
            return {};
        }
        auto const view = m_bytes.subspan(m_position, size);
        m_position += size;
        return view;
    }

    // Records that `field` does not hold together; only the first failure counts.
    void fail(std::string_view field, std::string_view reason)
    {
        if (!m_ok)
            return;
        m_ok = false;
        m_error = Error { Code::Corrupt, "Saved state, section \"" + m_section + "\": field " };
        m_error.message.append(field).append(" ").append(reason);
    }

    bool ok() const { return m_ok; }
    bool at_end() const { return m_position == m_bytes.size(); }
    std::string const& section() const { return m_section; }
    Result<void> result() const { return m_ok ? Result<void> {} : Result<void> { m_error }; }
    // Like result(), and nothing may be left over.
    Result<void> finish()
    {
        if (m_ok && !at_end())
            fail("(end)", "is followed by " + std::to_string(m_bytes.size() - m_position) + " unknown bytes");
        return result();
    }

private:
    uint64_t little_endian(std::string_view field, unsigned count)
    {
        uint64_t value = 0;
        auto const source = take(field, count);
        for (size_t i = 0; i < source.size(); ++i)
            value |= uint64_t { source[i] } << (8 * i);
        return value;
    }

    std::string m_section;
    std::span<uint8_t const> m_bytes;
    size_t m_position { 0 };
    bool m_ok { true };
    Error m_error;
};

}
