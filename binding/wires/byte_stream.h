#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace dormouse::wires {

// The host side of a serial line. A device writes what the guest sends and is told what the host sends.
class ByteStream {
public:
    virtual ~ByteStream() = default;
    // Guest to host. Never blocks; a backend with no room drops or stores by its own rule. Any thread.
    virtual void write(std::span<uint8_t const> bytes) = 0;
    // Host to guest: pulls up to `bytes.size()` waiting bytes; returns how many. Any thread.
    virtual size_t read(std::span<uint8_t> bytes) = 0;
    // `on_readable` is called (from any thread, outside the backend's locks) after new bytes arrived for the guest.
    virtual void on_readable(std::function<void()> on_readable) = 0;
};

}
