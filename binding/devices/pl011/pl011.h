#pragma once

#include "devices/device.h"
#include "wires/byte_stream.h"
#include "wires/irq_line.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace dormouse::devices {

// PL011 UART. [Arm DDI 0183] Transmission takes no time; reception takes a byte out of the stream only when there is
// room for it, so a fast host never overruns a slow guest.
class Pl011 final : public MmioDevice, public SuspendableDevice<Pl011> {
public:
    static constexpr unsigned kFifoDepth = 16;

    struct State {
        std::array<uint16_t, kFifoDepth> rx_fifo {}; // data and error bits; unused places are zero
        uint32_t rx_count { 0 };
        uint32_t rsr { 0 }; // error flags of the last read
        uint32_t ilpr { 0 };
        uint32_t ibrd { 0 };
        uint32_t fbrd { 0 };
        uint32_t lcr_h { 0 };
        uint32_t cr { 0x300 };
        uint32_t ifls { 0x12 };
        uint32_t imsc { 0 };
        uint32_t ris { 0 };
        uint32_t dmacr { 0 };
        bool operator==(State const&) const = default;
    };

    // Both live longer than the device. Takes over stream.on_readable().
    Pl011(wires::ByteStream& stream, wires::IrqLine& line);
    ~Pl011() override;

    uint64_t read(uint64_t offset, unsigned size) override;
    void write(uint64_t offset, unsigned size, uint64_t value) override;

    std::string_view name() const override { return "pl011"; }
    void reset() override;
    using SuspendableDevice::restore;
    using SuspendableDevice::save;
    State save() const;
    Result<void> restore(State const&);
    static void serialize(state::Writer&, State const&);
    static State parse(state::Reader&);

    uint64_t ignored_accesses() const { return m_ignored_accesses.load(std::memory_order_relaxed); }

private:
    // Callers hold m_mutex.
    unsigned depth() const;
    uint32_t read_data();
    void receive(uint16_t entry);
    void pull();
    void update_line();
    bool write_register(uint64_t offset, uint32_t value);

    wires::ByteStream& m_stream;
    wires::IrqLine& m_line;
    State m_state;
    std::atomic<uint64_t> m_ignored_accesses { 0 };
    mutable std::mutex m_mutex;
};

}
