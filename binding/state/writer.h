#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace dormouse::state {

// Collects the bytes of a saved state. Everything is little-endian, whatever the host is; nothing here can fail.
class Writer {
public:
    void u8(uint8_t value) { m_bytes.push_back(value); }
    void u16(uint16_t value) { little_endian(value, 2); }
    void u32(uint32_t value) { little_endian(value, 4); }
    void u64(uint64_t value) { little_endian(value, 8); }
    void boolean(bool value) { u8(value ? 1 : 0); }
    // Raw bytes, no length: for fields whose size the format fixes.
    void bytes(std::span<uint8_t const> data) { m_bytes.insert(m_bytes.end(), data.begin(), data.end()); }
    // Length (u32) and bytes; Reader::blob() and Reader::text() read it back.
    void blob(std::span<uint8_t const> data)
    {
        u32(static_cast<uint32_t>(data.size()));
        bytes(data);
    }
    void text(std::string_view text)
    {
        u32(static_cast<uint32_t>(text.size()));
        m_bytes.insert(m_bytes.end(), text.begin(), text.end());
    }

    // Overwrites eight bytes written before: sections learn their length at their end.
    void patch_u64(size_t position, uint64_t value)
    {
        for (unsigned i = 0; i < 8; ++i)
            m_bytes[position + i] = static_cast<uint8_t>(value >> (8 * i));
    }

    size_t size() const { return m_bytes.size(); }
    std::vector<uint8_t> const& data() const { return m_bytes; }
    std::vector<uint8_t> take() { return std::move(m_bytes); }

private:
    void little_endian(uint64_t value, unsigned count)
    {
        for (unsigned i = 0; i < count; ++i)
            m_bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }

    std::vector<uint8_t> m_bytes;
};

}
