// A machine that is stopped anywhere under the JIT has the same future in one that interprets, and the other way round:
// random sequences that change between the two again and again end as they do without.
#include "engine/emulator/jit/sequence_world.h"

#include <atomic>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

// Kicks a vCPU once at some moment after go(), from another thread as a pause does.
class Kicker {
public:
    explicit Kicker(uint64_t seed) : m_random(seed), m_thread([this] { work(); }) { }
    ~Kicker()
    {
        m_over = true;
        m_thread.join();
    }
    void go(engine::Vcpu& vcpu) { m_target = &vcpu; }

private:
    void work()
    {
        while (!m_over) {
            engine::Vcpu* const target = m_target.exchange(nullptr);
            if (!target) {
                std::this_thread::yield();
                continue;
            }
            for (unsigned turns = m_random.below(2000); turns > 0; --turns)
                m_spins = m_spins + 1;
            target->kick();
        }
    }

    RandomPrograms m_random;
    unsigned volatile m_spins { 0 };
    std::atomic<engine::Vcpu*> m_target { nullptr };
    std::atomic<bool> m_over { false };
    std::thread m_thread;
};

struct Journey {
    int end;
    unsigned moves;
    uint64_t retired;
    World* last;
};

Journey travel(World& start, World& other, Sequence const& sequence, uint64_t seed, Kicker* kicker)
{
    uint64_t const before = start.retired() + other.retired();
    World* here = &start;
    World* there = &other;
    start.load(sequence, seed);
    for (unsigned moves = 0;; ++moves) {
        if (kicker)
            kicker->go(here->vcpu());
        int const end = here->run();
        if (end != World::kInterrupted)
            return { end, moves, start.retired() + other.retired() - before, here };
        there->take_over(*here, sequence);
        std::swap(here, there);
    }
}

// How often the sequences went from one machine to the other.
uint64_t compare_journeys(EmulatorOptions options, uint64_t seed, uint64_t count, bool from_other_thread)
{
    options.jit = true;
    World reference({}, 2);
    World interpreted({}, 2);
    World translated(options, 2);
    interpreted.bus.kicks = translated.bus.kicks = 2;
    // A region takes interrupts at other instructions than the interpreter.
    RandomSequences random(seed, reference.descriptors, true, options.hot_rounds == 0);
    std::unique_ptr<Kicker> const kicker = from_other_thread ? std::make_unique<Kicker>(seed) : nullptr;
    uint64_t moves = 0;
    for (uint64_t i = 0; i < count; ++i) {
        auto const sequence = random.sequence(4 + random.values().below(50));
        uint64_t const state = random.values().number();
        uint64_t const before = reference.retired();
        reference.load(sequence, state);
        REQUIRE(reference.run() == 1);
        bool const begins_translated = random.values().below(2);
        Journey const journey = travel(begins_translated ? translated : interpreted,
            begins_translated ? interpreted : translated, sequence, state, kicker.get());
        std::string differs = reference.difference(*journey.last);
        if (journey.retired != reference.retired() - before)
            differs += " retired";
        if (journey.end != 1)
            differs += " ends with " + std::to_string(journey.end);
        if (!differs.empty())
            FAIL("journey ", i, " of seed ", seed, " after ", journey.moves, " moves:", differs, listing(sequence));
        moves += journey.moves;
    }
    return moves;
}

// DORMOUSE_RANDOM_JOURNEYS: how many in all; DORMOUSE_RANDOM_SEED: others.
void check_journeys(uint32_t threshold, bool from_other_thread)
{
    if (!why_no_jit().empty())
        return;
    EmulatorOptions options;
    options.threshold = threshold;
    uint64_t const journeys = wish("DORMOUSE_RANDOM_JOURNEYS", 1000) / 4;
    uint64_t const seed = wish("DORMOUSE_RANDOM_SEED", 50) + from_other_thread;
    for (uint32_t const hot_rounds : { 0, 1 }) {
        options.hot_rounds = hot_rounds;
        CHECK(compare_journeys(options, seed + 2 * hot_rounds, journeys, from_other_thread) > journeys / 2);
    }
}

}

TEST_CASE("a sequence goes on under the JIT or without it, wherever it was stopped by what it did itself")
{
    check_journeys(1, false);
}

TEST_CASE("a sequence goes on under the JIT or without it, wherever another thread stopped it")
{
    check_journeys(2, true);
}
