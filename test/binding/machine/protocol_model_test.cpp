// The quiesce and power-state protocol as a small model, explored in full: every interleaving of two and three vCPUs
// that call CPU_ON, CPU_OFF, SYSTEM_RESET, SYSTEM_OFF2 and SYSTEM_SUSPEND (each allowed or refused), with a host that
// pauses, saves, wakes and kills at any point. Each transition is what quiesce_gate.cpp and vcpu_thread.cpp do under
// one lock.
#include <algorithm>
#include <array>
#include <cstdint>
#include <doctest/doctest.h>
#include <unordered_map>
#include <vector>

namespace {

enum class Power : uint8_t { Off, Pending, On, Asleep, Waking }; // Asleep: SYSTEM_SUSPEND
enum class Place : uint8_t {
    Outside, // of the gate: sleeps, or waits to enter
    Inside,
    Calling, // has left the gate with a ticket for its system-wide call
    Refused, // holds no token, is inside again, its answer is not yet written
    Gone, // was turned away by a closed gate
};
enum class Call : uint8_t { None, Reset, Off, Suspend };
enum class Host : uint8_t { Idle, WantsPause, Paused, WantsSave, WantsWake, WantsKill };

constexpr uint8_t kNoTicket = 0;

struct Cpu {
    Power power { Power::Off };
    Place place { Place::Outside };
    Call call { Call::None };
    uint8_t ticket { kNoTicket }; // position in the queue, 1 is served; 0: none
    bool stale { false }; // the machine was reset or ended since it called
};

struct State {
    std::array<Cpu, 3> cpus {};
    Host host { Host::Idle };
    uint8_t host_ticket { kNoTicket };
    uint8_t queue { 0 }; // requests that wait or are served
    uint8_t inside { 0 };
    bool suspended { false };
    bool closed { false }; // ended

    uint64_t key(unsigned cpus_used) const
    {
        uint64_t key = static_cast<uint64_t>(host) | static_cast<uint64_t>(host_ticket) << 3
            | static_cast<uint64_t>(queue) << 6 | static_cast<uint64_t>(inside) << 9
            | static_cast<uint64_t>(suspended) << 11 | static_cast<uint64_t>(closed) << 12;
        for (unsigned i = 0; i < cpus_used; ++i) {
            Cpu const& cpu = cpus[i];
            uint64_t const bits = static_cast<uint64_t>(cpu.power) | static_cast<uint64_t>(cpu.place) << 3
                | static_cast<uint64_t>(cpu.call) << 6 | static_cast<uint64_t>(cpu.ticket) << 8
                | static_cast<uint64_t>(cpu.stale) << 11;
            key |= bits << (16 + 12 * i);
        }
        return key;
    }
};

class Model {
public:
    // `rejoin`: a refused caller is inside again before the token is gone, as the machine does it.
    Model(unsigned cpus, bool rejoin) : m_cpus(cpus), m_rejoin(rejoin) { }

    void explore()
    {
        State first;
        first.cpus[0].power = Power::Pending;
        visit(first);
        for (size_t next = 0; next < m_states.size(); ++next)
            step(next);
    }

    size_t states() const { return m_states.size(); }
    // Saved while a vCPU was between its call and its answer.
    size_t half_applied() const { return m_half_applied; }
    size_t ran_during_commit() const { return m_ran_during_commit; }
    size_t deadlocks() const { return m_deadlocks; }

    // From how many states is there no way on to one where the kill is over, every request served and every thread
    // gone?
    size_t hopeless() const
    {
        std::vector<std::vector<uint32_t>> back(m_states.size());
        std::vector<uint32_t> work;
        std::vector<bool> good(m_states.size(), false);
        for (uint32_t from = 0; from < m_states.size(); ++from) {
            for (uint32_t const to : m_edges[from])
                back[to].push_back(from);
            if (finished(m_states[from])) {
                good[from] = true;
                work.push_back(from);
            }
        }
        while (!work.empty()) {
            uint32_t const to = work.back();
            work.pop_back();
            for (uint32_t const from : back[to])
                if (!good[from]) {
                    good[from] = true;
                    work.push_back(from);
                }
        }
        return static_cast<size_t>(std::count(good.begin(), good.end(), false));
    }
    // States in which a vCPU that is on runs, pauses are over and nothing is asked: there from everywhere alive?
    bool some_run() const { return m_some_run; }

private:
    bool finished(State const& s) const
    {
        bool gone = s.closed && s.queue == 0 && s.host == Host::Idle;
        for (unsigned i = 0; i < m_cpus; ++i)
            gone = gone && s.cpus[i].place == Place::Gone;
        return gone;
    }

