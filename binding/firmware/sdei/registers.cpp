#include "firmware/sdei/registers.h"

#include "base/bits.h"
#include "firmware/sdei/sdei.h"

#include <cinttypes>
#include <cstdio>

namespace dormouse::firmware::sdei {

using engine::RegisterId;
using engine::RegisterValue;

namespace {

    constexpr uint64_t kStateRegistered = 1;
    constexpr uint64_t kStateEnabled = 2;
    constexpr uint64_t kStateRunning = 4;

    Error refuse(RegisterId id, char const* why)
    {
        char text[160];
        std::snprintf(text, sizeof(text), "SDEI register 0x%016" PRIx64 " %s", id.value, why);
        return { Code::InvalidArgument, text };
    }

    // What an id below kRegisters means; nothing for an id that this machine does not have.
    struct Place {
        enum class Kind : uint8_t { PeState, Event, Context } kind;
        unsigned index { 0 }; // of the event or the context
        unsigned field { 0 };
    };

    std::optional<Place> place_of(RegisterId id, unsigned events)
    {
        if (id == kPeState)
            return Place { Place::Kind::PeState };
        uint64_t const offset = id.value - kRegisters;
        if (id.value >= kRegisters + 0x100 && offset < 0x100 + events * kEventFields)
            return Place { Place::Kind::Event, static_cast<unsigned>(offset - 0x100) / kEventFields,
                static_cast<unsigned>(offset) % kEventFields };
        if (id.value >= kRegisters + 0x200 && offset < 0x200 + kPriorities * kContextStride) {
            auto const field = static_cast<unsigned>(offset) % kContextStride;
            if (field < static_cast<unsigned>(ContextField::X0) + kContextRegisters)
                return Place { Place::Kind::Context, static_cast<unsigned>(offset - 0x200) / kContextStride, field };
        }
        return std::nullopt;
    }

    // The interrupted code was AArch64 at EL0, or at EL1 with either stack pointer; the engine knows the other fields.
    bool valid_mode(uint64_t pstate)
    {
        uint64_t const mode = bits<4, 0>(pstate);
        return mode == 0 || mode == 4 || mode == 5;
    }

    uint64_t state_value(VcpuState const& own, unsigned place)
    {
        Handler const& handler = own.handlers[place];
        uint64_t value = static_cast<uint64_t>(handler.state) & ~kStateRunning;
        if (own.pending.load() >> place & 1)
            value |= kStatePending;
        if (handler.relative)
            value |= kStateRelative;
        return value;
    }

    // Whether a handler runs is said by the contexts alone, so that the two cannot disagree.
    Result<void> write_state(VcpuState& own, RegisterId id, unsigned place, uint64_t value)
    {
        if (value & ~(kStateRegistered | kStateEnabled | kStatePending | kStateRelative))
            return refuse(id, "has unknown bits set");
        if ((value & kStateEnabled) && !(value & kStateRegistered))
            return refuse(id, "says enabled but not registered");
        Handler& handler = own.handlers[place];
        uint64_t const running = static_cast<uint64_t>(handler.state) & kStateRunning;
        handler.state = static_cast<HandlerState>((value & (kStateRegistered | kStateEnabled)) | running);
        handler.relative = value & kStateRelative;
        uint32_t const latch = uint32_t { 1 } << place;
        if (value & kStatePending)
            own.pending.fetch_or(latch);
        else
            own.pending.fetch_and(~latch);
        return {};
    }

    Result<void> write_event(
        VcpuState& own, EventList const& events, RegisterId id, unsigned place, EventField field, uint64_t value)
    {
        switch (field) {
        case EventField::Number:
            if (value != events[place].number)
                return refuse(id, "names another event than this machine has there");
            return {};
        case EventField::State: return write_state(own, id, place, value);
        case EventField::Entry:
            if (!is_aligned(value, 4))
                return refuse(id, "is no address of an instruction");
            own.handlers[place].entry = value;
            return {};
        case EventField::Argument: own.handlers[place].argument = value; return {};
        }
        return {};
    }

