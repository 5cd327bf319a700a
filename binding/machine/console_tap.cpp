#include "machine/console_tap.h"

#include "machine/event_thread.h"

namespace dormouse::machine {

void ConsoleTap::write(std::span<uint8_t const> bytes)
{
    m_console.write(bytes);
    if (m_observer)
        m_observer(bytes);
}

void ConsoleTap::on_readable(std::function<void()> on_readable)
{
    m_on_readable = std::move(on_readable);
    if (!m_on_readable) {
        m_console.on_readable({}); // The UART goes away.
        return;
    }
    m_console.on_readable([this] {
        if (m_posted.exchange(true))
            return; // One event takes all that waits.
        m_events.post([this] {
            m_posted.store(false);
            m_on_readable();
        });
    });
}

}
