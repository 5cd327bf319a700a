#pragma once

#include "wires/byte_stream.h"

#include <atomic>
#include <functional>
#include <span>

namespace dormouse::machine {

class EventThread;

// Sits between UART0 and its console. Input reaches the UART as a host event, so never while the machine is quiesced
// and never on the thread of the person who typed; output is shown to an observer on its way.
class ConsoleTap final : public wires::ByteStream {
public:
    using Observer = std::function<void(std::span<uint8_t const>)>;

    // `observer` is called on vCPU threads, must not block and may be empty.
    ConsoleTap(wires::ByteStream& console, EventThread& events, Observer observer)
        : m_console(console)
        , m_events(events)
        , m_observer(std::move(observer))
    {
    }

    void write(std::span<uint8_t const> bytes) override;
    size_t read(std::span<uint8_t> bytes) override { return m_console.read(bytes); }
    void on_readable(std::function<void()> on_readable) override;

private:
    wires::ByteStream& m_console;
    EventThread& m_events;
    Observer m_observer;
    std::function<void()> m_on_readable;
    std::atomic<bool> m_posted { false };
};

}
