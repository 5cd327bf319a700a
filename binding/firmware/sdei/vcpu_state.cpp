#include "firmware/sdei/vcpu_state.h"

#include <algorithm>

namespace dormouse::firmware::sdei {

Context* VcpuState::innermost()
{
    for (Priority const priority : { Priority::Critical, Priority::Normal })
        if (Context& context = contexts[static_cast<size_t>(priority)]; context.event)
            return &context;
    return nullptr;
}

bool VcpuState::blocked(Priority priority) const
{
    bool const critical_runs = contexts[static_cast<size_t>(Priority::Critical)].event.has_value();
    bool const normal_runs = contexts[static_cast<size_t>(Priority::Normal)].event.has_value();
    return critical_runs || (priority == Priority::Normal && normal_runs);
}

std::optional<unsigned> VcpuState::dispatchable(EventList const& events, uint32_t latches) const
{
    if (masked)
        return std::nullopt;
    for (Priority const priority : { Priority::Critical, Priority::Normal }) {
        if (blocked(priority))
            continue;
        for (unsigned place = 0; place < events.size(); ++place)
            if ((latches >> place & 1) && events[place].priority() == priority
                && transition(Input::Dispatch, handlers[place].state).result == ResultCode::Success)
                return place;
    }
    return std::nullopt;
}

void VcpuState::reset()
{
    pending.store(0);
    masked = true;
    std::fill(handlers.begin(), handlers.end(), Handler {});
    contexts = {};
}

}
