#pragma once

#include "firmware/platform.h"
#include "machine/machine_events.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

namespace dormouse::machine {

enum class PolicyRule : uint8_t { Allow, Deny, Ask };

struct Policy {
    std::array<PolicyRule, firmware::kSystemCallNames.size()> rules {}; // by SystemCallKind
    std::chrono::milliseconds timeout { 10'000 }; // how long Ask waits, of host time
    bool allow_by_default { true }; // when nobody has answered by then

    PolicyRule rule(firmware::SystemCallKind kind) const { return rules[static_cast<size_t>(kind)]; }
};

// The host's policy, and where a system-wide call waits for its answer. One question at a time: the machine is quiesced
// meanwhile. Lock-free towards the machine: neither answering nor a new policy needs what a waiting question holds.
class PolicyDesk {
public:
    enum class Answer { Allow, Deny, Closed };

    explicit PolicyDesk(Policy const& policy) : m_policy(policy) { }

    Policy policy() const;
    // Counts from the next call on; an open question ends as it was asked. Any thread.
    void set_policy(Policy const&);

    // A fresh question gets a number; from here on it can be answered.
    uint64_t open();
    // Waits for the answer to the question just opened. Closed: the machine is about to be ended.
    Answer wait(Policy const&);
    // false: no such question, or it has been answered. Any thread.
    bool answer(uint64_t id, bool allow);
    // Nobody waits any more, now or later. Any thread.
    void close();

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    Policy m_policy;
    uint64_t m_last { 0 };
    bool m_open { false };
    bool m_closed { false };
    std::optional<bool> m_answer;
};

}
