#include "firmware/sdei/sdei.h"

#include "base/bits.h"
#include "firmware/sdei/context_switch.h"

#include <utility>

namespace dormouse::firmware::sdei {

namespace {

    // Bits of EVENT_REGISTER's flags. [Arm DEN 0054 C, SDEI, 5.1.2]
    constexpr unsigned kRelativeModeBit = 1;
    constexpr uint64_t kKnownFlags = 3; // bit 0, the routing mode, means nothing for a private event

    constexpr int64_t value(ResultCode code)
    {
        return static_cast<int64_t>(code);
    }

}

Sdei::Sdei(std::vector<uint32_t> const& vendor_events, Platform& platform)
    : m_events(vendor_events)
    , m_platform(platform)
{
    for (unsigned vcpu = 0; vcpu < platform.vcpu_count(); ++vcpu)
        m_states.push_back(std::make_unique<VcpuState>(m_events.size()));
}

Result<std::optional<int64_t>> Sdei::call(smccc::Call const& call, engine::Vcpu& vcpu)
{
    FunctionRow const* const row = find_function(call.id.value);
    if (!row)
        return std::optional { value(ResultCode::NotSupported) };
    VcpuState& own = state(call.caller);
    if (auto const result = returning_call(row->function, own, call))
        return result;

    // The calls about the handler that runs. Parameters are looked at before the state, as everywhere.
    uint64_t const argument = call.arguments[0];
    Context* const context = own.innermost();
    if (row->function == Function::EventContext) {
        if (argument >= kContextRegisters)
            return std::optional { value(ResultCode::InvalidParameters) };
        return std::optional { context ? static_cast<int64_t>(context->x[argument]) : value(ResultCode::Denied) };
    }
    bool const resumes = row->function == Function::EventCompleteAndResume;
    if (resumes && !is_aligned(argument, 4))
        return std::optional { value(ResultCode::InvalidParameters) };
    if (!context)
        return std::optional { value(ResultCode::Denied) };
    // The status argument of EVENT_COMPLETE has no consequence here: what a handler could not handle is the guest's.
    TRY(leave_handler(vcpu, *context, resumes ? std::optional { argument } : std::nullopt));
    Handler& handler = own.handlers[*context->event];
    handler.state = transition(Input::Complete, handler.state).next;
    // A handler that was unregistered while it ran is gone, and so is what was meant for it.
    if (handler.state == HandlerState::Unregistered) {
        own.pending.fetch_and(~(uint32_t { 1 } << *context->event));
        handler = {};
    }
    *context = {};
    return std::optional<int64_t> {};
}

std::optional<int64_t> Sdei::returning_call(Function function, VcpuState& own, smccc::Call const& call)
{
    constexpr uint64_t kFirstPrivateInterrupt = 16;
    constexpr uint64_t kLastSharedInterrupt = 1019;
    auto const& arguments = call.arguments;
    switch (function) {
    case Function::Version: return kVersion;
    case Function::EventRegister: return event_register(own, call);
    case Function::EventEnable: return change(own, Input::Enable, arguments[0]);
    case Function::EventDisable: return change(own, Input::Disable, arguments[0]);
    case Function::EventUnregister: return change(own, Input::Unregister, arguments[0]);
    case Function::EventStatus: return event_status(own, arguments[0]);
    case Function::EventGetInfo: return event_get_info(arguments[0], arguments[1]);
    case Function::EventRoutingSet: return event_routing_set(arguments[0]);
    case Function::PeMask: return std::exchange(own.masked, true) ? 0 : 1;
    case Function::PeUnmask: own.masked = false; return value(ResultCode::Success);
    case Function::InterruptBind:
        // Software-generated and unknown interrupts can never be bound; others find no slot.
        return value(arguments[0] >= kFirstPrivateInterrupt && arguments[0] <= kLastSharedInterrupt
                ? ResultCode::OutOfResource
                : ResultCode::InvalidParameters);
    case Function::InterruptRelease: return value(ResultCode::InvalidParameters); // no event is a bound one
    case Function::EventSignal: return event_signal(call);
    case Function::Features:
        if (arguments[0] > 1)
            return value(ResultCode::InvalidParameters);
        return arguments[0] == 0 ? 0 : 1; // no bind slots of either kind; relative mode
    case Function::PrivateReset: return private_reset(own);
    case Function::SharedReset: return value(ResultCode::Success); // there is nothing shared
    case Function::EventContext:
    case Function::EventComplete:
    case Function::EventCompleteAndResume: break;
    }
    return std::nullopt;
}

int64_t Sdei::event_register(VcpuState& own, smccc::Call const& call)
{
    auto const [event, entry, argument, flags] = call.arguments;
    auto const place = m_events.find(event);
    if (!place || !is_aligned(entry, 4) || (flags & ~kKnownFlags))
        return value(ResultCode::InvalidParameters);
    Handler& handler = own.handlers[*place];
    Transition const change = transition(Input::Register, handler.state);
    if (change.result == ResultCode::Success)
        handler = { change.next, bit<kRelativeModeBit>(flags), entry, argument };
    return value(change.result);
}

int64_t Sdei::change(VcpuState& own, Input input, uint64_t event)
{
    auto const place = m_events.find(event);
    if (!place)
        return value(ResultCode::InvalidParameters);
    Handler& handler = own.handlers[*place];
    Transition const change = transition(input, handler.state);
    handler.state = change.next;
    if (input == Input::Unregister && change.next == HandlerState::Unregistered
        && change.result == ResultCode::Success) {
        own.pending.fetch_and(~(uint32_t { 1 } << *place));
        handler = {};
    }
    return value(change.result);
}

int64_t Sdei::event_status(VcpuState const& own, uint64_t event) const
{
    auto const place = m_events.find(event);
    return place ? static_cast<int64_t>(own.handlers[*place].state) : value(ResultCode::InvalidParameters);
}

int64_t Sdei::event_get_info(uint64_t event, uint64_t info) const
{
    constexpr uint64_t kType = 0;
    constexpr uint64_t kSignalled = 1; // the other way round: 0 is "by software"
    constexpr uint64_t kPriority = 2;
    auto const place = m_events.find(event);
    if (!place)
        return value(ResultCode::InvalidParameters);
    switch (info) {
    case kType: return 0; // private
    case kSignalled: return m_events[*place].software_signalled() ? 0 : 1;
    case kPriority: return static_cast<int64_t>(m_events[*place].priority());
    default: return value(ResultCode::InvalidParameters); // the routing of shared events, or unknown
    }
}

int64_t Sdei::event_routing_set(uint64_t) const
{
    return value(ResultCode::InvalidParameters); // unknown, or not shared
}

int64_t Sdei::event_signal(smccc::Call const& call)
{
    auto const place = m_events.find(call.arguments[0]);
    if (!place || !m_events[*place].software_signalled())
        return value(ResultCode::InvalidParameters);
    for (unsigned vcpu = 0; vcpu < m_platform.vcpu_count(); ++vcpu)
        if (m_platform.mpidr(vcpu) == call.arguments[1]) {
            signal(vcpu, *place);
            return value(ResultCode::Success);
        }
    return value(ResultCode::InvalidParameters);
}

int64_t Sdei::private_reset(VcpuState& own)
{
    auto result = ResultCode::Success;
    for (Handler& handler : own.handlers) {
        Transition const change = transition(Input::Reset, handler.state);
        if (change.result != ResultCode::Success)
            result = change.result;
        handler.state = change.next;
        if (change.next == HandlerState::Unregistered)
            handler = {};
    }
    own.pending.store(0);
    return value(result);
}

void Sdei::signal(unsigned vcpu, unsigned place)
{
    uint32_t const latch = uint32_t { 1 } << place;
    // Sequentially consistent: what the signaller wrote to memory before is visible to the handler. A trigger that
    // finds the latch set becomes one with the one before, whose signaller makes the vCPU look.
    if (!(state(vcpu).pending.fetch_or(latch) & latch))
        m_platform.look_for_events(vcpu);
}

bool Sdei::deliverable(unsigned vcpu) const
{
    uint32_t const latches = state(vcpu).pending.load();
    return latches != 0 && state(vcpu).dispatchable(m_events, latches);
}

Result<bool> Sdei::deliver(unsigned vcpu, engine::Vcpu& engine_vcpu)
{
    VcpuState& own = state(vcpu);
    uint32_t const latches = own.pending.load();
    if (latches == 0) [[likely]]
        return false;
    auto const place = own.dispatchable(m_events, latches);
    if (!place)
        return false;
    own.pending.fetch_and(~(uint32_t { 1 } << *place));
    Handler& handler = own.handlers[*place];
    Event const event = m_events[*place];
    Context& context = own.contexts[static_cast<size_t>(event.priority())];
    TRY(enter_handler(engine_vcpu, event, handler, context));
    context.event = *place;
    handler.state = transition(Input::Dispatch, handler.state).next;
    return true;
}

bool Sdei::handler_runs(unsigned vcpu) const
{
    return state(vcpu).blocked(Priority::Normal);
}

}
