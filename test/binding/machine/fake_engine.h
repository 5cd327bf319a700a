#pragma once

#include "arch/system_register_encoding.h"
#include "engine/engine.h"
#include "machine/boot_image.h"
#include "machine/machine_events.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace dormouse::machine {

// An engine whose guest is a C++ function per vCPU: called for every run(), it says what the run ended with.
class FakeVcpu final : public engine::Vcpu, public wires::CpuSignals {
public:
    using Program = std::function<engine::Exit(FakeVcpu&)>;

    FakeVcpu(unsigned index, Program program) : m_index(index), m_program(std::move(program)) { reset(); }

    unsigned index() const { return m_index; }
    uint64_t x(unsigned n) const { return m_registers.at(engine::x_register(n)).low; }
    uint64_t pc() const { return m_registers.at(engine::kRegisterPc).low; }
    // "The guest executes HVC": sets the arguments and makes the exit.
    engine::Exit hypercall(uint64_t id, uint64_t x1 = 0, uint64_t x2 = 0, uint64_t x3 = 0)
    {
        uint64_t const values[] { id, x1, x2, x3 };
        for (unsigned n = 0; n < 4; ++n)
            m_registers[engine::x_register(n)] = { values[n], 0 };
        return engine::ExitHypercall {};
    }
    // "The guest computes until it is kicked."
    engine::Exit spin()
    {
        std::unique_lock lock { m_mutex };
        m_changed.wait(lock, [this] { return m_kicked; });
        m_kicked = false;
        return engine::ExitInterrupted {};
    }

    engine::Exit run() override
    {
        ++m_runs;
        {
            std::lock_guard const lock { m_mutex };
            if (std::exchange(m_kicked, false))
                return engine::ExitInterrupted {};
        }
        return m_program(*this);
    }
    void kick() override
    {
        std::lock_guard const lock { m_mutex };
        m_kicked = true;
        m_changed.notify_all();
    }
    Wake wait_for_interrupt() override
    {
        std::unique_lock lock { m_mutex };
        m_changed.wait(lock, [this] { return m_kicked || m_irq; });
        return std::exchange(m_kicked, false) ? Wake::Kick : Wake::Interrupt;
    }
    std::vector<engine::RegisterId> register_list() const override
    {
        std::vector<engine::RegisterId> ids;
        for (auto const& [id, value] : m_registers)
            ids.push_back(id);
        return ids;
    }
    Result<engine::RegisterValue> read_register(engine::RegisterId id) const override
    {
        auto const found = m_registers.find(id);
        if (found == m_registers.end())
            return Error { Code::InvalidArgument, "no such register" };
        return found->second;
    }
    Result<void> write_register(engine::RegisterId id, engine::RegisterValue value) override
    {
        if (!m_registers.contains(id))
            return Error { Code::InvalidArgument, "no such register" };
        m_registers[id] = value;
        return {};
    }
    void reset() override
    {
        for (unsigned n = 0; n < 31; ++n)
            m_registers[engine::x_register(n)] = {};
        m_registers[engine::kRegisterPc] = {};
        m_registers[engine::kRegisterPstate] = { 0x3c5, 0 };
        // What entering an SDEI handler reads: SCTLR_EL1, VBAR_EL1, ID_AA64MMFR1_EL1, ID_AA64PFR1_EL1.
        for (uint16_t const encoding : { arch::system_register(3, 0, 1, 0, 0), arch::system_register(3, 0, 12, 0, 0),
                 arch::system_register(3, 0, 0, 7, 1), arch::system_register(3, 0, 0, 4, 1) })
            m_registers[engine::system_register_id(encoding)] = {};
        for (engine::RegisterId const timer :
            { engine::kRegisterVirtualTimerCompare, engine::kRegisterVirtualTimerControl,
                engine::kRegisterPhysicalTimerCompare, engine::kRegisterPhysicalTimerControl })
            m_registers[timer] = {};
    }
    bool is_on() const override { return m_on; }
    // "The firmware of the engine has it off": what is_on() says.
    void turn_off() { m_on = false; }
    engine::VcpuCounters counters() const override { return { m_runs, 0, 0, 0 }; }

    void set_irq(bool high) override
    {
        std::lock_guard const lock { m_mutex };
        m_irq = high;
        m_changed.notify_all();
    }
    void set_fiq(bool) override { }

private:
    unsigned m_index;
    Program m_program;
    std::map<engine::RegisterId, engine::RegisterValue> m_registers;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_kicked { false };
    bool m_irq { false };
    bool m_on { true }; // by its thread
    std::atomic<uint64_t> m_runs { 0 };
};

