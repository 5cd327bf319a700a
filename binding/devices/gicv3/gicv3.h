#pragma once

#include "devices/device.h"
#include "devices/gicv3/gicv3_state.h"
#include "wires/cpu_signals.h"
#include "wires/gic_cpu_interface.h"
#include "wires/irq_line.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace dormouse::devices {

// GICv3 with one security state (GICD_CTLR.DS reads 1), affinity routing always on, 288 interrupt ids and no LPIs.
// [Arm IHI 0069] One lock for everything: it is taken after a device's own lock and never held around a call into a
// device.
class Gicv3 final : public SuspendableDevice<Gicv3> {
public:
    using State = gic::State;

    struct Config {
        std::vector<uint64_t> mpidrs; // affinity of each CPU as in MPIDR_EL1, at least one
        std::vector<unsigned> cpus_per_region; // redistributor regions; their sum is the number of CPUs
    };
    explicit Gicv3(Config config);
    ~Gicv3() override;

    // Before the first vCPU runs: where the interrupt inputs of a CPU are. `signals` outlives the GIC.
    void connect_cpu(unsigned cpu, wires::CpuSignals& signals);
    unsigned cpu_count() const { return static_cast<unsigned>(m_state.cpus.size()); }

    // The faces towards the bus, the vCPUs and the devices; all owned by the GIC.
    MmioDevice& distributor();
    MmioDevice& redistributor_region(unsigned region);
    wires::GicCpuInterface& cpu_interface(unsigned cpu);
    wires::IrqLine& irq_line(unsigned intid); // SPIs: 32..287
    wires::IrqLine& private_line(unsigned cpu, unsigned intid); // PPIs: 16..31

    // Would an interrupt wake this CPU out of a power-down state? An enabled pending interrupt is routed to it,
    // whatever its CPU interface and GICR_WAKER say. [Arm IHI 0069, 11.1 "Power management"]
    bool wake_request(unsigned cpu) const;
    // Before the first vCPU runs: `on_wake` is called for a watched CPU when it may have a wake request; under the
    // GIC's lock and from any thread, so it must not call back.
    void on_wake(std::function<void(unsigned cpu)> on_wake) { m_on_wake = std::move(on_wake); }
    void watch_wake(unsigned cpu, bool watched);

    std::string_view name() const override { return "gicv3"; }
    // Input wires keep their levels: they belong to the devices that drive them.
    void reset() override;
    using SuspendableDevice::restore;
    using SuspendableDevice::save;
    State save() const;
    Result<void> restore(State const& state);
    static void serialize(state::Writer&, State const&);
    static State parse(state::Reader&);
    // Is it the state of a GICv3 with so many CPUs? The Error names the field.
    static Result<void> validate(State const&, size_t cpus);

    uint64_t ignored_accesses() const { return m_ignored_accesses.load(std::memory_order_relaxed); }

private:
    class Distributor;
    class Region;
    class Interface;
    class Line;

    struct Best {
        unsigned intid { gic::kSpurious };
        uint8_t priority { gic::kIdlePriority };
        bool group1 { false };
    };
    struct Output {
        wires::CpuSignals* signals { nullptr };
        bool irq { false };
        bool fiq { false };
        bool watched { false };
    };

    // Registers; callers hold m_mutex. Offsets are multiples of four.
    uint32_t read_distributor(uint64_t offset);
    void write_distributor(uint64_t offset, uint32_t value, uint32_t mask);
    uint32_t read_redistributor(unsigned cpu, uint64_t offset);
    void write_redistributor(unsigned cpu, uint64_t offset, uint32_t value, uint32_t mask);
    bool read_interface(unsigned cpu, uint16_t encoding, uint64_t& value);
    bool write_interface(unsigned cpu, uint16_t encoding, uint64_t value);
    void ignored() { m_ignored_accesses.fetch_add(1, std::memory_order_relaxed); }

    // Actions of the CPU interface; callers hold m_mutex.
    unsigned acknowledge(unsigned cpu, bool group1);
    void end_of_interrupt(unsigned cpu, bool group1, uint64_t intid);
    void deactivate(unsigned cpu, uint64_t intid);
    void send_sgi(unsigned cpu, uint64_t value, bool may_be_group1);
    void pend_sgi(unsigned cpu, unsigned intid, bool may_be_group1);

    // Delivery; callers hold m_mutex.
    gic::LineBits& lines_of(unsigned cpu, unsigned intid);
    void set_input(unsigned cpu, unsigned intid, bool high);
    Best best_pending(unsigned cpu, bool for_wake) const;
    bool deliverable(gic::CpuState const&, Best const&) const;
    uint8_t running_priority(gic::CpuState const&) const;
    uint8_t group_priority_mask(gic::CpuState const&, bool group1) const;
    int any_target(bool group1) const;
    void update_cpu(unsigned cpu);
    void update_all();
    void line_changed(unsigned cpu, unsigned intid);
    void interface_changed(unsigned cpu);
    void route_changed(unsigned spi);

    std::vector<uint64_t> m_mpidrs;
    std::unordered_map<uint64_t, unsigned> m_cpu_of_affinity;
    State m_state;
    std::array<int, gic::kSpis> m_targets {}; // from State::routes: a CPU, kNobody or kAnybody
    unsigned m_any_routes { 0 };
    std::vector<Output> m_outputs;
    std::function<void(unsigned)> m_on_wake;
    std::unique_ptr<Distributor> m_distributor;
    std::vector<std::unique_ptr<Region>> m_regions;
    std::vector<std::unique_ptr<Interface>> m_interfaces;
    std::vector<std::unique_ptr<Line>> m_spi_lines;
    std::vector<std::unique_ptr<Line>> m_private_lines; // 16 a CPU
    std::atomic<uint64_t> m_ignored_accesses { 0 };
    mutable std::mutex m_mutex;
};

}
