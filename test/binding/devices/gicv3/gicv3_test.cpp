#include "devices/gicv3/gicv3.h"

#include "arch/system_register_encoding.h"
#include "devices/device_contract.h"
#include "devices/fakes.h"

#include <memory>

using namespace dormouse;
using devices::Gicv3;

namespace {

constexpr uint16_t icc(unsigned crm, unsigned op2)
{
    return arch::system_register(3, 0, 12, crm, op2);
}
constexpr uint16_t kPmr = arch::system_register(3, 0, 4, 6, 0);
constexpr uint16_t kIar0 = icc(8, 0), kEoir0 = icc(8, 1), kAp1r0 = icc(9, 0), kAp1r1 = icc(9, 1), kDir = icc(11, 1),
                   kRpr = icc(11, 3), kSgi1r = icc(11, 5), kSgi0r = icc(11, 7), kIar1 = icc(12, 0), kEoir1 = icc(12, 1),
                   kHppir1 = icc(12, 2), kBpr1 = icc(12, 3), kCtlr = icc(12, 4), kIgrpen0 = icc(12, 6),
                   kIgrpen1 = icc(12, 7);
constexpr uint64_t kFrame = 0x2'0000, kSgiBase = 0x1'0000;

// A GIC set up the way Linux does it: everything in Group 1, priority 0xa0, PMR 0xf0.
struct Board {
    explicit Board(unsigned cpus, std::vector<unsigned> regions = {})
    {
        Gicv3::Config config;
        for (unsigned cpu = 0; cpu < cpus; ++cpu)
            config.mpidrs.push_back((cpu & 15) | uint64_t { cpu >> 4 } << 8);
        config.cpus_per_region = regions.empty() ? std::vector<unsigned> { cpus } : regions;
        gic = std::make_unique<Gicv3>(config);
        signals.resize(cpus);
        for (unsigned cpu = 0; cpu < cpus; ++cpu)
            gic->connect_cpu(cpu, signals[cpu]);
        dist(0, 0x13);
        for (uint64_t bank = 1; bank < 9; ++bank) {
            dist(0x80 + 4 * bank, ~0u);
            for (uint64_t word = 0; word < 8; ++word)
                dist(0x400 + bank * 32 + word * 4, 0xa0a0a0a0);
        }
        unsigned first = 0;
        for (unsigned region = 0; region < config.cpus_per_region.size(); ++region) {
            for (unsigned i = 0; i < config.cpus_per_region[region]; ++i) {
                auto& frames = gic->redistributor_region(region);
                frames.write(i * kFrame + 0x14, 4, 0);
                frames.write(i * kFrame + kSgiBase + 0x80, 4, ~0u);
                for (uint64_t word = 0; word < 8; ++word)
                    frames.write(i * kFrame + kSgiBase + 0x400 + word * 4, 4, 0xa0a0a0a0);
                frames.write(i * kFrame + kSgiBase + 0x100, 4, ~0u);
                set(first + i, kPmr, 0xf0);
                set(first + i, kIgrpen1, 1);
            }
            first += config.cpus_per_region[region];
        }
    }
    void dist(uint64_t offset, uint32_t value) { gic->distributor().write(offset, 4, value); }
    uint32_t dist(uint64_t offset) { return static_cast<uint32_t>(gic->distributor().read(offset, 4)); }
    void set(unsigned cpu, uint16_t encoding, uint64_t value)
    {
        REQUIRE(gic->cpu_interface(cpu).write(encoding, value));
    }
    uint64_t get(unsigned cpu, uint16_t encoding)
    {
        uint64_t value = 0;
        REQUIRE(gic->cpu_interface(cpu).read(encoding, value));
        return value;
    }
    void enable(unsigned intid) { dist(0x100 + intid / 32 * 4, 1u << (intid % 32)); }
    void priority(unsigned intid, uint8_t value) { gic->distributor().write(0x400 + intid, 1, value); }
    void edge(unsigned intid) { dist(0xc00 + intid / 16 * 4, 2u << (intid % 16 * 2)); }

