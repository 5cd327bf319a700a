#include "machine/engine_gic.h"

#include "base/check.h"

#include <utility>

namespace dormouse::machine {

using devices::Gicv3;
using namespace devices::gic;

EngineGic::EngineGic(size_t cpus) : m_cpus(cpus)
{
    for (unsigned intid = kPrivateLines; intid < kLines; ++intid)
        m_lines.push_back(std::make_unique<Line>(*this, intid));
}

wires::IrqLine& EngineGic::irq_line(unsigned intid)
{
    CHECK(intid >= kPrivateLines && intid < kLines);
    return *m_lines[intid - kPrivateLines];
}

void EngineGic::reset()
{
    auto const before = m_controller->save();
    if (!before.ok()) {
        m_failure = before.error();
        return;
    }
    if (auto const done = m_controller->restore(before.value().reset()); !done.ok())
        m_failure = done;
}

void EngineGic::save(state::Writer& writer) const
{
    auto const state = m_controller->save();
    if (state.ok())
        Gicv3::serialize(writer, state.value());
    else
        m_failure = state.error();
}

Result<void> EngineGic::restore(state::Reader& reader)
{
    State const state = Gicv3::parse(reader);
    TRY(reader.finish());
    TRY(Gicv3::validate(state, m_cpus));
    return m_controller->restore(state);
}

Result<void> EngineGic::take_failure()
{
    return std::exchange(m_failure, {});
}

}