    uint32_t visit(State const& s)
    {
        auto const [found, fresh] = m_index.try_emplace(s.key(m_cpus), static_cast<uint32_t>(m_states.size()));
        if (fresh) {
            m_states.push_back(s);
            m_edges.emplace_back();
        }
        return found->second;
    }
    void go(size_t from, State const& to)
    {
        uint32_t const index = visit(to); // may move m_edges
        m_edges[from].push_back(index);
    }

    bool served(State const& s, uint8_t ticket) const { return ticket == 1 && s.inside == 0; }

    // What a holder of the token sees: nobody runs, and who called has its answer.
    void look(State const& s, unsigned holder)
    {
        for (unsigned i = 0; i < m_cpus; ++i)
            if (i != holder && (s.cpus[i].place == Place::Inside || s.cpus[i].place == Place::Refused))
                ++m_ran_during_commit;
    }
    void release(State& s) const
    {
        --s.queue;
        for (unsigned i = 0; i < m_cpus; ++i)
            if (s.cpus[i].ticket > 0)
                --s.cpus[i].ticket;
        if (s.host_ticket > 0)
            --s.host_ticket;
    }
    void end(State& s) const
    {
        s.closed = true;
        void_calls(s);
    }
    void void_calls(State& s) const
    {
        for (unsigned i = 0; i < m_cpus; ++i)
            if (s.cpus[i].place == Place::Calling)
                s.cpus[i].stale = true;
    }
    bool others_off(State const& s, unsigned caller) const
    {
        for (unsigned i = 0; i < m_cpus; ++i)
            if (i != caller && s.cpus[i].power != Power::Off)
                return false;
        return true;
    }
    bool wake(State& s) const
    {
        for (unsigned i = 0; i < m_cpus; ++i)
            if (s.suspended && s.cpus[i].power == Power::Asleep) {
                s.cpus[i].power = Power::Waking;
                s.suspended = false;
                return true;
            }
        return false;
    }

    void commit(State& s, unsigned caller) const
    {
        switch (s.cpus[caller].call) {
        case Call::None: wake(s); break; // its own system_woke()
        case Call::Off: end(s); break;
        case Call::Suspend:
            s.cpus[caller].power = Power::Asleep;
            s.suspended = true;
            break;
        case Call::Reset:
            for (unsigned i = 0; i < m_cpus; ++i)
                s.cpus[i].power = Power::Off;
            s.cpus[0].power = Power::Pending;
            s.suspended = false;
            void_calls(s);
            break;
        }
    }

    void request(size_t from, State s, unsigned i, Call call)
    {
        s.cpus[i].place = Place::Calling;
        s.cpus[i].call = call;
        s.cpus[i].ticket = ++s.queue;
        s.cpus[i].stale = false;
        --s.inside;
        go(from, s);
    }

    void step_inside(size_t from, State const& s, unsigned i)
    {
        Cpu const& cpu = s.cpus[i];
        bool const wanted = s.queue > 0 || s.closed;
        if (wanted || cpu.power == Power::Off) { // the loop leaves at the next boundary; it may also do a step before
            State t = s;
            t.cpus[i].place = Place::Outside;
            --t.inside;
            go(from, t);
        }
        State t = s;
        switch (cpu.power) {
        case Power::Off: return;
        case Power::Pending:
        case Power::Waking:
            t.cpus[i].power = Power::On;
            go(from, t);
            return;
        case Power::Asleep: request(from, s, i, Call::None); return; // an interrupt
        case Power::On: break;
        }
        m_some_run = true;
        t.cpus[i].power = Power::Off; // CPU_OFF
        go(from, t);
        for (unsigned other = 0; other < m_cpus; ++other)
            if (s.cpus[other].power == Power::Off) { // CPU_ON
                t = s;
                t.cpus[other].power = Power::Pending;
                go(from, t);
            }
        for (Call const call : { Call::Reset, Call::Off, Call::Suspend })
            request(from, s, i, call);
    }

