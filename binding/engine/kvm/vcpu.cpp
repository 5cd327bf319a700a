#include "engine/kvm/vcpu.h"

#include "arch/reset_state.h"
#include "arch/system_register_encoding.h"
#include "base/bits.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace dormouse::kvm {

using abi::ExitReason;
using abi::Request;
using engine::Exit;

// The bit of ESR_EL2.ISS that says write, also in an abort without a syndrome. [Arm DDI 0487, ESR_ELx, data abort]
constexpr unsigned kIssWrite = 6;

KvmVcpu::KvmVcpu(
    Descriptor fd, std::unique_ptr<RunPage> page, Setup const& setup, GuestCounter& counter, WritableMasks const& masks)
    : m_page(std::move(page))
    , m_fd(std::move(fd))
    , m_setup(setup)
    , m_counter(counter)
    , m_masks(masks)
    , m_kick(*m_fd.host(), (**m_page).immediate_exit)
{
}

Result<std::unique_ptr<KvmVcpu>> KvmVcpu::create(
    Descriptor fd, std::unique_ptr<RunPage> page, Setup const& setup, GuestCounter& counter, WritableMasks const& masks)
{
    std::unique_ptr<KvmVcpu> vcpu { new KvmVcpu { std::move(fd), std::move(page), setup, counter, masks } };
    TRY(vcpu->initialise());
    TRY(vcpu->list_registers());
    return vcpu;
}

Result<void> KvmVcpu::initialise()
{
    abi::VcpuInit init = m_setup.init;
    if (m_setup.starts_stopped)
        init.features[0] |= abi::kFeaturePowerOff;
    TRY_PUT(done, m_fd.call(Request::ArmVcpuInit, "KVM_ARM_VCPU_INIT", init));
    static_cast<void>(done);
    // KVM's choice is another than the emulator's.
    auto const sctlr = engine::system_register_id(arch::system_register(3, 0, 1, 0, 0));
    return write_register(sctlr, { arch::kSctlrEl1Reset, 0 });
}

// --- Running -------------------------------------------------------------------------------------------------------

int KvmVcpu::enter()
{
    m_kick.enter();
    int const result = m_fd.raw(Request::Run, 0);
    m_kick.leave();
    m_access_in_flight = false;
    return result;
}

void KvmVcpu::complete_access()
{
    if (!m_access_in_flight)
        return;
    m_kick.force();
    enter();
    m_kick.spare();
}

Exit KvmVcpu::run()
{
    if (!m_broken.empty())
        return engine::ExitInternalError { m_broken };
    complete_access();
    for (;;) {
        if (!m_access_in_flight && m_kick.take())
            return engine::ExitInterrupted {};
        int const result = enter();
        if (result == -EINTR || result == -EAGAIN)
            continue;
        if (result < 0)
            return serve_failure(result);
        if (auto exit = serve_exit())
            return *exit;
    }
}

std::optional<Exit> KvmVcpu::serve_exit()
{
    abi::Run const& page = **m_page;
    auto const number = [](char const* format, auto value) {
        char text[160];
        std::snprintf(text, sizeof(text), format, value);
        return engine::ExitInternalError { text };
    };
    switch (static_cast<ExitReason>(page.exit_reason)) {
    case ExitReason::Mmio: return serve_mmio();
    case ExitReason::Hypercall:
        // An SMC with another immediate than 0 KVM refuses by itself; that of an HVC it looks past.
        if (page.hypercall.flags & abi::kHypercallSmc)
            return engine::ExitHypercall { engine::Conduit::Smc, 0 };
        return engine::ExitHypercall { engine::Conduit::Hvc, 0, false };
    case ExitReason::Intr: return std::nullopt;
    case ExitReason::SystemEvent:
        // The end of a wait that was given up because of a kick.
        if (page.system_event.type == static_cast<uint32_t>(abi::SystemEvent::Wakeup))
            return std::nullopt;
        return engine::ExitSystemEvent { page.system_event.type,
            page.system_event.ndata > 0 ? page.system_event.data[0] : 0 };
    case ExitReason::ArmNisv:
        // An access of several registers, or with write-back, that hit no memory.
        return engine::ExitMemoryFault { { page.arm_nisv.fault_ipa }, std::nullopt,
            bit<kIssWrite>(page.arm_nisv.esr_iss) ? engine::AccessKind::Write : engine::AccessKind::Read, 0 };
    case ExitReason::Debug: return engine::ExitDebug { page.debug.far };
    case ExitReason::FailEntry:
        return number(
            "KVM could not enter the guest, reason 0x%" PRIx64, page.fail_entry.hardware_entry_failure_reason);
    case ExitReason::InternalError: return number("KVM reported an internal error, number %u", page.internal.suberror);
    default: return number("KVM_RUN ended with exit reason %u, which nobody expects", page.exit_reason);
    }
}

