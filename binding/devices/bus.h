#pragma once

#include "arch/addresses.h"
#include "base/result.h"
#include "devices/device.h"
#include "wires/guest_bus.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dormouse::devices {

// Guest physical address -> device and offset. Filled by the machine builder before the first vCPU runs, constant and
// lock-free afterwards.
class Bus final : public wires::GuestBus {
public:
    // [base, base + size) answers with `device`, which must outlive the bus. Fails with InvalidArgument when the window
    // is empty, wraps around or overlaps another; the message names both windows.
    Result<void> attach(std::string name, arch::Gpa base, uint64_t size, MmioDevice& device);

    // An access that starts inside a window but runs over its end hits no device, as does one between windows.
    Outcome mmio_read(arch::Gpa, unsigned size, uint64_t& value) override;
    Outcome mmio_write(arch::Gpa, unsigned size, uint64_t value) override;

    struct Window {
        std::string name;
        uint64_t base { 0 };
        uint64_t size { 0 };
        MmioDevice* device { nullptr };
    };
    std::vector<Window> const& windows() const { return m_windows; } // sorted by base

private:
    Window const* find(uint64_t address, unsigned size) const;

    std::vector<Window> m_windows;
};

}
