#pragma once

#include "state/reader.h"
#include "state/writer.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace dormouse::state {

// One list of a struct's fields for both directions, so that what is written is what is read:
//   template <typename Fields, typename State> void each_field(Fields& fields, State& state)
//   {
//       fields("match", state.match);
//   }
// The type of the field fixes its width; arrays are their elements, without a count.

class FieldWriter {
public:
    explicit FieldWriter(Writer& writer) : m_writer(writer) { }

    void operator()(std::string_view, bool value) { m_writer.boolean(value); }
    void operator()(std::string_view, uint8_t value) { m_writer.u8(value); }
    void operator()(std::string_view, uint16_t value) { m_writer.u16(value); }
    void operator()(std::string_view, uint32_t value) { m_writer.u32(value); }
    void operator()(std::string_view, uint64_t value) { m_writer.u64(value); }
    template <typename T, size_t N> void operator()(std::string_view name, std::array<T, N> const& values)
    {
        for (T const& value : values)
            (*this)(name, value);
    }

private:
    Writer& m_writer;
};

class FieldReader {
public:
    explicit FieldReader(Reader& reader) : m_reader(reader) { }

    void operator()(std::string_view name, bool& value) { value = m_reader.boolean(name); }
    void operator()(std::string_view name, uint8_t& value) { value = m_reader.u8(name); }
    void operator()(std::string_view name, uint16_t& value) { value = m_reader.u16(name); }
    void operator()(std::string_view name, uint32_t& value) { value = m_reader.u32(name); }
    void operator()(std::string_view name, uint64_t& value) { value = m_reader.u64(name); }
    template <typename T, size_t N> void operator()(std::string_view name, std::array<T, N>& values)
    {
        for (T& value : values)
            (*this)(name, value);
    }

private:
    Reader& m_reader;
};

}
