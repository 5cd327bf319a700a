#include "engine/kvm/vgic.h"

#include "base/check.h"
#include "engine/kvm/vgic_state.h"

namespace dormouse::kvm {

using arch::gic::kPrivateLines;

Result<std::unique_ptr<Vgic>> Vgic::create(
    Descriptor const& vm, engine::InterruptControllerLayout const& layout, std::vector<uint64_t> mpidrs)
{
    abi::CreateDevice request { abi::kDeviceArmVgicV3, 0, 0 };
    TRY_PUT(created, vm.call(abi::Request::CreateDevice, "Creating the vGICv3", request));
    static_cast<void>(created);
    Descriptor device { vm.host(), static_cast<int>(request.fd) };

    auto const lines = static_cast<uint32_t>(layout.lines);
    TRY(device.set_attribute(abi::vgic::kNrIrqs, 0, &lines, "the number of interrupts of the vGICv3"));
    TRY(device.set_attribute(
        abi::vgic::kAddr, abi::vgic::kAddrDist, &layout.distributor, "the address of the distributor"));
    uint64_t index = 0;
    for (auto const& [base, cpus] : layout.redistributors) {
        // Count [63:52], base [51:16], index [11:0].
        uint64_t const region = uint64_t { cpus } << 52 | base | index++;
        TRY(device.set_attribute(
            abi::vgic::kAddr, abi::vgic::kAddrRedistRegion, &region, "the address of the redistributors"));
    }
    TRY(device.set_attribute(abi::vgic::kCtrl, abi::vgic::kCtrlInit, nullptr, "the vGICv3 up"));
    return std::unique_ptr<Vgic> { new Vgic { vm, std::move(device), layout.lines, std::move(mpidrs) } };
}

Vgic::Vgic(Descriptor const& vm, Descriptor device, unsigned lines, std::vector<uint64_t> mpidrs)
    : m_device(std::move(device))
    , m_mpidrs(std::move(mpidrs))
{
    for (unsigned intid = kPrivateLines; intid < lines; ++intid)
        m_lines.push_back(std::make_unique<Line>(vm, intid));
}

wires::IrqLine& Vgic::irq_line(unsigned intid)
{
    CHECK(intid >= kPrivateLines && intid - kPrivateLines < m_lines.size());
    return *m_lines[intid - kPrivateLines];
}

// A device calls this under its own lock, so two levels of one line never overtake each other.
void Vgic::Line::set_level(bool high)
{
    if (m_high.exchange(high) == high)
        return;
    abi::IrqLevel request { abi::kIrqTypeSpi | m_intid, high ? 1u : 0u };
    // It fails for numbers and machines that do not exist, which these are not.
    CHECK(m_vm.raw(abi::Request::IrqLine, request) >= 0);
}

Result<arch::gic::State> Vgic::save() const
{
    return VgicState { m_device, m_mpidrs }.read();
}

Result<void> Vgic::restore(arch::gic::State const& state)
{
    return VgicState { m_device, m_mpidrs }.write(state);
}

}
