#include "engine/emulator/emulated_vcpu.h"

#include "arch/system_register_encoding.h"
#include "base/bits.h"
#include "engine/emulator/cpu/trace_event.h"
#include "engine/emulator/mmu/address_instructions.h"
#include "engine/emulator/mmu/cache_instructions.h"
#include "engine/emulator/mmu/tlb_instructions.h"
#include "engine/emulator/runtime/pmu.h"
#include "engine/emulator/runtime/register_list.h"
#include "engine/emulator/runtime/reset.h"

#include <algorithm>
#include <thread>

namespace dormouse::emulator {

namespace {

    constexpr uint32_t kWakingBits = kPendingIrq | kPendingFiq | kPendingKick;

    // A guest that waits with WFE for a store of another CPU is not told about it (nobody watches its exclusive
    // monitor), so it has to look again by itself: a few times at once, as the store is mostly near, then with growing
    // naps. Runs of WFE with less than kSpinInstructions between them are one wait.
    constexpr uint64_t kSpinInstructions = 200;
    constexpr unsigned kYieldsBeforeNaps = 8;
    constexpr unsigned kMaxNapDoublings = 4;
    constexpr std::chrono::microseconds kFirstNap { 20 };

}

EmulatedVcpu::EmulatedVcpu(unsigned index, uint64_t mpidr, Surroundings const& surroundings)
    : m_mpidr(mpidr)
    , m_events(surroundings.events)
    , m_trace(surroundings.trace)
    , m_signals(*this)
    , m_port(surroundings.maintenance, *this, m_cpu.pending)
    , m_mmu(surroundings.memory_map, &m_port)
    , m_interpreter(m_cpu, m_mmu, surroundings.profile.features)
    , m_timers(m_cpu, surroundings.clock, surroundings.timers)
{
    m_cpu.profile = &surroundings.profile;
    m_cpu.services = this;
    m_cpu.mmu = &m_mmu;
    m_cpu.trace = m_trace.get();
    m_cpu.index = index;
    m_events->join(*this);
    reset();
}

Result<void> EmulatedVcpu::use_jit(jit::Settings const& settings)
{
    auto created = jit::Jit::create(m_cpu, m_mmu, m_interpreter.code(), settings);
    if (!created.ok())
        return created.error();
    m_jit = created.take();
    m_interpreter.set_translator(m_jit.get());
    return {};
}

EmulatedVcpu::~EmulatedVcpu()
{
    m_interpreter.set_translator(nullptr);
    m_events->leave(*this);
}

engine::Exit EmulatedVcpu::run()
{
    m_port.enter();
    m_executing = true;
    auto exit = m_interpreter.run();
    m_executing = false;
    m_port.leave();
    if (m_event.exchange(false, std::memory_order_acquire))
        m_cpu.event_register = true;
    return exit;
}

void EmulatedVcpu::kick()
{
    m_cpu.pending.fetch_or(kPendingKick, std::memory_order_seq_cst);
    wake();
}

void EmulatedVcpu::set_input(uint32_t pending_bit, bool high)
{
    if (!high) {
        m_cpu.pending.fetch_and(~pending_bit, std::memory_order_seq_cst);
        return;
    }
    if (m_cpu.pending.fetch_or(pending_bit, std::memory_order_seq_cst) & pending_bit)
        return;
    wake();
}

void EmulatedVcpu::signal_event()
{
    m_event.store(true, std::memory_order_seq_cst);
    wake();
}

// The waker changes its condition before it looks at m_sleeping, the sleeper the other way round, so one of the two
// sees the other.
void EmulatedVcpu::wake()
{
    if (!m_sleeping.load(std::memory_order_seq_cst))
        return;
    {
        std::lock_guard const lock(m_sleep_mutex);
    }
    m_sleep_condition.notify_one();
}

bool EmulatedVcpu::must_wake(bool for_event) const
{
    return (m_cpu.pending.load(std::memory_order_seq_cst) & kWakingBits)
        || (for_event && m_event.load(std::memory_order_seq_cst));
}

void EmulatedVcpu::sleep(bool for_event, std::chrono::microseconds limit)
{
    std::unique_lock lock(m_sleep_mutex);
    m_sleeping.store(true, std::memory_order_seq_cst);
    auto const awake = [&] { return must_wake(for_event); };
    if (limit.count())
        m_sleep_condition.wait_for(lock, limit, awake);
    else
        m_sleep_condition.wait(lock, awake);
    m_sleeping.store(false, std::memory_order_seq_cst);
}

engine::Vcpu::Wake EmulatedVcpu::wait_for_interrupt()
{
    sleep(false, std::chrono::microseconds { 0 });
    // A kick ends one call, this one or the next run().
    uint32_t const pending = m_cpu.pending.fetch_and(~uint32_t { kPendingKick }, std::memory_order_seq_cst);
    return pending & kPendingKick ? Wake::Kick : Wake::Interrupt;
}

void EmulatedVcpu::wait_for_event(Cpu& cpu)
{
    if (cpu.instructions_retired - m_last_event_wait > kSpinInstructions)
        m_event_waits_in_a_row = 0;
    m_last_event_wait = cpu.instructions_retired;
    if (!must_wake(true)) {
        unsigned const waits = m_event_waits_in_a_row++;
        // Nobody has to wait for the maintenance of a vCPU that sleeps.
        m_port.leave();
        if (waits < kYieldsBeforeNaps)
            std::this_thread::yield();
        else
            sleep(true, kFirstNap * (1 << std::min(waits - kYieldsBeforeNaps, kMaxNapDoublings)));
        m_port.enter();
    }
    m_event.store(false, std::memory_order_relaxed);
}

void EmulatedVcpu::send_event()
{
    m_cpu.event_register = true;
    m_events->signal_all_but(*this);
}

std::vector<engine::RegisterId> EmulatedVcpu::register_list() const
{
    return runtime::register_list(runtime::profile_of(m_cpu));
}

Result<engine::RegisterValue> EmulatedVcpu::read_register(engine::RegisterId id) const
{
    return runtime::read_register(m_cpu, id);
}

uint64_t EmulatedVcpu::fixed_bits(engine::RegisterId id) const
{
    return runtime::fixed_bits(m_cpu, id);
}

Result<void> EmulatedVcpu::write_register(engine::RegisterId id, engine::RegisterValue value)
{
    return runtime::write_register(m_cpu, id, value);
}

void EmulatedVcpu::reset()
{
    runtime::reset_cpu(m_cpu, m_mpidr);
    m_cpu.system(SystemRegister::CNTFRQ_EL0) = m_timers.frequency_hz();
    m_event.store(false, std::memory_order_relaxed);
    m_mmu.invalidate_all();
    m_interpreter.clear();
}

engine::VcpuCounters EmulatedVcpu::counters() const
{
    engine::VcpuCounters counters;
    counters.instructions_retired = __atomic_load_n(&m_cpu.instructions_retired, __ATOMIC_RELAXED);
    counters.mmio_reads = m_bus.reads.load(std::memory_order_relaxed);
    counters.mmio_writes = m_bus.writes.load(std::memory_order_relaxed);
    counters.exceptions_taken = m_cpu.exceptions_taken.value();
    return counters;
}

void EmulatedVcpu::wire(engine::VcpuWiring const& wiring)
{
    m_wiring = wiring;
    m_bus.board = wiring.bus;
    m_timers.wire(wiring.virtual_timer, wiring.physical_timer);
}

// A deadline may have passed just before the machine was saved, without anybody's having told the interrupt controller:
// its saved state has the line low, and nothing would raise it again.
void EmulatedVcpu::drive_lines()
{
    m_timers.changed();
    runtime::pmu_update_interrupt(m_cpu);
}

void EmulatedVcpu::set_counter_frequency(uint64_t hertz)
{
    m_cpu.system(SystemRegister::CNTFRQ_EL0) = hertz;
    m_timers.set_frequency(hertz);
}

void EmulatedVcpu::memory_map_changed()
{
    if (!m_mmu.adopt_memory_map())
        return;
    // A device that changes the map answers an instruction of a block, which must stay whole until its end.
    if (m_executing)
        m_interpreter.invalidate_all_code();
    else
        m_interpreter.clear();
}

void EmulatedVcpu::log_writes_anew()
{
    m_mmu.invalidate_first_level();
}

void EmulatedVcpu::guest_code_changed()
{
    m_interpreter.clear();
}

void EmulatedVcpu::pmu_overflow_changed(bool high)
{
    if (m_wiring.pmu)
        m_wiring.pmu->set_level(high);
}

bool EmulatedVcpu::tlb_maintenance(Cpu& cpu, uint16_t encoding, uint64_t value)
{
    return execute_tlbi(cpu, encoding, value);
}

Flow EmulatedVcpu::address_translation(Cpu& cpu, uint16_t encoding, uint64_t value)
{
    return execute_address_translation(cpu, encoding, value);
}

// Instruction and data caches: SYS with CRn = 7 comes here whole.
Flow EmulatedVcpu::instruction_cache_maintenance(Cpu& cpu, uint16_t encoding, uint64_t value)
{
    using arch::system_register;
    MaintenanceRequest request { MaintenanceRequest::Kind::AllCode, 0, 0 };
    switch (encoding) {
    case system_register(1, 0, 7, 5, 0): // IALLU
        apply(request);
        return Flow::Next;
    case system_register(1, 0, 7, 1, 0): break; // IALLUIS
    case system_register(1, 3, 7, 5, 1): { // IVAU
        uint64_t physical = 0;
        if (!check_maintained_address(cpu, value, physical))
            return Flow::Exception;
        request = { MaintenanceRequest::Kind::CodeLine, 0, align_down(physical, kCacheLineBytes) };
        break;
    }
    default: return execute_data_cache_maintenance(cpu, encoding, value);
    }
    apply(request);
    m_port.broadcast(request);
    return Flow::Next;
}

void EmulatedVcpu::apply(MaintenanceRequest const& request)
{
    using Kind = MaintenanceRequest::Kind;
    switch (request.kind) {
    case Kind::CodeLine:
        trace_event(m_cpu, TraceKind::Blocks, TraceEvent::BlocksDropped, request.address);
        m_interpreter.invalidate_code_line(request.address);
        return;
    case Kind::AllCode:
        trace_event(m_cpu, TraceKind::Blocks, TraceEvent::BlocksDropped, 0, 1);
        m_interpreter.invalidate_all_code();
        return;
    case Kind::Everything: m_interpreter.invalidate_all_code(); break;
    case Kind::AllPages:
    case Kind::Asid:
    case Kind::Page:
    case Kind::PageOfAllAsids: break;
    }
    trace_event(m_cpu, TraceKind::Tlb, TraceEvent::TlbInvalidated, request.address, request.asid,
        static_cast<uint64_t>(request.kind));
    apply_tlb_maintenance(m_mmu, request);
}

void EmulatedVcpu::debug_state_changed(Cpu&)
{
    m_mmu.invalidate_first_level();
}

wires::GuestBus::Outcome EmulatedVcpu::CountingBus::mmio_read(arch::Gpa address, unsigned size, uint64_t& value)
{
    reads.fetch_add(1, std::memory_order_relaxed);
    return board ? board->mmio_read(address, size, value) : Outcome::NoDevice;
}

wires::GuestBus::Outcome EmulatedVcpu::CountingBus::mmio_write(arch::Gpa address, unsigned size, uint64_t value)
{
    writes.fetch_add(1, std::memory_order_relaxed);
    return board ? board->mmio_write(address, size, value) : Outcome::NoDevice;
}

void EventNetwork::join(EmulatedVcpu& vcpu)
{
    std::lock_guard const lock(m_mutex);
    m_vcpus.push_back(&vcpu);
}

void EventNetwork::leave(EmulatedVcpu& vcpu)
{
    std::lock_guard const lock(m_mutex);
    std::erase(m_vcpus, &vcpu);
}

void EventNetwork::signal_all_but(EmulatedVcpu const& sender)
{
    std::lock_guard const lock(m_mutex);
    for (EmulatedVcpu* const vcpu : m_vcpus) {
        if (vcpu != &sender)
            vcpu->signal_event();
    }
}

}
