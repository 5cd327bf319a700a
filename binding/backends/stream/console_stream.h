#pragma once

#include "wires/byte_stream.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace dormouse::backends {

// The host's end of a serial console: a bounded queue towards the guest, and a bounded scrollback of what the guest
// printed. Nothing here ever blocks. All functions from any thread.
class ConsoleStream final : public wires::ByteStream {
public:
    static constexpr size_t kDefaultInput = size_t { 64 } << 10;
    static constexpr size_t kDefaultScrollback = size_t { 1 } << 20;

    // Both capacities in bytes, at least 1.
    explicit ConsoleStream(size_t input_capacity = kDefaultInput, size_t scrollback_capacity = kDefaultScrollback);

    // The device's side.
    void write(std::span<uint8_t const> bytes) override;
    size_t read(std::span<uint8_t> bytes) override;
    void on_readable(std::function<void()> on_readable) override;

    // Host to guest: queues as many bytes as there is room for and returns how many; the caller keeps the rest and
    // tries again after on_room.
    size_t send(std::span<uint8_t const> bytes);
    // Called outside locks, after the guest has taken bytes while send() had refused some.
    void on_room(std::function<void()> on_room);

    // Called outside locks when undrained output appears after drain() had taken everything: once per burst, however
    // much the guest prints.
    void on_output(std::function<void()> on_output);

    struct Output {
        uint64_t position { 0 }; // how many bytes the guest had printed before bytes[0]
        std::vector<uint8_t> bytes;
    };
    // Up to `limit` bytes printed since the last drain(). A slow reader loses the oldest bytes, never the guest's time:
    // a gap shows as a jump in `position`.
    Output drain(size_t limit);
    // What is still remembered, drained or not; does not disturb drain().
    Output scrollback() const;
    uint64_t bytes_printed() const;
    // The guest was reset: input typed for the old one is dropped, the scrollback stays.
    void discard_input();

private:
    Output copy_from(uint64_t position, size_t limit) const; // callers hold m_mutex

    mutable std::mutex m_mutex;
    std::vector<uint8_t> m_input; // ring
    size_t m_input_start { 0 };
    size_t m_input_size { 0 };
    bool m_refused { false };
    std::vector<uint8_t> m_output; // ring, indexed by position modulo its size
    uint64_t m_printed { 0 };
    uint64_t m_drained { 0 };
    std::function<void()> m_on_readable;
    std::function<void()> m_on_room;
    std::function<void()> m_on_output;
};

}
