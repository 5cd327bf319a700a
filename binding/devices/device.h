#pragma once

#include "base/result.h"
#include "state/reader.h"
#include "state/writer.h"

#include <cstdint>
#include <string_view>

namespace dormouse::devices {

// What a device shows on the bus. The guest is hostile: every offset below the device's size with every size must be
// survived; what no register answers reads zero and ignores writes. Called by several vCPU threads at the same time.
class MmioDevice {
public:
    virtual ~MmioDevice() = default;
    // `size` is 1, 2, 4 or 8 bytes; the value is little-endian and its bits above `size` are zero.
    virtual uint64_t read(uint64_t offset, unsigned size) = 0;
    virtual void write(uint64_t offset, unsigned size, uint64_t value) = 0;
};

// What machine/ does with every device alike: reset in place, save, restore. save(), restore() and reset() are called
// while no vCPU and no device callback runs (machine under Quiesced), but may themselves drive interrupt lines.
class Device {
public:
    virtual ~Device() = default;
    // The name of the device's section in a saved state; constant for ever.
    virtual std::string_view name() const = 0;
    // The state after power-on. Interrupt lines fall with it.
    virtual void reset() = 0;
    virtual void save(state::Writer&) const = 0;
    // Refuses bytes that no device of this kind could have written (the Error names the field); then nothing has
    // changed.
    virtual Result<void> restore(state::Reader&) = 0;
};

// The Suspendable face: a class `Self` with
//   struct State { ...; bool operator==(State const&) const = default; };   everything the guest can observe
//   State save() const;
//   Result<void> restore(State const&);                  validates, then takes over and drives the lines anew
//   static void serialize(state::Writer&, State const&);
//   static State parse(state::Reader&);                  the reader remembers failures
// becomes a Device by deriving from SuspendableDevice<Self> and saying `using SuspendableDevice::save` and `restore`.
template <typename Self> class SuspendableDevice : public Device {
public:
    void save(state::Writer& writer) const final { Self::serialize(writer, static_cast<Self const&>(*this).save()); }
    Result<void> restore(state::Reader& reader) final
    {
        auto const state = Self::parse(reader);
        TRY(reader.finish());
        return static_cast<Self&>(*this).restore(state);
    }
};

// For restore(): the sentence for a field that no device could have saved.
inline Error bad_state(std::string_view device, std::string_view field)
{
    Error error { Code::Corrupt, "Saved state of device \"" };
    error.message.append(device).append("\": field ").append(field).append(" holds a value it can never have");
    return error;
}

}
