#include "machine/tiny_guest.h"

using namespace dormouse;
using namespace dormouse::machine;

TEST_CASE("pause, save and keys from other threads while three vCPUs race for memory")
{
    TinyGuest guest { 3 };
    REQUIRE(guest.machine->start().ok());
    REQUIRE(guest.prints("tiny> "));
    guest.type("smp");
    REQUIRE(guest.prints("smp: 3 of 3 CPUs online"));
    guest.type("race 1500");
    bool const echoed = guest.prints("race 1500\r\n");
    REQUIRE_MESSAGE(echoed, guest.printed());

    std::atomic<bool> typing { true };
    std::thread typist { [&] {
        for (unsigned turn = 0; typing; ++turn) {
            if (turn < 100) // The guest's own queue holds 256 keys.
                guest.type("");
            (void)guest.machine->statistics();
            (void)guest.machine->console().drain(100);
            std::this_thread::sleep_for(std::chrono::milliseconds { 1 });
        }
    } };
    std::vector<uint8_t> saved;
    for (int round = 0; round < 8; ++round) {
        CHECK(guest.machine->pause().ok());
        auto state = guest.machine->save();
        CHECK(state.ok());
        if (round == 0)
            saved = state.take();
        CHECK(guest.machine->resume().ok());
        auto const running = guest.machine->save();
        CHECK(running.ok());
    }
    typing = false;
    typist.join();
    CHECK(guest.prints("race: CPU 2 did"));
    guest.type("echo still here");
    CHECK(guest.prints("\nstill here"));

    // What was saved in the middle of the race goes on in another machine to the end of the race.
    TinyGuest copy { 3 };
    REQUIRE(copy.machine->restore(saved).ok());
    REQUIRE(copy.machine->start().ok());
    CHECK(copy.prints("race: CPU 2 did"));
    copy.type("off");
    CHECK(eventually([&] { return copy.machine->state() == MachineState::Ended; }));
    REQUIRE(copy.listener.endings().size() == 1);
    CHECK(copy.listener.endings()[0].outcome == Outcome::PoweredOff);
}

TEST_CASE("reset in place with all vCPUs running, and close while the guest computes")
{
    TinyGuest guest { 2 };
    REQUIRE(guest.machine->start().ok());
    for (size_t boot = 1; boot <= 4; ++boot) {
        REQUIRE(guest.prints("tiny> ", 2 * boot - 1)); // one more after each answer
        guest.type("smp");
        REQUIRE(guest.prints("smp: 2 of 2 CPUs online", boot));
        if (boot < 4)
            guest.type("reset");
    }
    CHECK(guest.machine->statistics().resets == 3);
    guest.type("race 60000");
    guest.machine->close();
    CHECK(guest.machine->state() == MachineState::Ended);
}

TEST_CASE("a saved state with any byte changed is refused or goes on, and never takes the process along")
{
    TinyGuest guest { 2 };
    REQUIRE(guest.machine->start().ok());
    REQUIRE(guest.prints("tiny> "));
    REQUIRE(guest.machine->pause().ok());
    auto state = guest.machine->save();
    REQUIRE(state.ok());
    std::vector<uint8_t> const good = state.take();
    REQUIRE(good.size() > 1000);

    std::mt19937_64 random { 2 };
    unsigned refused = 0;
    unsigned accepted = 0;
    for (unsigned round = 0; round < 60; ++round) {
        std::vector<uint8_t> bad = good;
        // Near the start and the end are headers, registers and devices; between them is mostly memory.
        size_t const reach = std::min<size_t>(bad.size(), 16384);
        size_t const at = round % 3 == 0 ? random() % reach
            : round % 3 == 1             ? bad.size() - 1 - random() % reach
                                         : random() % bad.size();
        bad[at] ^= static_cast<uint8_t>(1 + random() % 255);
        if (round % 10 == 9)
            bad.resize(random() % bad.size());
        TinyGuest victim { 2 };
        if (!victim.machine->restore(bad).ok()) {
            ++refused;
            continue;
        }
        ++accepted; // A flipped bit of memory or of a register is a valid state: the guest is then on its own.
        (void)victim.machine->start();
        std::this_thread::sleep_for(std::chrono::milliseconds { 2 });
    }
    CHECK(refused > 0);
    MESSAGE("refused ", refused, ", went on ", accepted);

    TinyGuest whole { 2 };
    CHECK(whole.machine->restore(good).ok());
}
