// What the guest asks for, on vCPU threads: firmware::Platform and VcpuThread::Owner.
#include "base/bits.h"
#include "machine/guest_code.h"
#include "machine/machine.h"
#include "machine/memory_layout.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace dormouse::machine {

using firmware::SystemCall;
using firmware::SystemCallKind;

uint64_t Machine::mpidr(unsigned vcpu) const
{
    return layout::mpidr_of_cpu(vcpu);
}

bool Machine::is_memory(arch::Gpa base, uint64_t length) const
{
    return m_board->memory.view()->host(base, length, false) != nullptr;
}

firmware::PowerState Machine::turn_on(unsigned vcpu, firmware::EntryPoint entry)
{
    return m_threads[vcpu]->turn_on(entry);
}

Machine::Claim Machine::claim(unsigned caller)
{
    // Read while still a participant: nothing system-wide can happen between the guest's call and this.
    uint64_t const epoch = m_epoch.load();
    m_threads[caller]->surrender();
    auto token = m_gate.request(QuiesceGate::Caller::Participant);
    return { std::move(token), m_epoch.load() != epoch };
}

Result<firmware::Firmware::Next> Machine::hypercall(unsigned index, engine::ExitHypercall const& exit)
{
    engine::Vcpu& vcpu = *m_board->vcpus[index];
    engine::ExitHypercall call = exit;
    if (!call.immediate_known)
        call.immediate = immediate_of_call(vcpu, *m_board->memory.view());
    return m_firmware.handle(index, vcpu, call);
}

void Machine::guest_lost(unsigned index, engine::ExitMemoryFault const& fault)
{
    static constexpr char const* kVerbs[] { "read from", "wrote to", "fetched an instruction from" };
    char virtual_address[32] = "";
    if (fault.virtual_address)
        std::snprintf(
            virtual_address, sizeof(virtual_address), " (virtual 0x%" PRIx64 ")", fault.virtual_address->value);
    char text[160];
    std::snprintf(text, sizeof(text), "vCPU %u %s guest physical address 0x%" PRIx64 "%s, where there is nothing",
        index, kVerbs[static_cast<int>(fault.kind)], fault.address.value, virtual_address);
    crash(index, text, Outcome::Crashed);
}

void Machine::engine_failed(unsigned index, std::string const& message)
{
    crash(index, "The engine failed on vCPU " + std::to_string(index) + ": " + message, Outcome::Error);
}

void Machine::system_event(unsigned index, engine::ExitSystemEvent const& event)
{
    // KVM_SYSTEM_EVENT_*; flag 1 of the first says SYSTEM_OFF2, of the second SYSTEM_RESET2, whose arguments are still
    // in x1 and x2. [Linux, uapi/linux/kvm.h]
    constexpr uint32_t kShutdown = 1;
    constexpr uint32_t kReset = 2;
    if (event.type != kShutdown && event.type != kReset) {
        crash(index, "The engine reported system event " + std::to_string(event.type), Outcome::Crashed);
        return;
    }
    SystemCall call { event.type == kShutdown ? SystemCallKind::Off : SystemCallKind::Reset, 0, 0, {} };
    if (bit<0>(event.flags)) {
        engine::Vcpu const& vcpu = *m_board->vcpus[index];
        auto const type = vcpu.read_register(engine::x_register(1));
        auto const cookie = vcpu.read_register(engine::x_register(2));
        if (type.ok() && cookie.ok())
            call = { event.type == kShutdown ? SystemCallKind::Off2 : SystemCallKind::Reset2,
                static_cast<uint32_t>(type.value().low), cookie.value().low, {} };
    }
    if (request(index, call) != firmware::SystemVerdict::Committed)
        crash(index,
            "The policy refused " + std::string { name_of(call.kind) }
                + ", but the firmware of this host's kernel had stopped all vCPUs before it asked",
            Outcome::Error);
}

void Machine::crash(unsigned index, std::string message, Outcome outcome)
{
    std::optional<Ending> ending;
    {
        auto const [token, superseded] = claim(index);
        if (superseded)
            return;
        CrashReport report = crash_report(index, message, token);
        ending = end({ outcome, std::move(message), std::move(report) }, token);
    }
    report(ending);
}

CrashReport Machine::crash_report(unsigned index, std::string message, wires::Quiesced const& quiesced)
{
    constexpr size_t kConsoleTail = 4096;
    auto report = make_crash_report(std::move(message), index, *m_board->vcpus[index], m_threads[index]->exits(),
        *m_board->memory.view(), quiesced);
    auto const scrollback = m_board->console.scrollback().bytes;
    report.console_tail.assign(
        scrollback.end() - static_cast<long>(std::min(scrollback.size(), kConsoleTail)), scrollback.end());
    return report;
}

// --- A guest that gets nowhere -------------------------------------------------------------------------------------

constexpr uint64_t kPatrolNs = 1'000'000'000;

void Machine::look_at_vcpus()
{
    for (auto const& thread : m_threads)
        thread->ask_attention();
}

// An engine that does not see a fetch from nowhere leaves it to the guest. When the guest's vectors are nowhere too, it
// takes one abort after the other and never gets out of that.
void Machine::patrol()
{
    look_at_vcpus();
    m_patrol->arm(m_clock.now_ns() + kPatrolNs);
}

void Machine::attention(unsigned index)
{
    // With firmware in the host's kernel every vCPU's thread is on, and what is off stands at PC 0 until it is turned
    // on.
    engine::Vcpu const& vcpu = *m_board->vcpus[index];
    Glimpse seen;
    if (m_threads[index]->power() == firmware::PowerState::On && vcpu.is_on())
        seen = glimpse(vcpu, *m_board->memory.view());
    if (auto const sentence = m_panic_watch.saw(index, seen.in_kernel)) {
        crash(index, "The guest's kernel stopped: " + *sentence, Outcome::Crashed);
        return;
    }
    // Twice at the same place: once it may have been on its way.
    auto const before = std::exchange(m_nowhere[index], seen.nowhere);
    if (seen.nowhere && before == seen.nowhere)
        guest_lost(index, { *seen.nowhere, arch::Gva { seen.pc }, engine::AccessKind::Fetch, 4 });
}

}
