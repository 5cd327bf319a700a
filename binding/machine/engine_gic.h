#pragma once

#include "devices/device.h"
#include "devices/gicv3/gicv3.h"
#include "engine/interrupt_controller.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace dormouse::machine {

// The interrupt controller of an engine that brings its own, in the places where a board has a devices::Gicv3: lines
// for the devices, and a Device whose saved state is the same. The lines exist before the engine's machine does.
class EngineGic final : public devices::Device {
public:
    explicit EngineGic(size_t cpus);

    void attach(engine::InterruptController& controller) { m_controller = &controller; }
    wires::IrqLine& irq_line(unsigned intid);

    std::string_view name() const override { return "gicv3"; }
    void reset() override;
    void save(state::Writer&) const override;
    Result<void> restore(state::Reader&) override;
    // What went wrong in reset() and save(), which cannot say so themselves.
    Result<void> take_failure();

private:
    class Line final : public wires::IrqLine {
    public:
        Line(EngineGic& gic, unsigned intid) : m_gic(gic), m_intid(intid) { }
        void set_level(bool high) override
        {
            if (m_gic.m_controller)
                m_gic.m_controller->irq_line(m_intid).set_level(high);
        }

    private:
        EngineGic& m_gic;
        unsigned m_intid;
    };

    size_t m_cpus;
    engine::InterruptController* m_controller { nullptr };
    std::vector<std::unique_ptr<Line>> m_lines;
    mutable Result<void> m_failure;
};

}
