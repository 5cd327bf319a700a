#include "machine/quiesce_gate.h"

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <mutex>
#include <thread>
#include <vector>

using namespace dormouse;
using namespace dormouse::machine;

using Caller = QuiesceGate::Caller;

TEST_CASE("a request on an empty gate is granted at once and keeps participants out until it ends")
{
    QuiesceGate gate { [] {} };
    std::atomic<bool> entered { false };
    std::thread participant;
    {
        auto const token = gate.request(Caller::Outsider);
        CHECK(gate.wanted());
        participant = std::thread { [&] {
            REQUIRE(gate.enter());
            entered = true;
            gate.leave();
        } };
        std::this_thread::yield();
        CHECK_FALSE(entered);
    }
    participant.join();
    CHECK(entered);
    CHECK_FALSE(gate.wanted());
}

TEST_CASE("a request kicks, and waits for everybody inside to leave")
{
    std::atomic<unsigned> kicks { 0 };
    QuiesceGate gate { [&] { ++kicks; } };
    std::atomic<bool> inside { false };
    std::thread participant { [&] {
        REQUIRE(gate.enter());
        inside = true;
        while (!gate.wanted())
            std::this_thread::yield();
        inside = false;
        gate.leave();
    } };
    while (!inside)
        std::this_thread::yield();
    auto const token = gate.request(Caller::Outsider);
    CHECK_FALSE(inside);
    CHECK(kicks == 1);
    participant.join();
}

TEST_CASE("how long parking took is known, and has nothing of the time that a token is held")
{
    QuiesceGate gate { [] {} };
    std::atomic<bool> inside { false };
    std::thread participant { [&] {
        REQUIRE(gate.enter());
        inside = true;
        while (!gate.wanted())
            std::this_thread::yield();
        gate.leave();
    } };
    while (!inside)
        std::this_thread::yield();
    std::thread next;
    std::chrono::nanoseconds next_parking { -1 };
    {
        auto const token = gate.request(Caller::Outsider);
        CHECK(gate.last_parking().count() > 0);
        next = std::thread { [&] {
            auto const other = gate.request(Caller::Outsider);
            next_parking = gate.last_parking();
        } };
        while (gate.requests() < 2)
            std::this_thread::yield();
    }
    next.join();
    CHECK(next_parking.count() == 0); // nobody was inside any more
    participant.join();
}

TEST_CASE("requests are served in the order they arrived")
{
    QuiesceGate gate { [] {} };
    std::vector<int> order;
    std::vector<std::thread> threads;
    {
        auto const first = gate.request(Caller::Outsider);
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&gate, &order, i] {
                auto const token = gate.request(Caller::Outsider);
                order.push_back(i); // the token is the lock
            });
            while (gate.requests() < static_cast<uint64_t>(i) + 2) // it has its ticket, as has `first`
                std::this_thread::yield();
        }
    }
    for (auto& thread : threads)
        thread.join();
    CHECK(order == std::vector<int> { 0, 1, 2, 3, 4, 5, 6, 7 });
}

TEST_CASE("two participants that ask at the same time count as parked and both get their turn")
{
    QuiesceGate gate { [] {} };
    std::atomic<unsigned> served { 0 };
    std::atomic<unsigned> inside { 0 };
    auto const ask = [&] {
        REQUIRE(gate.enter());
        ++inside;
        while (inside < 2)
            std::this_thread::yield();
        auto const token = gate.request(Caller::Participant);
        ++served;
    };
    std::thread other { ask };
    ask();
    other.join();
    CHECK(served == 2);
}

TEST_CASE("a closed gate turns participants away, those that wait as well, and still serves requests")
{
    QuiesceGate gate { [] {} };
    std::atomic<int> answer { -1 };
    std::thread waiting;
    {
        auto const token = gate.request(Caller::Outsider);
        waiting = std::thread { [&] { answer = gate.enter() ? 1 : 0; } };
        gate.close();
    }
    waiting.join();
    CHECK(answer == 0);
    CHECK_FALSE(gate.enter());
    auto const token = gate.request(Caller::Outsider);
    CHECK(gate.wanted());
}

// The promise itself: while a token is held, nobody is inside.
TEST_CASE("stress: holders and participants are never inside together")
{
    QuiesceGate gate { [] {} };
    std::atomic<int> inside { 0 };
    std::atomic<bool> violated { false };
    std::atomic<unsigned> entries { 0 };
    std::atomic<bool> finished { false };
    auto const participate = [&](bool asks) {
        for (unsigned i = 0; !finished; ++i) {
            if (!gate.enter())
                return;
            ++inside;
            ++entries;
            --inside;
            if (asks && i % 16 == 0) {
                auto const token = gate.request(Caller::Participant);
                violated = violated || inside != 0;
            } else {
                gate.leave();
            }
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back(participate, i == 0);
    for (int i = 0; i < 500; ++i) {
        auto const token = gate.request(Caller::Outsider);
        violated = violated || inside != 0;
    }
    while (entries < 1000)
        std::this_thread::yield();
    finished = true;
    for (auto& thread : threads)
        thread.join();
    CHECK_FALSE(violated);
}