    Result<void> write_running(
        VcpuState& own, EventList const& events, RegisterId id, unsigned priority, uint64_t number)
    {
        auto const place = number == kNoEvent ? std::nullopt : events.find(number);
        if (number != kNoEvent && (!place || static_cast<unsigned>(events[*place].priority()) != priority))
            return refuse(id, "names no event of this priority");
        for (unsigned i = 0; i < events.size(); ++i)
            if (static_cast<unsigned>(events[i].priority()) == priority) {
                uint64_t const rest = static_cast<uint64_t>(own.handlers[i].state) & ~kStateRunning;
                own.handlers[i].state = static_cast<HandlerState>(rest | (place == i ? kStateRunning : 0));
            }
        own.contexts[priority].event = place;
        return {};
    }

}

std::vector<RegisterId> Sdei::register_list() const
{
    std::vector<RegisterId> list { kPeState };
    for (unsigned place = 0; place < m_events.size(); ++place)
        for (unsigned field = 0; field < kEventFields; ++field)
            list.push_back(event_register_id(place, static_cast<EventField>(field)));
    for (unsigned priority = 0; priority < kPriorities; ++priority)
        for (unsigned field = 0; field < static_cast<unsigned>(ContextField::X0) + kContextRegisters; ++field)
            list.push_back(context_register_id(priority, ContextField::Event, field));
    return list;
}

Result<RegisterValue> Sdei::read_register(unsigned vcpu, RegisterId id) const
{
    auto const place = place_of(id, m_events.size());
    if (!place)
        return refuse(id, "does not exist in this machine");
    VcpuState const& own = state(vcpu);
    if (place->kind == Place::Kind::PeState)
        return RegisterValue { own.masked, 0 };
    if (place->kind == Place::Kind::Event) {
        Handler const& handler = own.handlers[place->index];
        switch (static_cast<EventField>(place->field)) {
        case EventField::Number: return RegisterValue { m_events[place->index].number, 0 };
        case EventField::State: return RegisterValue { state_value(own, place->index), 0 };
        case EventField::Entry: return RegisterValue { handler.entry, 0 };
        case EventField::Argument: return RegisterValue { handler.argument, 0 };
        }
    }
    Context const& context = own.contexts[place->index];
    switch (static_cast<ContextField>(place->field)) {
    case ContextField::Event: return RegisterValue { context.event ? m_events[*context.event].number : kNoEvent, 0 };
    case ContextField::Pc: return RegisterValue { context.pc, 0 };
    case ContextField::Pstate: return RegisterValue { context.pstate, 0 };
    default: return RegisterValue { context.x[place->field - static_cast<unsigned>(ContextField::X0)], 0 };
    }
}

Result<void> Sdei::write_register(unsigned vcpu, RegisterId id, RegisterValue value)
{
    auto const place = place_of(id, m_events.size());
    if (!place)
        return refuse(id, "does not exist in this machine");
    if (value.high != 0)
        return refuse(id, "has 64 bits");
    VcpuState& own = state(vcpu);
    if (place->kind == Place::Kind::PeState) {
        if (value.low > 1)
            return refuse(id, "has unknown bits set");
        own.masked = value.low;
        return {};
    }
    if (place->kind == Place::Kind::Event)
        return write_event(own, m_events, id, place->index, static_cast<EventField>(place->field), value.low);
    Context& context = own.contexts[place->index];
    switch (static_cast<ContextField>(place->field)) {
    case ContextField::Event: return write_running(own, m_events, id, place->index, value.low);
    case ContextField::Pc: context.pc = value.low; return {};
    case ContextField::Pstate:
        if (!valid_mode(value.low))
            return refuse(id, "is no mode of AArch64 EL0 or EL1");
        context.pstate = value.low;
        return {};
    default: context.x[place->field - static_cast<unsigned>(ContextField::X0)] = value.low; return {};
    }
}

}
