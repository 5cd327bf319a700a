#pragma once

#include "base/units.h"
#include "machine/fake_engine.h"
#include "machine/machine.h"

#include <doctest/doctest.h>

namespace dormouse::machine {

// A machine whose vCPUs are programs of the test.
struct MachineFixture {
    // Closes the machine where the test's own scope ends: its vCPUs execute a lambda that refers to what is declared
    // there, and the fixture's destructor would be too late.
    class Built {
    public:
        explicit Built(std::unique_ptr<Machine>& machine) : m_machine(machine) { }
        ~Built()
        {
            if (m_machine)
                m_machine->close();
        }
        Built(Built const&) = delete;
        Built& operator=(Built const&) = delete;
        Machine* operator->() const { return m_machine.get(); }

    private:
        std::unique_ptr<Machine>& m_machine;
    };

    RecordingListener listener;
    std::atomic<unsigned> placed { 0 };
    MachineConfig config;
    std::unique_ptr<Machine> machine;

    MachineFixture()
    {
        config.memory_bytes = 128_MiB;
        config.kernel = "fake";
    }
    [[nodiscard]] Built build(FakeVcpu::Program program)
    {
        machine = Machine::create(
            config, std::make_unique<FakeEngine>(std::move(program)), std::make_unique<FakeBoot>(placed), listener)
                      .take();
        return Built { machine };
    }
    [[nodiscard]] Built run(FakeVcpu::Program program)
    {
        machine = Machine::create(
            config, std::make_unique<FakeEngine>(std::move(program)), std::make_unique<FakeBoot>(placed), listener)
                      .take();
        REQUIRE(machine->start().ok());
        return Built { machine };
    }
    bool ends(Outcome outcome)
    {
        return eventually([&] { return !listener.endings().empty(); }) && listener.endings().size() == 1
            && listener.endings()[0].outcome == outcome && machine->state() == MachineState::Ended;
    }
    std::vector<firmware::PowerState> powers()
    {
        std::vector<firmware::PowerState> powers;
        for (auto const& vcpu : machine->statistics().vcpus)
            powers.push_back(vcpu.power);
        return powers;
    }
};

}
