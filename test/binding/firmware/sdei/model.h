#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

// A second SDEI dispatcher for one vCPU, written from the document's prose for comparison, without any code of the
// first one. Slow and plain: three booleans per event, a stack of contexts. [Arm DEN 0054 C, SDEI,
// sections 4.3, 5.1, 5.2, 6]
namespace dormouse::firmware::sdei_model {

struct Registers {
    std::array<uint64_t, 18> x {};
    uint64_t pc { 0 };
    uint64_t pstate { 0 };
    uint64_t elr { 0 };
    uint64_t spsr { 0 };
    bool operator==(Registers const&) const = default;
};

struct Event {
    uint32_t number { 0 };
    bool critical { false };
    bool registered { false };
    bool enabled { false };
    bool running { false };
    bool pending { false };
    bool relative { false };
    uint64_t entry { 0 };
    uint64_t argument { 0 };

    int64_t status() const { return (registered ? 1 : 0) + (enabled ? 2 : 0) + (running ? 4 : 0); }
};

class Model {
public:
    static constexpr int64_t kInvalid = -2;
    static constexpr int64_t kDenied = -3;
    static constexpr int64_t kStillRuns = -5;
    static constexpr uint64_t kVbar = 0xffff'8000'0800'0800;
    // SCTLR_EL1.SPAN is 0 and there is PAN: an exception sets PSTATE.PAN. N, Z, C, V and PAN itself survive.
    static constexpr uint64_t kPan = 1 << 22;

    explicit Model(std::vector<Event> events) : m_events(std::move(events)) { }

    Registers registers;
    bool masked { true };
    std::vector<Event> const& events() const { return m_events; }
    std::optional<uint64_t> signalled_other; // EVENT_SIGNAL to the other vCPU

    void trigger(uint32_t number) { find(number)->pending = true; }

    // The vCPU executes HVC; `call[0]` is the function id.
    void hvc(std::array<uint64_t, 6> const& call)
    {
        for (unsigned i = 0; i < call.size(); ++i)
            registers.x[i] = call[i];
        if (auto const answer = serve(call))
            registers.x[0] = static_cast<uint64_t>(*answer);
    }

    // The vCPU is about to run: at most one handler is entered.
    void dispatch()
    {
        if (masked)
            return;
        for (bool const critical : { true, false }) {
            bool const held_back = critical ? critical_runs() : !m_stack.empty();
            if (held_back)
                continue;
            for (Event& event : m_events)
                if (event.critical == critical && event.pending && event.registered && event.enabled) {
                    enter(event);
                    return;
                }
        }
    }

private:
    struct Saved {
        uint32_t event;
        Registers registers;
    };

    Event* find(uint64_t number)
    {
        for (Event& event : m_events)
            if (event.number == number)
                return &event;
        return nullptr;
    }
    bool critical_runs() const
    {
        for (Event const& event : m_events)
            if (event.critical && event.running)
                return true;
        return false;
    }
    static uint64_t exception_pstate(uint64_t old) { return (old & 0xf100'0000) | kPan | 0x3c5; }

    void enter(Event& event)
    {
        m_stack.push_back({ event.number, registers });
        event.pending = false;
        event.running = true;
        registers.x[0] = event.number;
        registers.x[1] = event.argument;
        registers.x[2] = registers.pc;
        registers.x[3] = registers.pstate;
        registers.pc = event.relative ? kVbar + event.entry : event.entry;
        registers.pstate = exception_pstate(registers.pstate);
    }
    void leave(std::optional<uint64_t> resume)
    {
        Saved const saved = m_stack.back();
        m_stack.pop_back();
        registers.x = saved.registers.x;
        if (resume) {
            registers.elr = saved.registers.pc;
            registers.spsr = saved.registers.pstate;
            registers.pc = *resume;
            registers.pstate = exception_pstate(saved.registers.pstate);
        } else {
            registers.pc = saved.registers.pc;
            registers.pstate = saved.registers.pstate;
        }
        Event& event = *find(saved.event);
        event.running = false;
        if (!event.registered)
            forget(event);
    }
    static void forget(Event& event)
    {
        event.registered = event.enabled = event.pending = event.relative = false;
        event.entry = event.argument = 0;
    }
    // An event that is registered, as most calls want it.
    int64_t change(uint64_t number, bool enabled)
    {
        Event* const event = find(number);
        if (!event)
            return kInvalid;
        if (!event->registered)
            return kDenied;
        event->enabled = enabled;
        return 0;
    }
    int64_t unregister(Event& event)
    {
        if (event.running) {
            event.registered = event.enabled = false;
            return kStillRuns;
        }
        if (!event.registered)
            return kDenied;
        forget(event);
        return 0;
    }

    // Empty: the call does not return.
    std::optional<int64_t> serve(std::array<uint64_t, 6> const& call)
    {
        auto const [id, a, b, c, d, unused] = call;
        Event* const event = find(a);
        switch (id) {
        case 0xc400'0020: return 0x0001'0001'444f'524d;
        case 0xc400'0021:
            if (!event || b % 4 != 0 || d > 3)
                return kInvalid;
            if (event->registered || event->running)
                return kDenied;
            event->registered = true;
            event->entry = b;
            event->argument = c;
            event->relative = d & 2;
            return 0;
        case 0xc400'0022: return change(a, true);
        case 0xc400'0023: return change(a, false);
        case 0xc400'0024:
            if (a > 17)
                return kInvalid;
            return m_stack.empty() ? kDenied : static_cast<int64_t>(m_stack.back().registers.x[a]);
        case 0xc400'0025:
            if (m_stack.empty())
                return kDenied;
            leave(std::nullopt);
            return std::nullopt;
        case 0xc400'0026:
            if (a % 4 != 0)
                return kInvalid;
            if (m_stack.empty())
                return kDenied;
            leave(a);
            return std::nullopt;
        case 0xc400'0027: return event ? unregister(*event) : kInvalid;
        case 0xc400'0028: return event ? event->status() : kInvalid;
        case 0xc400'0029:
            if (!event || b > 2)
                return kInvalid;
            return b == 0 ? 0 : b == 1 ? (event->number == 0 ? 0 : 1) : (event->critical ? 1 : 0);
        case 0xc400'002a: return kInvalid;
        case 0xc400'002b: {
            bool const before = masked;
            masked = true;
            return before ? 0 : 1;
        }
        case 0xc400'002c: masked = false; return 0;
        case 0xc400'002d: return a < 16 || a > 1019 ? kInvalid : -10;
        case 0xc400'002e: return kInvalid;
        case 0xc400'002f:
            if (a != 0 || (b != 0 && b != 1 && b != 0x100 && b != 0x101))
                return kInvalid;
            if (b == 0)
                event->pending = true;
            else
                signalled_other = b;
            return 0;
        case 0xc400'0030: return a == 0 ? 0 : a == 1 ? 1 : kInvalid;
        case 0xc400'0031: {
            int64_t result = 0;
            for (Event& each : m_events) {
                if (each.running) {
                    each.registered = each.enabled = false;
                    result = kDenied;
                } else {
                    forget(each);
                }
                each.pending = false;
            }
            return result;
        }
        case 0xc400'0032: return 0;
        default: return -1;
        }
    }

    std::vector<Event> m_events;
    std::vector<Saved> m_stack;
};

}