    void step_calling(size_t from, State const& s, unsigned i)
    {
        if (!served(s, s.cpus[i].ticket))
            return;
        look(s, i);
        State t = s;
        t.cpus[i].place = Place::Outside;
        t.cpus[i].ticket = kNoTicket;
        t.cpus[i].call = Call::None;
        t.cpus[i].stale = false;
        if (s.cpus[i].stale) {
            release(t);
            go(from, t);
            return;
        }
        bool const alone = s.cpus[i].call != Call::Suspend || others_off(s, i);
        if (alone) {
            State done = s;
            commit(done, i);
            done.cpus[i].place = Place::Outside;
            done.cpus[i].ticket = kNoTicket;
            done.cpus[i].call = Call::None;
            done.cpus[i].stale = false;
            release(done);
            go(from, done);
        }
        if (s.cpus[i].call == Call::None)
            return;
        // The policy refuses, or the caller is not alone: its answer is still to be written.
        t.cpus[i].place = Place::Refused;
        if (m_rejoin)
            ++t.inside;
        release(t);
        go(from, t);
    }

    void step_cpu(size_t from, State const& s, unsigned i)
    {
        State t = s;
        switch (s.cpus[i].place) {
        case Place::Gone: return;
        case Place::Inside: step_inside(from, s, i); return;
        case Place::Calling: step_calling(from, s, i); return;
        case Place::Refused:
            t.cpus[i].place = Place::Inside;
            if (!m_rejoin)
                ++t.inside;
            go(from, t);
            return;
        case Place::Outside: break;
        }
        if (s.closed)
            t.cpus[i].place = Place::Gone;
        else if (s.queue == 0 && s.cpus[i].power != Power::Off) {
            t.cpus[i].place = Place::Inside;
            ++t.inside;
        } else
            return;
        go(from, t);
    }

    void step_host(size_t from, State const& s)
    {
        State t = s;
        if (s.host == Host::Idle) {
            if (s.closed)
                return;
            for (Host const wish : { Host::WantsPause, Host::WantsSave, Host::WantsWake, Host::WantsKill }) {
                t = s;
                t.host = wish;
                t.host_ticket = ++t.queue;
                go(from, t);
            }
            return;
        }
        if (s.host == Host::Paused) { // holds the token
            look(s, m_cpus);
            t.host = Host::Idle;
            t.host_ticket = kNoTicket;
            release(t);
            go(from, t);
            t = s;
            t.host = Host::Idle;
            t.host_ticket = kNoTicket;
            end(t);
            release(t);
            go(from, t);
            return;
        }
        if (!served(s, s.host_ticket))
            return;
        look(s, m_cpus);
        if (s.host == Host::WantsSave)
            for (unsigned i = 0; i < m_cpus; ++i)
                m_half_applied += s.cpus[i].place == Place::Refused;
        if (s.host == Host::WantsPause && !s.closed) {
            t.host = Host::Paused;
            go(from, t);
            return;
        }
        if (s.host == Host::WantsWake)
            wake(t);
        if (s.host == Host::WantsKill)
            end(t);
        t.host = Host::Idle;
        t.host_ticket = kNoTicket;
        release(t);
        go(from, t);
    }

    void step(size_t from)
    {
        State const s = m_states[from];
        for (unsigned i = 0; i < m_cpus; ++i)
            step_cpu(from, s, i);
        step_host(from, s);
        if (m_edges[from].empty() && !finished(s))
            ++m_deadlocks;
    }

    unsigned m_cpus;
    bool m_rejoin;
    std::unordered_map<uint64_t, uint32_t> m_index;
    std::vector<State> m_states;
    std::vector<std::vector<uint32_t>> m_edges;
    size_t m_half_applied { 0 };
    size_t m_ran_during_commit { 0 };
    size_t m_deadlocks { 0 };
    bool m_some_run { false };
};

}

TEST_CASE("all interleavings: nobody runs during a commit, no call is half applied, no deadlock, nobody is lost")
{
    for (unsigned const cpus : { 2u, 3u }) {
        Model model { cpus, true };
        model.explore();
        MESSAGE(cpus, " vCPUs: ", model.states(), " states");
        CHECK(model.some_run());
        CHECK(model.states() > 1000);
        CHECK(model.ran_during_commit() == 0);
        CHECK(model.half_applied() == 0);
        CHECK(model.deadlocks() == 0);
        CHECK(model.hopeless() == 0);
    }
}

TEST_CASE("the model finds the fault it was made for: a refused caller that is let go without the gate")
{
    Model model { 2, false };
    model.explore();
    CHECK(model.half_applied() + model.ran_during_commit() > 0);
}