    std::unique_ptr<Gicv3> gic;
    std::deque<fakes::FakeSignals> signals;
};

}

TEST_CASE("gicv3: keeps the device contract with 1, 4 and 200 CPUs")
{
    for (unsigned const cpus : { 1u, 4u, 200u }) {
        Board board { cpus, cpus > 123 ? std::vector<unsigned> { 123, cpus - 123 } : std::vector<unsigned> {} };
        auto const good = board.gic->save();
        auto fewer = good;
        fewer.cpus.pop_back();
        auto priority = good;
        priority.spis[3].priority[7] = 1;
        auto route = good;
        route.routes[9] = uint64_t { 1 } << 40;
        auto bpr = good;
        bpr.cpus[0].bpr1 = 0;
        auto sgi = good;
        sgi.cpus[0].lines.edge = 0;
        contract::check_state_contract(
            *board.gic, [](Gicv3& gic) { gic.irq_line(40).set_level(true); }, { fewer, priority, route, bpr, sgi });
        contract::check_bus_contract(*board.gic, board.gic->distributor(), 0x1'0000);
        contract::check_bus_contract(*board.gic, board.gic->redistributor_region(0), kFrame);
    }
}

TEST_CASE("gicv3: every system register encoding is survived, unknown ones are refused")
{
    Board board { 2 };
    uint64_t value = 0;
    for (unsigned encoding = 0; encoding < 0x1'0000; ++encoding) {
        bool const readable = board.gic->cpu_interface(0).read(static_cast<uint16_t>(encoding), value);
        bool const writable = board.gic->cpu_interface(0).write(static_cast<uint16_t>(encoding), ~uint64_t { 0 });
        bool const known = (encoding & 0xff80) == icc(0, 0) || encoding == kPmr;
        if (!known)
            CHECK_FALSE((readable || writable));
    }
    CHECK_FALSE(board.gic->cpu_interface(0).read(kAp1r1, value));
    CHECK_FALSE(board.gic->cpu_interface(0).write(kIar1, 0));
    CHECK(board.gic->restore(board.gic->save()).ok());
}

TEST_CASE("gicv3: a level interrupt goes through pending, active and back")
{
    Board board { 1 };
    board.enable(33);
    auto& line = board.gic->irq_line(33);
    line.set_level(true);
    CHECK(board.signals[0].irq);
    CHECK(board.get(0, kHppir1) == 33);
    CHECK(board.get(0, kIar1) == 33);
    CHECK_FALSE(board.signals[0].irq);
    CHECK(board.get(0, kRpr) == 0xa0);
    CHECK(board.get(0, kIar1) == 1023);
    board.set(0, kEoir1, 33); // the wire is still high: again
    CHECK(board.signals[0].irq);
    CHECK(board.get(0, kIar1) == 33);
    line.set_level(false);
    board.set(0, kEoir1, 33);
    CHECK_FALSE(board.signals[0].irq);
    CHECK(board.get(0, kRpr) == 0xff);
}

TEST_CASE("gicv3: an edge interrupt is remembered once and again while active")
{
    Board board { 1 };
    board.edge(48);
    board.enable(48);
    auto& line = board.gic->irq_line(48);
    line.set_level(true);
    line.set_level(false);
    CHECK(board.get(0, kIar1) == 48);
    line.set_level(true);
    CHECK_FALSE(board.signals[0].irq);
    board.set(0, kEoir1, 48);
    CHECK(board.get(0, kIar1) == 48);
    board.set(0, kEoir1, 48);
    CHECK_FALSE(board.signals[0].irq); // the level stays high, no new edge
}

TEST_CASE("gicv3: ISPENDR and ICPENDR act, a high level survives ICPENDR")
{
    Board board { 1 };
    board.enable(50);
    board.dist(0x204, 1u << 18);
    CHECK(board.signals[0].irq);
    board.dist(0x284, 1u << 18);
    CHECK_FALSE(board.signals[0].irq);
    board.gic->irq_line(50).set_level(true);
    board.dist(0x284, 1u << 18);
    CHECK(board.signals[0].irq);
    CHECK(board.dist(0x204) == 1u << 18);
    board.dist(0x304, 1u << 18); // ISACTIVER: active interrupts are not signalled
    CHECK_FALSE(board.signals[0].irq);
    board.dist(0x384, 1u << 18);
    CHECK(board.signals[0].irq);
}

TEST_CASE("gicv3: higher priority preempts, equal and masked priorities wait")
{
    Board board { 1 };
    for (unsigned const intid : { 33u, 34u, 35u })
        board.enable(intid);
    board.priority(34, 0x40);
    board.gic->irq_line(33).set_level(true);
    CHECK(board.get(0, kIar1) == 33);
    board.gic->irq_line(35).set_level(true);
    CHECK_FALSE(board.signals[0].irq);
    board.gic->irq_line(34).set_level(true);
    CHECK(board.signals[0].irq);
    CHECK(board.get(0, kIar1) == 34);
    CHECK(board.get(0, kRpr) == 0x40);
    CHECK(board.get(0, kAp1r0) == ((1u << (0xa0 >> 3)) | (1u << (0x40 >> 3))));
    board.gic->irq_line(34).set_level(false);
    board.set(0, kEoir1, 34);
    CHECK(board.get(0, kRpr) == 0xa0);
    board.set(0, kPmr, 0xa0);
    board.gic->irq_line(33).set_level(false);
    board.set(0, kEoir1, 33);
    CHECK_FALSE(board.signals[0].irq);
    board.set(0, kPmr, 0xf0);
    CHECK(board.get(0, kIar1) == 35);
}

TEST_CASE("gicv3: the binary point stops preemption inside a group")
{
    Board board { 1 };
    board.set(0, kBpr1, 7); // groups of 128
    board.enable(33);
    board.enable(34);
    board.priority(34, 0x80);
    board.gic->irq_line(33).set_level(true);
    CHECK(board.get(0, kIar1) == 33);
    board.gic->irq_line(34).set_level(true);
    CHECK_FALSE(board.signals[0].irq);
    board.priority(34, 0x78);
    CHECK(board.signals[0].irq);
}

TEST_CASE("gicv3: EOImode 1 splits priority drop and deactivation")
{
    Board board { 1 };
    board.set(0, kCtlr, 2);
    board.enable(33);
    board.gic->irq_line(33).set_level(true);
    CHECK(board.get(0, kIar1) == 33);
    board.set(0, kEoir1, 33);
    CHECK(board.get(0, kRpr) == 0xff);
    CHECK_FALSE(board.signals[0].irq);
    board.set(0, kDir, 33);
    CHECK(board.signals[0].irq);
}

TEST_CASE("gicv3: Group 0 is a FIQ with its own registers")
{
    Board board { 1 };
    board.dist(0x84, ~(1u << 1));
    board.enable(33);
    board.set(0, kIgrpen0, 1);
    board.gic->irq_line(33).set_level(true);
    CHECK(board.signals[0].fiq);
    CHECK_FALSE(board.signals[0].irq);
    CHECK(board.get(0, kIar1) == 1023);
    CHECK(board.get(0, kIar0) == 33);
    board.gic->irq_line(33).set_level(false);
    board.set(0, kEoir0, 33);
    CHECK(board.get(0, kRpr) == 0xff);
}

TEST_CASE("gicv3: SGIs reach affinity lists and everybody else")
{
    Board board { 20 };
    board.set(0, kSgi1r, uint64_t { 3 } << 24 | 1u << 16 | 0b1001); // Aff1 = 1: CPUs 16 and 19
    for (unsigned cpu = 0; cpu < 20; ++cpu)
        CHECK(board.signals[cpu].irq == (cpu == 16 || cpu == 19));
    CHECK(board.get(16, kIar1) == 3);
    board.set(16, kEoir1, 3);
    CHECK(board.get(19, kIar1) == 3);
    board.set(19, kEoir1, 3);
    board.set(5, kSgi1r, uint64_t { 1 } << 40 | uint64_t { 7 } << 24);
    for (unsigned cpu = 0; cpu < 20; ++cpu)
        CHECK(board.signals[cpu].irq == (cpu != 5));
    board.set(5, kSgi0r, 1u << 5); // its own SGI 0 is in Group 1: SGI0R may not raise it
    CHECK_FALSE(board.signals[5].irq);
}

TEST_CASE("gicv3: IROUTER moves an SPI, 1-of-N goes to a CPU that takes part, an unknown CPU gets nothing")
{
    Board board { 4 };
    board.enable(40);
    board.gic->irq_line(40).set_level(true);
    CHECK(board.signals[0].irq);
    board.gic->distributor().write(0x6000 + 8 * 40, 8, 2);
    CHECK_FALSE(board.signals[0].irq);
    CHECK(board.signals[2].irq);
    board.gic->distributor().write(0x6000 + 8 * 40, 8, 77);
    CHECK_FALSE(board.signals[2].irq);
    board.set(0, kIgrpen1, 0);
    board.gic->distributor().write(0x6000 + 8 * 40, 8, devices::gic::kRouteAny);
    CHECK(board.signals[1].irq);
    board.set(1, kIgrpen1, 0);
    CHECK_FALSE(board.signals[1].irq);
    CHECK(board.signals[2].irq);
    CHECK(board.gic->distributor().read(0x6000 + 8 * 40, 8) == devices::gic::kRouteAny);
}

TEST_CASE("gicv3: PPIs are private; a sleeping redistributor signals nothing but a wake request")
{
    Board board { 2 };
    board.gic->private_line(1, 27).set_level(true);
    CHECK_FALSE(board.signals[0].irq);
    CHECK(board.signals[1].irq);
    auto& frames = board.gic->redistributor_region(0);
    CHECK(frames.read(kFrame + kSgiBase + 0x200, 4) == 1u << 27);
    frames.write(kFrame + 0x14, 4, 2);
    CHECK(frames.read(kFrame + 0x14, 4) == 6);
    CHECK_FALSE(board.signals[1].irq);
    CHECK(board.get(1, kIar1) == 1023);
    CHECK(board.gic->wake_request(1));
    CHECK_FALSE(board.gic->wake_request(0));
}

TEST_CASE("gicv3: says what it is; the last frame of each region is marked")
{
    Board board { 200, { 123, 77 } };
    CHECK((board.dist(4) & 31) == 8); // 288 lines
    CHECK(board.dist(0xffe8) == 0x3b);
    CHECK((board.dist(0) & 0x50) == 0x50);
    auto& first = board.gic->redistributor_region(0);
    auto& second = board.gic->redistributor_region(1);
    CHECK((first.read(121 * kFrame + 8, 4) & 16) == 0);
    CHECK((first.read(122 * kFrame + 8, 4) & 16) == 16);
    CHECK((second.read(76 * kFrame + 8, 4) & 16) == 16);
    CHECK((second.read(76 * kFrame + 8, 8) >> 32) == 0xc07); // CPU 199: Aff1 12, Aff0 7
    CHECK(second.read(77 * kFrame + 8, 4) == 0);
}

TEST_CASE("gicv3: a restored machine has the same interrupts waiting")
{
    Board board { 4 };
    board.enable(33);
    board.gic->distributor().write(0x6000 + 8 * 33, 8, 3);
    board.gic->irq_line(33).set_level(true);
    state::Writer writer;
    static_cast<devices::Device&>(*board.gic).save(writer);
    Board other { 4 };
    state::Reader reader { "gicv3", writer.data() };
    REQUIRE(static_cast<devices::Device&>(*other.gic).restore(reader).ok());
    CHECK(other.signals[3].irq);
    CHECK(other.get(3, kIar1) == 33);
    board.gic->reset();
    CHECK_FALSE(board.signals[3].irq);
}
