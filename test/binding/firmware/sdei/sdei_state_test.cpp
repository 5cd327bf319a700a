// Every call in every state, and long random walks, against the model.
#include "firmware/firmware.h"

#include "arch/system_register_encoding.h"
#include "firmware/fakes.h"
#include "firmware/sdei/model.h"

#include <doctest/doctest.h>

#include <random>

using namespace dormouse;
using namespace dormouse::firmware;
using sdei_model::Model;
using sdei_model::Registers;

namespace {

// Two events of each priority: 0 and kNormal, kCritical and kCritical2.
constexpr uint32_t kNormal = 0x4000'0007;
constexpr uint32_t kCritical = 0x4080'0001;
constexpr uint32_t kCritical2 = 0x40ff'ffff;
constexpr uint64_t kEntry = 0xffff'8000'1234'5678;
constexpr uint64_t kResume = 0xffff'8000'0800'0a80;

using Call = std::array<uint64_t, 6>;

struct World {
    FakePlatform platform;
    FakeClock clock;
    FakeVcpu vcpu;
    Firmware firmware { psci::Version::V1_3, platform, clock, std::vector { kNormal, kCritical, kCritical2 } };
    Model model { { { 0 }, { kNormal }, { kCritical, true }, { kCritical2, true } } };

    World()
    {
        using engine::system_register_id;
        vcpu.registers[system_register_id(arch::system_register(3, 0, 12, 0, 0))] = { Model::kVbar, 0 };
        vcpu.registers[system_register_id(arch::system_register(3, 0, 0, 7, 1))] = { 1 << 20, 0 }; // PAN
        Registers start;
        for (unsigned n = 0; n < start.x.size(); ++n)
            start.x[n] = 0x1111'0000 + n;
        start.pc = 0xffff'8000'0001'0000;
        start.pstate = 0x8000'0005;
        load(start);
    }

    sdei::Sdei& sdei() { return *firmware.sdei(); }
    void load(Registers const& registers)
    {
        model.registers = registers;
        for (unsigned n = 0; n < registers.x.size(); ++n)
            vcpu.registers[engine::x_register(n)] = { registers.x[n], 0 };
        vcpu.registers[engine::kRegisterPc] = { registers.pc, 0 };
        vcpu.registers[engine::kRegisterPstate] = { registers.pstate, 0 };
        vcpu.registers[engine::kRegisterElrEl1] = { registers.elr, 0 };
        vcpu.registers[engine::kRegisterSpsrEl1] = { registers.spsr, 0 };
    }
    Registers here()
    {
        Registers registers;
        for (unsigned n = 0; n < registers.x.size(); ++n)
            registers.x[n] = vcpu.registers[engine::x_register(n)].low;
        registers.pc = vcpu.registers[engine::kRegisterPc].low;
        registers.pstate = vcpu.registers[engine::kRegisterPstate].low;
        registers.elr = vcpu.registers[engine::kRegisterElrEl1].low;
        registers.spsr = vcpu.registers[engine::kRegisterSpsrEl1].low;
        return registers;
    }

