#include "engine/emulator/emulated_engine.h"
#include "machine/linux_boot.h"
#include "machine/tiny_guest.h"

#include <algorithm>
#include <cstdio>

using namespace dormouse;
using namespace dormouse::machine;
using Kind = SlotChange::Kind;

namespace {

// The emulator, which now and then cannot take a memory map over.
class MoodyVm final : public engine::Vm {
public:
    MoodyVm(std::unique_ptr<engine::Vm> vm, std::atomic<bool>& refuses) : m_vm(std::move(vm)), m_refuses(refuses) { }
    Result<std::unique_ptr<engine::Vcpu>> create_vcpu(unsigned index, uint64_t mpidr) override
    {
        return m_vm->create_vcpu(index, mpidr);
    }
    void wire(engine::Vcpu& vcpu, engine::VcpuWiring const& wiring) override { m_vm->wire(vcpu, wiring); }
    wires::CpuSignals& signals(engine::Vcpu& vcpu) override { return m_vm->signals(vcpu); }
    Result<void> memory_map_changed(wires::Quiesced const& quiesced) override
    {
        if (m_refuses)
            return Error { Code::HostFailure, "Not in the mood" };
        return m_vm->memory_map_changed(quiesced);
    }
    void guest_code_changed(wires::Quiesced const& quiesced) override { m_vm->guest_code_changed(quiesced); }

private:
    std::unique_ptr<engine::Vm> m_vm;
    std::atomic<bool>& m_refuses;
};

class MoodyEngine final : public engine::Engine {
public:
    explicit MoodyEngine(std::atomic<bool>& refuses)
        : m_engine(emulator::create_emulator_engine().take())
        , m_refuses(refuses)
    {
    }
    engine::Capabilities capabilities() const override { return m_engine->capabilities(); }
    Result<std::unique_ptr<engine::Vm>> create_vm(
        memory::MemoryMap& map, Clock const& clock, wires::TimerService& timers) override
    {
        TRY_PUT(vm, m_engine->create_vm(map, clock, timers));
        return std::unique_ptr<engine::Vm> { std::make_unique<MoodyVm>(std::move(vm), m_refuses) };
    }

private:
    std::unique_ptr<engine::Engine> m_engine;
    std::atomic<bool>& m_refuses;
};

// resources/guests/mapper: what its host side is told by keys is in its PROVENANCE.md.
struct Mapper {
    static constexpr unsigned kWindows = 6;
    RecordingListener listener;
    std::atomic<bool> refuses { false };
    std::unique_ptr<Machine> machine;

    Mapper()
    {
        MachineConfig config;
        config.cpus = 2;
        config.memory_bytes = 64_MiB;
        config.kernel = guests_folder() / "mapper/mapper.Image";
        config.seed = 1;
        auto engine = std::make_unique<MoodyEngine>(refuses);
        auto boot = LinuxBoot::create(config, engine->capabilities());
        REQUIRE(boot.ok());
        machine = Machine::create(config, std::move(engine), boot.take(), listener).take();
    }
    std::string printed() const
    {
        auto const output = machine->console().scrollback();
        return { output.bytes.begin(), output.bytes.end() };
    }
    bool prints(std::string_view text)
    {
        return eventually([&] {
            return printed().find(text) != std::string::npos || machine->state() == MachineState::Ended;
        }) && printed().find(text) != std::string::npos;
    }
    void key(char c)
    {
        uint8_t const byte = static_cast<uint8_t>(c);
        machine->console_write({ &byte, 1 });
    }
    static uint64_t window(unsigned index) { return 0x8000'0000 + index * 4_MiB; }
};

}

TEST_CASE_FIXTURE(Mapper, "maps that the engine refuses leave the guest in the map it had, and it goes on in it")
{
    REQUIRE(machine->start().ok());
    REQUIRE(prints("mapper 2"));
    std::vector<SlotChange> setup;
    std::vector<unsigned> places; // of slot n
    for (unsigned index = 0; index < kWindows; ++index) {
        setup.push_back({ Kind::Add, "slot-" + std::to_string(index), window(index), 256_KiB, 1_MiB });
        places.push_back(index);
    }
    setup.push_back({ Kind::Add, "rom", 0x8800'0000, 256_KiB });
    REQUIRE(machine->change_memory_map(setup).ok());
    key('p');
    REQUIRE(prints("P\r\n"));
    key('h');
    REQUIRE(prints("H\r\n"));

    std::mt19937 random { 11 };
    unsigned refused = 0;
    for (unsigned round = 0; round < 200; ++round) {
        auto wanted = places;
        std::shuffle(wanted.begin(), wanted.end(), random);
        std::vector<SlotChange> changes;
        for (unsigned index = 0; index < kWindows; ++index) {
            changes.push_back({ Kind::Move, "slot-" + std::to_string(index), window(wanted[index]) });
            changes.push_back({ Kind::Resize, "slot-" + std::to_string(index), {}, (4 + random() % 12) * 64_KiB });
        }
        refuses = random() % 2 == 0;
        auto const before = machine->memory_map();
        auto const result = machine->change_memory_map(changes);
        REQUIRE(result.ok() == !refuses);
        if (result.ok()) {
            places = wanted;
            continue;
        }
        ++refused;
        CHECK(result.error().message == "Not in the mood");
        auto const after = machine->memory_map();
        CHECK(after.generation == before.generation);
        REQUIRE(after.slots.size() == before.slots.size());
        for (size_t i = 0; i < after.slots.size(); ++i) {
            CHECK(after.slots[i].name == before.slots[i].name);
            CHECK(after.slots[i].base == before.slots[i].base);
            CHECK(after.slots[i].bytes == before.slots[i].bytes);
        }
    }
    CHECK(refused > 50);
    key('s');
    REQUIRE(prints("R 0\r\n"));
    REQUIRE(prints("R 1\r\n"));
    key('t');
    REQUIRE(prints(" wrong "));
    REQUIRE(prints("lost 0 wrong 0\r\n"));
    std::string const all = printed();
    unsigned long added = 0;
    unsigned long counted = 1;
    REQUIRE(std::sscanf(all.c_str() + all.rfind("T added"), "T added %lu counted %lu", &added, &counted) == 2);
    CHECK(added == counted);
    CHECK(all.find("WRONG") == std::string::npos);
    CHECK(listener.endings().empty());
    // Three times: as data, as code and as a translation table tell.
    std::string here = "V";
    for (unsigned look = 0; look < 3; ++look)
        for (unsigned index = 0; index < kWindows; ++index)
            here += " " + std::to_string(std::find(places.begin(), places.end(), index) - places.begin());
    key('v');
    REQUIRE(prints("V "));
    CHECK(prints(here));
}
