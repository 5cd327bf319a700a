#include "firmware/sdei/handler_state.h"

#include <array>
#include <cstddef>

namespace dormouse::firmware::sdei {

namespace {

    using enum HandlerState;
    using enum ResultCode;

    struct Row {
        Input input;
        Transition from_unregistered;
        Transition from_registered;
        Transition from_enabled;
        Transition from_unregister_pending;
        Transition from_registered_running;
        Transition from_enabled_running;
    };

    // [Arm DEN 0054 C, SDEI, 6.1, Tables 7 to 14]
    // clang-format off
constexpr std::array<Row, 7> kTable { {
    //                    Unregistered              Registered                Enabled                   UnregisterPending             RegisteredRunning              EnabledRunning
    { Input::Register,   { Registered, Success },   { Registered, Denied },   { Enabled, Denied },      { UnregisterPending, Denied },  { RegisteredRunning, Denied }, { EnabledRunning, Denied } },
    { Input::Enable,     { Unregistered, Denied },  { Enabled, Success },     { Enabled, Success },     { UnregisterPending, Denied },  { EnabledRunning, Success },   { EnabledRunning, Success } },
    { Input::Disable,    { Unregistered, Denied },  { Registered, Success },  { Registered, Success },  { UnregisterPending, Denied },  { RegisteredRunning, Success }, { RegisteredRunning, Success } },
    { Input::Unregister, { Unregistered, Denied },  { Unregistered, Success }, { Unregistered, Success }, { UnregisterPending, Pending }, { UnregisterPending, Pending }, { UnregisterPending, Pending } },
    { Input::Reset,      { Unregistered, Success }, { Unregistered, Success }, { Unregistered, Success }, { UnregisterPending, Denied },  { UnregisterPending, Denied }, { UnregisterPending, Denied } },
    { Input::Dispatch,   { Unregistered, Denied },  { Registered, Denied },   { EnabledRunning, Success }, { UnregisterPending, Denied }, { RegisteredRunning, Denied }, { EnabledRunning, Denied } },
    { Input::Complete,   { Unregistered, Denied },  { Registered, Denied },   { Enabled, Denied },      { Unregistered, Success },      { Registered, Success },       { Enabled, Success } },
} };
    // clang-format on

    constexpr bool rows_are_in_enum_order()
    {
        for (size_t i = 0; i < kTable.size(); ++i)
            if (static_cast<size_t>(kTable[i].input) != i)
                return false;
        return true;
    }
    static_assert(rows_are_in_enum_order());

}

Transition transition(Input input, HandlerState state)
{
    Row const& row = kTable[static_cast<size_t>(input)];
    switch (state) {
    case Unregistered: return row.from_unregistered;
    case Registered: return row.from_registered;
    case Enabled: return row.from_enabled;
    case UnregisterPending: return row.from_unregister_pending;
    case RegisteredRunning: return row.from_registered_running;
    case EnabledRunning: return row.from_enabled_running;
    }
    return { state, Denied };
}

}
