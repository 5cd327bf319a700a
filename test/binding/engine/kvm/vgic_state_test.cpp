#include "engine/kvm/vgic_state.h"

#include "engine/kvm/fake_host.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace dormouse;
using namespace dormouse::kvm;
using namespace dormouse::arch::gic;

namespace {

constexpr uint64_t kHostCtlr = 0x4400; // five priority bits and the like: not ours to change

struct Vgic {
    std::shared_ptr<FakeHost> host { std::make_shared<FakeHost>() };
    Descriptor device { host, FakeHost::kDevice };
    std::vector<uint64_t> mpidrs { 0, 1, 0x100 };

    Vgic()
    {
        for (uint64_t const mpidr : mpidrs)
            host->attributes[{ abi::vgic::kCpuSysregs, mpidr << 32 | 0xc664 }] = kHostCtlr;
    }
};

LineBits random_lines(std::mt19937& random, bool is_private)
{
    LineBits lines;
    for (uint32_t* const word :
        { &lines.group, &lines.enabled, &lines.latched, &lines.level, &lines.active, &lines.edge })
        *word = static_cast<uint32_t>(random());
    if (is_private) {
        lines.edge |= kSgiMask;
        lines.level &= ~kSgiMask;
    }
    for (uint8_t& priority : lines.priority)
        priority = static_cast<uint8_t>(random()) & kPriorityMask;
    return lines;
}

State random_state(unsigned seed, size_t cpus)
{
    std::mt19937 random { seed };
    State state;
    state.ctlr = random() & 3;
    for (LineBits& lines : state.spis)
        lines = random_lines(random, false);
    for (uint64_t& route : state.routes)
        route = (uint64_t { random() } << 32 | random()) & 0xff'00ff'ffff;
    for (size_t i = 0; i < cpus; ++i) {
        CpuState cpu;
        cpu.lines = random_lines(random, true);
        cpu.processor_sleep = false;
        cpu.pmr = static_cast<uint8_t>(random()) & kPriorityMask;
        cpu.bpr0 = static_cast<uint8_t>(kMinBpr0 + random() % 5);
        cpu.bpr1 = static_cast<uint8_t>(kMinBpr1 + random() % 5);
        cpu.cbpr = random() & 1;
        cpu.eoimode = random() & 1;
        cpu.igrpen0 = random() & 1;
        cpu.igrpen1 = random() & 1;
        cpu.ap0r = static_cast<uint32_t>(random());
        cpu.ap1r = static_cast<uint32_t>(random());
        state.cpus.push_back(cpu);
    }
    return state;
}

}

TEST_CASE("what is written to the vGICv3 is what is read from it")
{
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Vgic vgic;
        State const state = random_state(seed, vgic.mpidrs.size());
        VgicState const face { vgic.device, vgic.mpidrs };
        REQUIRE(face.write(state).ok());
        auto const read = face.read();
        REQUIRE(read.ok());
        CHECK(read.value() == state);
        // The fields of ICC_CTLR_EL1 that describe the host are untouched.
        for (uint64_t const mpidr : vgic.mpidrs) {
            auto const ctlr = vgic.host->attributes[{ abi::vgic::kCpuSysregs, mpidr << 32 | 0xc664 }];
            CHECK((ctlr & ~uint64_t { 3 }) == kHostCtlr);
        }
    }
}

TEST_CASE("registers are written in the order that keeps them apart")
{
    Vgic vgic;
    State const state = random_state(1, vgic.mpidrs.size());
    REQUIRE(VgicState(vgic.device, vgic.mpidrs).write(state).ok());
    auto const& log = vgic.host->log;
    auto const place = [&](uint32_t group, uint64_t attribute) {
        auto const text = "attribute " + std::to_string(group) + "/" + std::to_string(attribute);
        auto const found = std::find(log.begin(), log.end(), text);
        REQUIRE(found != log.end());
        return found - log.begin();
    };
    // INTIDs 32 to 63: configuration, level, pending; the route before all of it.
    CHECK(place(abi::vgic::kDistRegs, 0x6100) < place(abi::vgic::kDistRegs, 0xc08));
    CHECK(place(abi::vgic::kDistRegs, 0xc08) < place(abi::vgic::kLevelInfo, 32));
    CHECK(place(abi::vgic::kLevelInfo, 32) < place(abi::vgic::kDistRegs, 0x204));
    CHECK(place(abi::vgic::kDistRegs, 0x184) < place(abi::vgic::kDistRegs, 0x104));
    CHECK(place(abi::vgic::kDistRegs, 0x384) < place(abi::vgic::kDistRegs, 0x304));
    // CPU 2 has affinity 0.0.1.0, and its private interrupts are in its SGI frame.
    CHECK(vgic.host->attributes.at({ abi::vgic::kRedistRegs, uint64_t { 0x100 } << 32 | 0x1'0080 })
        == state.cpus[2].lines.group);
}

TEST_CASE("a state with another number of CPUs is refused before anything is written")
{
    Vgic vgic;
    State const state = random_state(1, 2);
    auto const refused = VgicState(vgic.device, vgic.mpidrs).write(state);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("has 2 CPUs, this machine has 3") != std::string::npos);
    CHECK(vgic.host->log.empty());
}
