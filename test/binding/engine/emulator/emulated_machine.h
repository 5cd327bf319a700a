#pragma once

#include "engine/emulator/emulated_engine.h"
#include "engine/emulator/mmu/guest_fixture.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace dormouse::emulator::test {

class ManualClock final : public Clock {
public:
    uint64_t now_ns() const override { return ns.load(); }
    uint64_t wall_ns() const override { return ns.load(); }
    std::atomic<uint64_t> ns { 1'000'000 };
};

// Timers that fire when the test says so.
class ManualTimers final : public wires::TimerService {
public:
    class ManualTimer final : public Timer {
    public:
        ManualTimer(ManualTimers& service, std::function<void()> on_fire)
            : m_service(service)
            , m_on_fire(std::move(on_fire))
        {
        }
        ~ManualTimer() override { disarm(); }
        void arm(uint64_t deadline) override
        {
            disarm();
            m_service.m_armed.push_back({ this, deadline });
        }
        void disarm() override
        {
            std::erase_if(m_service.m_armed, [this](Armed const& armed) { return armed.timer == this; });
        }

    private:
        friend class ManualTimers;
        ManualTimers& m_service;
        std::function<void()> m_on_fire;
    };

    std::unique_ptr<Timer> create_timer(std::function<void()> on_fire) override
    {
        return std::make_unique<ManualTimer>(*this, std::move(on_fire));
    }
    // Fires what is due at `now`; returns how many.
    unsigned fire(uint64_t now)
    {
        unsigned fired = 0;
        auto const armed = m_armed;
        for (Armed const& candidate : armed) {
            if (candidate.deadline > now)
                continue;
            candidate.timer->disarm();
            candidate.timer->m_on_fire();
            ++fired;
        }
        return fired;
    }

private:
    struct Armed {
        ManualTimer* timer;
        uint64_t deadline;
    };
    std::vector<Armed> m_armed;
};

// A wire that ends in a vCPU's IRQ input, without an interrupt controller between.
class DirectIrq final : public wires::IrqLine {
public:
    explicit DirectIrq(wires::CpuSignals& signals) : m_signals(signals) { }
    void set_level(bool high) override { m_signals.set_irq(high); }

private:
    wires::CpuSignals& m_signals;
};

// The tests of the interpreter are those of the JIT as well: CMakeLists.txt runs them a second time with
// DORMOUSE_TEST_JIT set, which translates everything at its first execution.
inline EmulatorOptions default_options()
{
    EmulatorOptions options;
    options.jit = std::getenv("DORMOUSE_TEST_JIT") != nullptr;
    options.threshold = 1;
    options.batch = 1;
    options.hot_rounds = 1;
    return options;
}

// An emulated machine of nothing but RAM and vCPUs, driven through the engine contract.
class EmulatedMachine {
public:
    explicit EmulatedMachine(unsigned vcpu_count = 1, EmulatorOptions const& options = default_options())
    {
        engine = create_emulator_engine("native", options).take();
        vm = engine->create_vm(memory.map, clock, timers).take();
        for (unsigned index = 0; index < vcpu_count; ++index) {
            vcpus.push_back(vm->create_vcpu(index, index).take());
            irqs.push_back(std::make_unique<DirectIrq>(vm->signals(*vcpus.back())));
            engine::VcpuWiring wiring;
            wiring.bus = &bus;
            wiring.virtual_timer = irqs.back().get();
            vm->wire(*vcpus.back(), wiring);
        }
    }

    void load(uint64_t physical, std::span<uint32_t const> words)
    {
        for (uint32_t const word : words) {
            memory.write(physical, word);
            physical += 4;
        }
    }
    void set_x(unsigned n, uint64_t value, unsigned vcpu = 0) { set(engine::x_register(n), value, vcpu); }
    uint64_t x(unsigned n, unsigned vcpu = 0) { return get(engine::x_register(n), vcpu); }
    void set_pc(uint64_t value, unsigned vcpu = 0) { set(engine::kRegisterPc, value, vcpu); }
    uint64_t pc(unsigned vcpu = 0) { return get(engine::kRegisterPc, vcpu); }
    void set_system(uint16_t encoding, uint64_t value, unsigned vcpu = 0)
    {
        set(engine::system_register_id(encoding), value, vcpu);
    }
    // Runs until the guest's HVC and returns its immediate; -1 when something else ended the run.
    int run_to_hvc(unsigned vcpu = 0)
    {
        auto const exit = vcpus[vcpu]->run();
        auto const* const call = std::get_if<engine::ExitHypercall>(&exit);
        return call ? call->immediate : -1;
    }

    GuestMemory memory;
    ManualClock clock;
    ManualTimers timers;
    RecordingBus bus;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<engine::Vm> vm;
    std::vector<std::unique_ptr<engine::Vcpu>> vcpus;
    std::vector<std::unique_ptr<DirectIrq>> irqs;

private:
    void set(engine::RegisterId id, uint64_t value, unsigned vcpu)
    {
        if (!vcpus[vcpu]->write_register(id, { value, 0 }).ok())
            std::abort();
    }
    uint64_t get(engine::RegisterId id, unsigned vcpu) { return vcpus[vcpu]->read_register(id).value().low; }
};

}
