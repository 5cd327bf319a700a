#include "firmware/psci/idle_states.h"

#include "firmware/psci/power_state.h"

namespace dormouse::firmware::psci {

std::vector<IdleState> idle_states(Version version, IdleStates depth)
{
    // A virtual core has no rail to switch off: a state costs the calls, and a power-down also what the guest saves and
    // restores and its cold translations. The figures keep a governor away from it for sleeps that it would notice in.
    std::vector<IdleState> states;
    if (depth >= IdleStates::Standby)
        states.push_back({ "cpu-standby", encode_power_state(version, { false, kCoreLevel }), 10, 20, 200 });
    if (depth >= IdleStates::PowerDown)
        states.push_back({ "cpu-power-down", encode_power_state(version, { true, kCoreLevel }), 100, 400, 4000 });
    return states;
}

}