std::optional<Exit> KvmVcpu::serve_mmio()
{
    abi::Run& page = **m_page;
    m_access_in_flight = true;
    arch::Gpa const address { page.mmio.phys_addr };
    unsigned const size = page.mmio.len;
    bool const write = page.mmio.is_write;
    if (size > sizeof(page.mmio.data))
        return engine::ExitInternalError { "KVM reported an access of " + std::to_string(size) + " bytes" };
    uint64_t value = 0;
    auto outcome = wires::GuestBus::Outcome::NoDevice;
    if (write) {
        m_mmio_writes.fetch_add(1, std::memory_order_relaxed);
        std::memcpy(&value, page.mmio.data, size);
        outcome = m_bus->mmio_write(address, size, value);
    } else {
        m_mmio_reads.fetch_add(1, std::memory_order_relaxed);
        outcome = m_bus->mmio_read(address, size, value);
        std::memcpy(page.mmio.data, &value, size);
    }
    if (outcome == wires::GuestBus::Outcome::Done)
        return std::nullopt;
    // The memory map cannot have changed since: that needs a quiesced machine, and this vCPU is running.
    return engine::ExitMemoryFault { address, std::nullopt,
        write ? engine::AccessKind::Write : engine::AccessKind::Read, size };
}

Exit KvmVcpu::serve_failure(int result)
{
    abi::Run const& page = **m_page;
    char text[160];
    if (static_cast<ExitReason>(page.exit_reason) == ExitReason::MemoryFault && (result == -EFAULT))
        std::snprintf(text, sizeof(text), "KVM_RUN failed: %s for guest physical address 0x%" PRIx64,
            describe_errno(result).c_str(), page.memory_fault.gpa);
    else
        std::snprintf(text, sizeof(text), "KVM_RUN failed: %s", describe_errno(result).c_str());
    return engine::ExitInternalError { text };
}

// KVM waits as for WFI while the vCPU is in this state, without executing anything.
engine::Vcpu::Wake KvmVcpu::wait_for_interrupt()
{
    complete_access();
    auto const set_state = [this](abi::MpState state) {
        auto number = static_cast<uint32_t>(state);
        return m_fd.raw(Request::SetMpState, reinterpret_cast<uint64_t>(&number));
    };
    if (int const result = set_state(abi::MpState::Suspended); result < 0) {
        m_broken = Descriptor::failure("KVM_SET_MP_STATE", result).message;
        return Wake::Kick;
    }
    Wake wake = Wake::Interrupt;
    for (;;) {
        if (m_kick.take()) {
            wake = Wake::Kick;
            break;
        }
        int const result = enter();
        if (result == -EINTR || result == -EAGAIN)
            continue;
        if (result < 0)
            m_broken = Descriptor::failure("Waiting in KVM_RUN", result).message;
        break;
    }
    set_state(abi::MpState::Runnable);
    return wake;
}

// --- State ---------------------------------------------------------------------------------------------------------

void KvmVcpu::reset()
{
    complete_access();
    m_broken.clear();
    if (auto const done = initialise(); !done.ok())
        m_broken = done.error().message;
}

bool KvmVcpu::is_on() const
{
    auto number = static_cast<uint32_t>(abi::MpState::Runnable);
    int const result = m_fd.raw(Request::GetMpState, reinterpret_cast<uint64_t>(&number));
    return result < 0 || number != static_cast<uint32_t>(abi::MpState::Stopped);
}

engine::VcpuCounters KvmVcpu::counters() const
{
    engine::VcpuCounters counters;
    counters.mmio_reads = m_mmio_reads.load(std::memory_order_relaxed);
    counters.mmio_writes = m_mmio_writes.load(std::memory_order_relaxed);
    return counters;
}

}