class FakeVm final : public engine::Vm {
public:
    FakeVm(FakeVcpu::Program program, std::atomic<bool>* refuses_memory)
        : m_program(std::move(program))
        , m_refuses_memory(refuses_memory)
    {
    }
    Result<std::unique_ptr<engine::Vcpu>> create_vcpu(unsigned index, uint64_t) override
    {
        return std::unique_ptr<engine::Vcpu> { std::make_unique<FakeVcpu>(index, m_program) };
    }
    void wire(engine::Vcpu&, engine::VcpuWiring const&) override { }
    wires::CpuSignals& signals(engine::Vcpu& vcpu) override { return static_cast<FakeVcpu&>(vcpu); }
    Result<void> memory_map_changed(wires::Quiesced const&) override
    {
        if (m_refuses_memory && m_refuses_memory->exchange(false))
            return Error { Code::HostFailure, "The fake engine refuses this map" };
        return {};
    }
    void guest_code_changed(wires::Quiesced const&) override { }

private:
    FakeVcpu::Program m_program;
    std::atomic<bool>* m_refuses_memory;
};

class FakeEngine final : public engine::Engine {
public:
    // `refuses_memory`: whether the next memory map is refused; null: none is.
    explicit FakeEngine(
        FakeVcpu::Program program, std::atomic<bool>* refuses_memory = nullptr, bool sees_wild_fetches = true)
        : m_program(std::move(program))
        , m_refuses_memory(refuses_memory)
        , m_sees_wild_fetches(sees_wild_fetches)
    {
    }
    engine::Capabilities capabilities() const override
    {
        engine::Capabilities capabilities;
        capabilities.name = "fake";
        capabilities.sees_wild_fetches = m_sees_wild_fetches;
        return capabilities;
    }
    Result<std::unique_ptr<engine::Vm>> create_vm(memory::MemoryMap&, Clock const&, wires::TimerService&) override
    {
        return std::unique_ptr<engine::Vm> { std::make_unique<FakeVm>(m_program, m_refuses_memory) };
    }

private:
    FakeVcpu::Program m_program;
    std::atomic<bool>* m_refuses_memory;
    bool m_sees_wild_fetches;
};

// Counts how often it was placed, in guest memory as well.
class FakeBoot final : public BootImage {
public:
    static constexpr uint64_t kEntry = 0x4020'0000;
    static constexpr uint64_t kX0 = 0x4400'0000;
    explicit FakeBoot(std::atomic<unsigned>& placed) : m_placed(placed) { }
    Result<firmware::EntryPoint> place(memory::FlatView const& memory, wires::Quiesced const&) override
    {
        uint8_t const count = static_cast<uint8_t>(++m_placed);
        if (!memory.write({ kEntry }, &count, 1))
            return Error { Code::InvalidArgument, "no memory" };
        return firmware::EntryPoint { kEntry, kX0 };
    }

private:
    std::atomic<unsigned>& m_placed;
};

// Remembers what a machine tells.
class RecordingListener final : public MachineListener {
public:
    void state_changed(MachineState state) override
    {
        std::lock_guard const lock { m_mutex };
        m_states.push_back(state);
    }
    void was_reset(uint64_t count, ResetCause const& cause) override
    {
        std::lock_guard const lock { m_mutex };
        m_resets = count;
        m_causes.push_back(cause);
    }
    void policy_asked(PolicyQuestion const& question) override
    {
        std::lock_guard const lock { m_mutex };
        m_questions.push_back(question);
    }
    void console_has_output() override { }
    void ended(Ending const& ending) override
    {
        std::lock_guard const lock { m_mutex };
        m_endings.push_back(ending);
    }
    std::vector<MachineState> states()
    {
        std::lock_guard const lock { m_mutex };
        return m_states;
    }
    std::vector<Ending> endings()
    {
        std::lock_guard const lock { m_mutex };
        return m_endings;
    }
    uint64_t resets() const { return m_resets; }
    std::vector<ResetCause> causes()
    {
        std::lock_guard const lock { m_mutex };
        return m_causes;
    }
    std::vector<PolicyQuestion> questions()
    {
        std::lock_guard const lock { m_mutex };
        return m_questions;
    }

private:
    std::mutex m_mutex;
    std::vector<MachineState> m_states;
    std::vector<Ending> m_endings;
    std::vector<ResetCause> m_causes;
    std::vector<PolicyQuestion> m_questions;
    std::atomic<uint64_t> m_resets { 0 };
};

// Polls; a test on a loaded machine must not sleep a fixed time.
inline bool eventually(auto condition)
{
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds { 30 };
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds { 1 });
    }
    return true;
}

}
