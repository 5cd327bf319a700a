#include "devices/bus.h"

#include "base/bits.h"

#include <algorithm>
#include <cstdio>

namespace dormouse::devices {

namespace {

    std::string describe(std::string const& name, uint64_t base, uint64_t size)
    {
        char text[64];
        std::snprintf(text, sizeof text, " at 0x%llx (0x%llx bytes)", static_cast<unsigned long long>(base),
            static_cast<unsigned long long>(size));
        return name + text;
    }

}

Result<void> Bus::attach(std::string name, arch::Gpa base, uint64_t size, MmioDevice& device)
{
    auto const text = describe(name, base.value, size);
    if (size == 0 || base.value + size < base.value)
        return Error { Code::InvalidArgument, "The bus window of " + text + " is empty or wraps around" };
    auto const next = std::find_if(m_windows.begin(), m_windows.end(),
        [&](Window const& window) { return window.base + window.size > base.value; });
    if (next != m_windows.end() && next->base < base.value + size) {
        return Error { Code::InvalidArgument,
            "The bus window of " + text + " overlaps " + describe(next->name, next->base, next->size) };
    }
    m_windows.insert(next, Window { std::move(name), base.value, size, &device });
    return {};
}

Bus::Window const* Bus::find(uint64_t address, unsigned size) const
{
    auto const after = std::upper_bound(m_windows.begin(), m_windows.end(), address,
        [](uint64_t value, Window const& window) { return value < window.base; });
    if (after == m_windows.begin())
        return nullptr;
    Window const& window = *(after - 1);
    uint64_t const offset = address - window.base;
    return offset < window.size && size <= window.size - offset ? &window : nullptr;
}

wires::GuestBus::Outcome Bus::mmio_read(arch::Gpa address, unsigned size, uint64_t& value)
{
    Window const* window = find(address.value, size);
    if (!window)
        return Outcome::NoDevice;
    value = window->device->read(address.value - window->base, size) & low_mask(size * 8);
    return Outcome::Done;
}

wires::GuestBus::Outcome Bus::mmio_write(arch::Gpa address, unsigned size, uint64_t value)
{
    Window const* window = find(address.value, size);
    if (!window)
        return Outcome::NoDevice;
    window->device->write(address.value - window->base, size, value & low_mask(size * 8));
    return Outcome::Done;
}

}
