#pragma once

#include "firmware/sdei/event.h"
#include "firmware/sdei/handler_state.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace dormouse::firmware::sdei {

constexpr unsigned kContextRegisters = 18; // x0..x17

// What EVENT_REGISTER left, and what became of it.
struct Handler {
    HandlerState state { HandlerState::Unregistered };
    bool relative { false }; // `entry` counts from VBAR_EL1
    uint64_t entry { 0 };
    uint64_t argument { 0 };
    bool operator==(Handler const&) const = default;
};

// What a handler interrupted. At most one per priority, since a handler is interrupted by a higher priority only.
struct Context {
    std::optional<unsigned> event; // place of the running event; empty: no such handler runs
    uint64_t pc { 0 };
    uint64_t pstate { 0 }; // in SPSR format
    std::array<uint64_t, kContextRegisters> x {};
    bool operator==(Context const&) const = default;
};

// SDEI state of one vCPU. It belongs to the vCPU's thread, or to a holder of wires::Quiesced; except for `pending`,
// where anybody may set a bit.
struct VcpuState {
    explicit VcpuState(unsigned events) : handlers(events) { }

    std::atomic<uint32_t> pending { 0 }; // trigger latches, one bit per place in the list of events
    bool masked { true };
    std::vector<Handler> handlers;
    std::array<Context, kPriorities> contexts {}; // by Priority

    // The innermost handler that runs, null when there is none.
    Context* innermost();
    // The event to be dispatched now: critical ones first, then in the order of the list. Of `latches` only.
    std::optional<unsigned> dispatchable(EventList const&, uint32_t latches) const;
    bool blocked(Priority) const;

    // As at power-on: masked, nothing registered, nothing pending.
    void reset();
};

static_assert(std::atomic<uint32_t>::is_always_lock_free);
static_assert(kMaxVendorEvents < 32);

}
