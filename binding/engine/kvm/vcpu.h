#pragma once

#include "engine/engine.h"
#include "engine/kvm/cpu_profile.h"
#include "engine/kvm/descriptor.h"
#include "engine/kvm/guest_counter.h"
#include "engine/kvm/kick.h"
#include "engine/vcpu.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace dormouse::kvm {

// The page a vCPU shares with the kernel, mapped.
class RunPage {
public:
    RunPage(std::shared_ptr<Host> host, void* data, size_t bytes)
        : m_host(std::move(host))
        , m_data(data)
        , m_bytes(bytes)
    {
    }
    RunPage(RunPage const&) = delete;
    RunPage& operator=(RunPage const&) = delete;
    ~RunPage() { m_host->unmap(m_data, m_bytes); }
    abi::Run& operator*() const { return *static_cast<abi::Run*>(m_data); }

private:
    std::shared_ptr<Host> m_host;
    void* m_data;
    size_t m_bytes;
};

// One guest CPU in the processor itself.
//
// An access that a device answers leaves the kernel half done: the kernel completes it at the beginning of the next
// KVM_RUN, so run() never returns in between, but for an access that nothing answers. Then the vCPU stays at the
// instruction, and whoever goes on with it (reset, restore) makes the kernel finish first.
class KvmVcpu final : public engine::Vcpu {
public:
    struct Setup {
        unsigned index { 0 };
        abi::VcpuInit init {}; // target and features
        bool starts_stopped { false }; // the in-kernel firmware turns it on
    };
    static Result<std::unique_ptr<KvmVcpu>> create(
        Descriptor fd, std::unique_ptr<RunPage>, Setup const&, GuestCounter& counter, WritableMasks const&);

    engine::Exit run() override;
    void kick() override { m_kick.kick(); }
    Wake wait_for_interrupt() override;
    std::vector<engine::RegisterId> register_list() const override { return m_registers; }
    Result<engine::RegisterValue> read_register(engine::RegisterId) const override;
    Result<void> write_register(engine::RegisterId, engine::RegisterValue) override;
    uint64_t fixed_bits(engine::RegisterId) const override;
    void reset() override;
    bool is_on() const override;
    engine::VcpuCounters counters() const override;

    void wire(engine::VcpuWiring const& wiring) { m_bus = wiring.bus; }
    Descriptor const& descriptor() const { return m_fd; }
    unsigned index() const { return m_setup.index; }

private:
    KvmVcpu(Descriptor, std::unique_ptr<RunPage>, Setup const&, GuestCounter&, WritableMasks const&);
    Result<void> initialise();
    Result<void> list_registers();
    int enter(); // KVM_RUN
    void complete_access();
    std::optional<engine::Exit> serve_exit();
    std::optional<engine::Exit> serve_mmio();
    engine::Exit serve_failure(int result);
    Result<uint64_t> read_raw(uint64_t id) const;

    std::unique_ptr<RunPage> m_page;
    Descriptor m_fd;
    Setup m_setup;
    GuestCounter& m_counter;
    WritableMasks const& m_masks; // of the VM
    Kick m_kick;
    wires::GuestBus* m_bus { nullptr };
    std::vector<engine::RegisterId> m_registers;
    bool m_access_in_flight { false };
    std::string m_broken; // why it cannot run; empty: it can
    std::atomic<uint64_t> m_mmio_reads { 0 };
    std::atomic<uint64_t> m_mmio_writes { 0 };
};

}
