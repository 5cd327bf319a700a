#pragma once

#include "base/clock.h"
#include "engine/vcpu.h"
#include "firmware/platform.h"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace dormouse::firmware {

// Four vCPUs with MPIDR 0x000, 0x001, 0x100, 0x101 and 1 MiB of memory at 0x4000'0000.
struct FakePlatform final : Platform {
    std::vector<PowerState> states { PowerState::On, PowerState::Off, PowerState::Off, PowerState::Off };
    std::map<unsigned, EntryPoint> entries;
    std::optional<SystemCall> requested;
    std::optional<EntryPoint> powered_down; // power_down()
    std::function<void(unsigned)> on_look; // look_for_events()
    SystemVerdict verdict { SystemVerdict::Committed };

    unsigned vcpu_count() const override { return static_cast<unsigned>(states.size()); }
    uint64_t mpidr(unsigned vcpu) const override { return (vcpu / 2) << 8 | vcpu % 2; }
    PowerState power_state(unsigned vcpu) const override { return states[vcpu]; }
    bool is_memory(arch::Gpa address, uint64_t length) const override
    {
        return address.value >> 20 == 0x400 && (address.value + length - 1) >> 20 == 0x400;
    }
    PowerState turn_on(unsigned vcpu, EntryPoint entry) override
    {
        PowerState const found = states[vcpu];
        if (found == PowerState::Off) {
            states[vcpu] = PowerState::OnPending;
            entries[vcpu] = entry;
        }
        return found;
    }
    void turn_off(unsigned caller) override { states[caller] = PowerState::Off; }
    void power_down(unsigned caller, EntryPoint entry) override
    {
        states[caller] = PowerState::Suspended;
        powered_down = entry;
    }
    void look_for_events(unsigned vcpu) override
    {
        if (on_look)
            on_look(vcpu);
    }
    SystemVerdict request(unsigned, SystemCall const& what) override
    {
        requested = what;
        return verdict;
    }
};

// Registers and nothing else.
struct FakeVcpu final : engine::Vcpu {
    std::map<engine::RegisterId, engine::RegisterValue> registers;

    engine::Exit run() override { return engine::ExitInterrupted {}; }
    void kick() override { }
    Wake wait_for_interrupt() override { return Wake::Kick; }
    std::vector<engine::RegisterId> register_list() const override { return {}; }
    Result<engine::RegisterValue> read_register(engine::RegisterId id) const override
    {
        auto const found = registers.find(id);
        return found == registers.end() ? engine::RegisterValue {} : found->second;
    }
    Result<void> write_register(engine::RegisterId id, engine::RegisterValue value) override
    {
        registers[id] = value;
        return {};
    }
    void reset() override { registers.clear(); }
    engine::VcpuCounters counters() const override { return {}; }
};

struct FakeClock final : Clock {
    uint64_t now { 1000 };
    uint64_t now_ns() const override { return now; }
    uint64_t wall_ns() const override { return 0; }
};

}
