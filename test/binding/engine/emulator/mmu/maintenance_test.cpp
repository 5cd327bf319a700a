#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/mmu/maintenance.h"

#include <doctest/doctest.h>

#include <thread>

using namespace dormouse::emulator;

namespace {

using Kind = MaintenanceRequest::Kind;

struct Peer : MaintenancePort::Target {
    explicit Peer(std::shared_ptr<MaintenanceNetwork> network) : port(std::move(network), *this, pending) { }
    void apply(MaintenanceRequest const& request) override { applied.push_back(request.kind); }

    std::atomic<uint32_t> pending { 0 };
    std::vector<Kind> applied;
    MaintenancePort port;
};

struct Pair {
    std::shared_ptr<MaintenanceNetwork> network { std::make_shared<MaintenanceNetwork>() };
    Peer a { network };
    Peer b { network };
};

}

TEST_CASE("a vCPU outside run() is not waited for and catches up on entry")
{
    Pair pair;
    pair.a.port.enter();
    pair.a.port.broadcast({ Kind::AllPages, 0, 0 });
    pair.a.port.complete();
    CHECK(pair.b.applied.empty());
    CHECK((pair.b.pending & kPendingTlb) != 0);
    pair.b.port.enter();
    CHECK(pair.b.applied == std::vector { Kind::AllPages });
    CHECK((pair.b.pending & kPendingTlb) == 0);
}

TEST_CASE("complete() returns when the running others have served")
{
    Pair pair;
    pair.a.port.enter();
    pair.b.port.enter();
    std::atomic<bool> completed { false };
    pair.a.port.broadcast({ Kind::AllPages, 0, 0 });
    std::thread waiter([&] {
        pair.a.port.complete();
        completed = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(!completed);
    pair.b.port.serve();
    waiter.join();
    CHECK(completed);
    CHECK(pair.b.applied == std::vector { Kind::AllPages });
}

TEST_CASE("requests pass by those that cannot be concerned")
{
    Pair pair;
    pair.b.port.note_asid(5);
    pair.b.port.note_code_page(0x4000'0000);
    auto const reaches = [&](MaintenanceRequest const& request) {
        pair.b.applied.clear();
        pair.a.port.broadcast(request);
        pair.b.port.serve();
        return !pair.b.applied.empty();
    };
    CHECK(reaches({ Kind::Asid, 5, 0 }));
    CHECK(!reaches({ Kind::Asid, 6, 0 }));
    CHECK(reaches({ Kind::Page, 5, 0x1000 }));
    CHECK(!reaches({ Kind::Page, 6, 0x1000 }));
    CHECK(reaches({ Kind::Page, 6, ~uint64_t { 0xfff } })); // the upper half's pages may be global
    CHECK(reaches({ Kind::PageOfAllAsids, 0, 0x1000 }));
    CHECK(reaches({ Kind::CodeLine, 0, 0x4000'0040 }));
    CHECK(!reaches({ Kind::CodeLine, 0, 0x4000'1000 }));
    CHECK(pair.b.port.note_global_page_in_lower_half());
    CHECK(!pair.b.port.note_global_page_in_lower_half());
    CHECK(reaches({ Kind::Page, 6, 0x1000 }));
    pair.b.port.forget_asids_but(7);
    CHECK(!reaches({ Kind::Page, 5, 0x1000 }));
    CHECK(reaches({ Kind::Asid, 7, 0 }));
    pair.b.port.forget_code_pages();
    CHECK(!reaches({ Kind::CodeLine, 0, 0x4000'0040 }));
}

TEST_CASE("a queue that runs over becomes one request for everything")
{
    Pair pair;
    for (unsigned n = 0; n < 1000; ++n)
        pair.a.port.broadcast({ Kind::PageOfAllAsids, 0, uint64_t { n } << 12 });
    pair.b.port.serve();
    CHECK(pair.b.applied.size() <= 64);
    CHECK(pair.b.applied.front() == Kind::Everything);
    pair.b.port.enter();
    pair.a.port.complete(); // all 1000 count as served
}

TEST_CASE("two vCPUs that wait for each other serve each other")
{
    Pair pair;
    auto const work = [](Peer& peer) {
        peer.port.enter();
        for (unsigned n = 0; n < 5000; ++n) {
            peer.port.broadcast({ Kind::AllPages, 0, 0 });
            peer.port.complete();
        }
        peer.port.leave();
    };
    std::thread other([&] { work(pair.b); });
    work(pair.a);
    other.join();
    pair.a.port.serve();
    pair.b.port.serve();
    CHECK(!pair.a.applied.empty());
    CHECK(!pair.b.applied.empty());
}
