#pragma once

#include "engine/interrupt_controller.h"
#include "engine/kvm/descriptor.h"

#include <atomic>
#include <memory>
#include <vector>

namespace dormouse::kvm {

// The vGICv3 of the kernel.
class Vgic final : public engine::InterruptController {
public:
    // After the last vCPU was created, before any has run. `mpidrs` of the vCPUs in the order of their creation.
    static Result<std::unique_ptr<Vgic>> create(
        Descriptor const& vm, engine::InterruptControllerLayout const&, std::vector<uint64_t> mpidrs);

    wires::IrqLine& irq_line(unsigned intid) override;
    Result<arch::gic::State> save() const override;
    Result<void> restore(arch::gic::State const& state) override;

private:
    class Line final : public wires::IrqLine {
    public:
        Line(Descriptor const& vm, unsigned intid) : m_vm(vm), m_intid(intid) { }
        void set_level(bool high) override;

    private:
        Descriptor const& m_vm;
        unsigned m_intid;
        std::atomic<bool> m_high { false };
    };

    Vgic(Descriptor const& vm, Descriptor device, unsigned lines, std::vector<uint64_t> mpidrs);

    Descriptor m_device;
    std::vector<uint64_t> m_mpidrs;
    std::vector<std::unique_ptr<Line>> m_lines; // from INTID 32 up
};

}
