#include "backends/stream/console_stream.h"

#include <algorithm>

namespace dormouse::backends {

ConsoleStream::ConsoleStream(size_t input_capacity, size_t scrollback_capacity)
    : m_input(std::max<size_t>(input_capacity, 1))
    , m_output(std::max<size_t>(scrollback_capacity, 1))
{
}

void ConsoleStream::write(std::span<uint8_t const> bytes)
{
    std::function<void()> notify;
    {
        std::lock_guard const lock { m_mutex };
        if (!bytes.empty() && m_drained == m_printed)
            notify = m_on_output;
        // Only the tail that fits can survive; the rest still counts in the position.
        size_t const skipped = bytes.size() - std::min(bytes.size(), m_output.size());
        m_printed += skipped;
        for (uint8_t const byte : bytes.subspan(skipped))
            m_output[m_printed++ % m_output.size()] = byte;
    }
    if (notify)
        notify();
}

size_t ConsoleStream::read(std::span<uint8_t> bytes)
{
    std::function<void()> notify;
    size_t count = 0;
    {
        std::lock_guard const lock { m_mutex };
        count = std::min(bytes.size(), m_input_size);
        for (size_t i = 0; i < count; ++i)
            bytes[i] = m_input[(m_input_start + i) % m_input.size()];
        m_input_start = (m_input_start + count) % m_input.size();
        m_input_size -= count;
        if (count > 0 && m_refused) {
            m_refused = false;
            notify = m_on_room;
        }
    }
    if (notify)
        notify();
    return count;
}

size_t ConsoleStream::send(std::span<uint8_t const> bytes)
{
    std::function<void()> notify;
    size_t count = 0;
    {
        std::lock_guard const lock { m_mutex };
        count = std::min(bytes.size(), m_input.size() - m_input_size);
        for (size_t i = 0; i < count; ++i)
            m_input[(m_input_start + m_input_size + i) % m_input.size()] = bytes[i];
        m_input_size += count;
        m_refused = m_refused || count < bytes.size();
        if (count > 0)
            notify = m_on_readable;
    }
    if (notify)
        notify();
    return count;
}

void ConsoleStream::on_readable(std::function<void()> on_readable)
{
    std::lock_guard const lock { m_mutex };
    m_on_readable = std::move(on_readable);
}

void ConsoleStream::on_room(std::function<void()> on_room)
{
    std::lock_guard const lock { m_mutex };
    m_on_room = std::move(on_room);
}

void ConsoleStream::on_output(std::function<void()> on_output)
{
    std::lock_guard const lock { m_mutex };
    m_on_output = std::move(on_output);
}

ConsoleStream::Output ConsoleStream::copy_from(uint64_t position, size_t limit) const
{
    uint64_t const oldest = m_printed - std::min<uint64_t>(m_printed, m_output.size());
    Output output { std::max(position, oldest), {} };
    size_t const count = std::min<uint64_t>(limit, m_printed - output.position);
    output.bytes.resize(count);
    for (size_t i = 0; i < count; ++i)
        output.bytes[i] = m_output[(output.position + i) % m_output.size()];
    return output;
}

ConsoleStream::Output ConsoleStream::drain(size_t limit)
{
    std::lock_guard const lock { m_mutex };
    auto output = copy_from(m_drained, limit);
    m_drained = output.position + output.bytes.size();
    return output;
}

ConsoleStream::Output ConsoleStream::scrollback() const
{
    std::lock_guard const lock { m_mutex };
    return copy_from(0, m_output.size());
}

uint64_t ConsoleStream::bytes_printed() const
{
    std::lock_guard const lock { m_mutex };
    return m_printed;
}

void ConsoleStream::discard_input()
{
    std::function<void()> notify;
    {
        std::lock_guard const lock { m_mutex };
        m_input_size = 0;
        if (m_refused) {
            m_refused = false;
            notify = m_on_room;
        }
    }
    if (notify)
        notify();
}

}