    void dispatch()
    {
        firmware.deliver_event(0, vcpu).take();
        model.dispatch();
    }
    void call(Call const& call)
    {
        for (unsigned i = 0; i < call.size(); ++i)
            vcpu.registers[engine::x_register(i)] = { call[i], 0 };
        CHECK(firmware.handle(0, vcpu, {}).take() == Firmware::Next::Run);
        model.hvc(call);
        CHECK(here() == model.registers); // before anything else is entered
        dispatch();
    }
    void trigger(uint32_t event)
    {
        sdei().signal(0, *sdei().events().find(event));
        model.trigger(event);
        dispatch();
    }
    void compare()
    {
        auto const& state = sdei().vcpu_state(0);
        CHECK(here() == model.registers);
        CHECK(state.masked == model.masked);
        for (unsigned place = 0; place < model.events().size(); ++place) {
            auto const& event = model.events()[place];
            CHECK(static_cast<int64_t>(state.handlers[place].state) == event.status());
            CHECK((state.pending.load() >> place & 1) == event.pending);
        }
        CHECK((sdei().vcpu_state(1).pending.load() != 0) == (model.signalled_other == 1));
    }
};

// The state vectors (registered, enabled, running).
constexpr char const* kStates[] { "000", "001", "100", "101", "110", "111" };

void reach(World& world, uint32_t event, unsigned state)
{
    if (state == 0)
        return;
    world.call({ 0xc400'0021, event, kEntry + event % 7 * 4, event + 5, 0, 0 });
    if (state == 2)
        return;
    world.call({ 0xc400'0022, event });
    if (state == 4)
        return;
    world.call({ 0xc400'002c });
    world.trigger(event);
    if (state == 1)
        world.call({ 0xc400'0027, event });
    if (state == 3)
        world.call({ 0xc400'0023, event });
}

std::vector<Call> calls_about(uint64_t event)
{
    std::vector<Call> calls {
        { 0xc400'0020 }, { 0xc400'0021, event, kEntry, 99, 0, 0 },
        { 0xc400'0021, event, kEntry, 99, 1, 0x8000'0000 }, // routing of a private event: ignored
        { 0xc400'0021, event, 0x400, 99, 2, 0 }, { 0xc400'0021, event, kEntry + 2, 99, 0, 0 },
        { 0xc400'0021, event, kEntry, 99, 4, 0 }, { 0xc400'0021, event, kEntry, 99, uint64_t { 1 } << 63, 0 },
        { 0xc400'0022, event }, { 0xc400'0023, event }, { 0xc400'0024, 0 }, { 0xc400'0024, 17 }, { 0xc400'0024, 18 },
        { 0xc400'0024, ~uint64_t { 0 } }, { 0xc400'0025, 0 }, { 0xc400'0025, 1 }, { 0xc400'0025, 77 },
        { 0xc400'0026, kResume }, { 0xc400'0026, kResume + 1 }, { 0xc400'0027, event }, { 0xc400'0028, event },
        { 0xc400'002a, event, 0, 0 }, { 0xc400'002a, event, 1, 0 }, { 0xc400'002b }, { 0xc400'002c },
        { 0xc400'002d, 15 }, { 0xc400'002d, 16 }, { 0xc400'002d, 1019 }, { 0xc400'002d, 1020 },
        { 0xc400'002d, uint64_t { 1 } << 32 | 20 }, { 0xc400'002e, event }, { 0xc400'002f, event, 0 },
        { 0xc400'002f, event, 1 }, { 0xc400'002f, event, 2 }, { 0xc400'002f, event, 0x8000'0000 }, { 0xc400'0030, 0 },
        { 0xc400'0030, 1 }, { 0xc400'0030, 2 }, { 0xc400'0031 }, { 0xc400'0032 }, { 0xc400'0033, event },
        { 0xc400'003f, event }, { 0x8400'0022, event }, // there is no 32-bit convention
    };
    for (uint64_t info = 0; info < 6; ++info)
        calls.push_back({ 0xc400'0029, event, info });
    return calls;
}

// What else goes on around the event that is looked at.
enum class Around { Nothing, NormalRuns, CriticalRuns, Pending };

bool possible(uint32_t event, unsigned state, Around around)
{
    bool const runs = state % 2 == 1;
    bool const critical = event >= 0x4080'0000;
    if (around == Around::NormalRuns)
        return critical || !runs;
    if (around == Around::CriticalRuns)
        return !critical || !runs;
    return true;
}

}

TEST_CASE("every call in every state does what the model does")
{
    unsigned cases = 0;
    for (uint32_t const event : { 0u, kNormal, kCritical })
        for (unsigned state = 0; state < 6; ++state)
            for (Around const around : { Around::Nothing, Around::NormalRuns, Around::CriticalRuns, Around::Pending })
                for (bool const masked : { false, true }) {
                    if (!possible(event, state, around))
                        continue;
                    for (Call const& call : calls_about(event)) {
                        World world;
                        if (around == Around::NormalRuns)
                            reach(world, event == kNormal ? 0 : kNormal, 5);
                        reach(world, event, state);
                        if (around == Around::CriticalRuns)
                            reach(world, event == kCritical ? kCritical2 : kCritical, 5);
                        world.call({ masked ? 0xc400'002b : 0xc400'002c });
                        if (around == Around::Pending)
                            world.trigger(event);
                        INFO("event " << event << " in state " << kStates[state] << ", around "
                                      << static_cast<int>(around) << ", masked " << masked << ", call " << std::hex
                                      << call[0] << "(" << call[1] << ", " << call[2] << ")");
                        world.compare();
                        world.call(call);
                        world.compare();
                        ++cases;
                    }
                }
    MESSAGE("cases: " << cases);
    CHECK(cases > 5000);
}

TEST_CASE("unknown events are refused in every call that names one")
{
    for (uint64_t const event : std::initializer_list<uint64_t> { 1, 0x00ff'ffff, 0x4000'0000, 0x4000'0008, 0x4100'0000,
             0x8000'0000, 0xc000'0007, uint64_t { 1 } << 32, uint64_t { 1 } << 32 | kNormal, ~uint64_t { 0 } })
        for (Call const& call : calls_about(event)) {
            World world;
            world.call(call);
            world.compare();
        }
}

TEST_CASE("random walks stay with the model, across saving and restoring")
{
    std::mt19937_64 random { 20 };
    uint32_t const events[] { 0, kNormal, kCritical, kCritical2, 3 };
    for (unsigned walk = 0; walk < 150; ++walk) {
        auto world = std::make_unique<World>();
        for (unsigned step = 0; step < 250; ++step) {
            uint32_t const event = events[random() % 5];
            switch (random() % 8) {
            case 0:
                if (event != 3)
                    world->trigger(event);
                break;
            case 1: { // the guest computes
                Registers moved = world->model.registers;
                moved.x[random() % 18] = random();
                moved.pc += 4 * (random() % 100);
                moved.pstate ^= uint64_t { random() % 16 } << 28;
                world->load(moved);
                break;
            }
            case 2: { // saved, and restored into a fresh machine, perhaps with a second restore over it
                auto copy = std::make_unique<World>();
                if (random() % 2)
                    reach(*copy, kCritical, 5);
                for (auto const id : world->sdei().register_list())
                    REQUIRE(copy->sdei().write_register(0, id, world->sdei().read_register(0, id).value()).ok());
                for (auto const id : world->sdei().register_list())
                    CHECK(copy->sdei().read_register(0, id).value() == world->sdei().read_register(0, id).value());
                if (world->model.signalled_other == 1)
                    copy->sdei().signal(1, 0);
                copy->model = world->model;
                copy->load(world->model.registers);
                world = std::move(copy);
                break;
            }
            default: {
                auto const calls = calls_about(event);
                // Mostly registering and enabling, or walks would rarely get anywhere.
                static constexpr unsigned kOften[] { 1, 7, 23, 13, 16 };
                world->call(random() % 2 ? calls[kOften[random() % 5]] : calls[random() % calls.size()]);
                world->dispatch();
            }
            }
            world->compare();
        }
    }
}
