// The accesses that cpu/memory_access.h cannot do with one look into the first-level TLB.
#include "base/bits.h"
#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/cpu/trace_event.h"
#include "engine/emulator/mmu/guest_access.h"
#include "engine/emulator/mmu/maintenance.h"
#include "engine/emulator/mmu/mmu.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/vcpu_services.h"
#include "wires/guest_bus.h"

#include <algorithm>
#include <cstring>

namespace dormouse::emulator {

namespace {

    // The map can change a few times while a device answers; more than this means that it changes without end.
    constexpr unsigned kMaxRetries = 16;

    void stop_in_the_weeds(Cpu& cpu, arch::Gpa physical, GuestAccess const& access, engine::AccessKind kind)
    {
        cpu.stop = engine::ExitMemoryFault { physical, arch::Gva { access.address }, kind, access.size };
    }

    // The bus is left to do what it likes, including to wait until every other vCPU is parked: nobody may wait for this
    // vCPU's maintenance meanwhile.
    template <typename Function> wires::GuestBus::Outcome on_bus(Cpu& cpu, Function function)
    {
        MaintenancePort* const port = cpu.mmu->port();
        if (port)
            port->leave();
        auto const outcome = function(cpu.services->bus());
        if (port)
            port->enter();
        return outcome;
    }

    // Devices see aligned accesses of 1, 2, 4 or 8 bytes. Anything else (16 bytes; unaligned through a Normal mapping)
    // goes in pieces.
    unsigned device_step(uint64_t physical, unsigned size)
    {
        if (size == 16 && is_aligned(physical, 8))
            return 8;
        bool const single = std::has_single_bit(size) && size <= 8 && is_aligned(physical, size);
        return single ? size : 1;
    }

    wires::GuestBus::Outcome device_access(Cpu& cpu, uint64_t physical, unsigned size, void* data, bool is_write)
    {
        unsigned const step = device_step(physical, size);
        for (unsigned done = 0; done < size; done += step) {
            auto* const bytes = static_cast<uint8_t*>(data) + done;
            arch::Gpa const where { physical + done };
            uint64_t value = 0;
            if (is_write)
                std::memcpy(&value, bytes, step);
            auto const outcome = on_bus(cpu, [&](wires::GuestBus& bus) {
                return is_write ? bus.mmio_write(where, step, value) : bus.mmio_read(where, step, value);
            });
            if (outcome == wires::GuestBus::Outcome::NoDevice)
                return outcome;
            if (!is_write)
                std::memcpy(bytes, &value, step);
        }
        return wires::GuestBus::Outcome::Done;
    }

    // Moves the bytes of one resolved piece. False: a stop was filled in.
    bool transfer(Cpu& cpu, GuestAccess access, ResolvedAccess resolved, void* data, bool is_write)
    {
        for (unsigned attempt = 0; attempt < kMaxRetries; ++attempt) {
            if (resolved.host) {
                if (is_write)
                    copy_to_guest(resolved.host, data, access.size);
                else
                    copy_from_guest(data, resolved.host, access.size);
                return true;
            }
            cpu.mmu->counters().device_accesses.add();
            if (device_access(cpu, resolved.physical, access.size, data, is_write) == wires::GuestBus::Outcome::Done)
                return true;
            // Nobody is there. Perhaps there was when the instruction was fetched, or is now.
            if (!cpu.mmu->adopt_memory_map())
                break;
            // Translated code goes from block to block of a page without looking whether it is still the same page.
            if (cpu.mmu->port())
                cpu.pending.fetch_or(kPendingTlb, std::memory_order_relaxed);
            if (!resolve(cpu, access, resolved))
                return false;
        }
        stop_in_the_weeds(cpu, arch::Gpa { resolved.physical }, access,
            is_write ? engine::AccessKind::Write : engine::AccessKind::Read);
        return false;
    }

    bool access_slow(Cpu& cpu, uint64_t address, unsigned size, void* data, Access flags, Intent intent)
    {
        bool const is_write = intent == Intent::Write;
        uint32_t const iss = is_write || has(flags, Access::Atomic) ? kIssWrite : 0;
        if ((has(flags, Access::MustBeAligned) || cpu.mmu->regime().checks_alignment) && !is_aligned(address, size)) {
            raise_data_abort(cpu, kAlignmentFault, address, iss);
            return false;
        }
        TlbContext const privilege = has(flags, Access::Unprivileged) ? TlbContext::El0 : current_privilege(cpu);
        auto const first_size = static_cast<unsigned>(std::min<uint64_t>(size, kTlbPageSize - address % kTlbPageSize));
        GuestAccess const first { address, first_size, size, intent, privilege, iss };
        if (first_size != size)
            cpu.mmu->counters().page_crossings.add();
        GuestAccess const second { address + first_size, size - first_size, size, intent, privilege, iss };

        ResolvedAccess resolved_first;
        ResolvedAccess resolved_second;
        if (!resolve(cpu, first, resolved_first))
            return false;
        if (second.size && !resolve(cpu, second, resolved_second))
            return false;
        if (runtime::watchpoint_hit(cpu, address, size, is_write, has(flags, Access::Unprivileged)))
            return false;
        if (!transfer(cpu, first, resolved_first, data, is_write))
            return false;
        return !second.size
            || transfer(cpu, second, resolved_second, static_cast<uint8_t*>(data) + first_size, is_write);
    }

}

bool resolve(Cpu& cpu, GuestAccess const& access, ResolvedAccess& resolved)
{
    Mmu& mmu = *cpu.mmu;
    Translation translation;
    mmu.counters().slow_accesses.add();
    FaultStatus const status = mmu.translate(access.address, access.intent, access.privilege, translation);
    auto const intent = static_cast<uint64_t>(access.intent);
    if (status != kNoFault) {
        trace_event(cpu, TraceKind::Tlb, TraceEvent::TlbFault, access.address, status, intent);
        raise_data_abort(cpu, status, access.address, access.iss_flags);
        return false;
    }
    // An access that crosses pages is never aligned, so its two halves fault alike.
    if (translation.is_device() && (access.size != access.whole_size || !is_aligned(access.address, access.size))) {
        raise_data_abort(cpu, kAlignmentFault, access.address, access.iss_flags);
        return false;
    }
    resolved.is_device = translation.is_device();
    resolved.physical = translation.physical_of(mmu.regime().without_tag(access.address));
    trace_event(cpu, TraceKind::Tlb, TraceEvent::TlbMiss, access.address, resolved.physical, intent);
    uint8_t* const page = mmu.host_page(resolved.physical, access.intent == Intent::Write);
    if (page && access.intent == Intent::Write)
        mmu.note_write(resolved.physical);
    mmu.fill_first_level(cpu, access.address, access.privilege, translation);
    resolved.host = page ? page + resolved.physical % kTlbPageSize : nullptr;
    return true;
}

void copy_to_guest(uint8_t* host, void const* data, unsigned size)
{
    auto const copy = [&]<typename T>(T value) {
        std::memcpy(&value, data, sizeof(T));
        host_store<T>(host, value);
    };
    switch (size) {
    case 1: return copy(uint8_t {});
    case 2: return copy(uint16_t {});
    case 4: return copy(uint32_t {});
    case 8: return copy(uint64_t {});
    default: std::memcpy(host, data, size);
    }
}

void copy_from_guest(void* data, uint8_t const* host, unsigned size)
{
    auto const copy = [&]<typename T>(T value) {
        value = host_load<T>(host);
        std::memcpy(data, &value, sizeof(T));
    };
    switch (size) {
    case 1: return copy(uint8_t {});
    case 2: return copy(uint16_t {});
    case 4: return copy(uint32_t {});
    case 8: return copy(uint64_t {});
    default: std::memcpy(data, host, size);
    }
}

bool load_slow(Cpu& cpu, uint64_t address, unsigned size, void* value, Access access)
{
    return access_slow(cpu, address, size, value, access, Intent::Read);
}

bool store_slow(Cpu& cpu, uint64_t address, unsigned size, void const* value, Access access)
{
    return access_slow(cpu, address, size, const_cast<void*>(value), access, Intent::Write);
}

void* atomic_slow(Cpu& cpu, uint64_t address, unsigned size, Access access)
{
    TlbContext const privilege = has(access, Access::Unprivileged) ? TlbContext::El0 : current_privilege(cpu);
    if (!is_aligned(address, size)) {
        raise_data_abort(cpu, kAlignmentFault, address, kIssWrite);
        return nullptr;
    }
    ResolvedAccess resolved;
    bool const reads = !has(access, Access::StoreExclusive);
    // WnR is 0 when a read would have met the same fault. [Arm DDI 0487, ESR_EL1, "WnR"]
    if ((reads && !resolve(cpu, { address, size, size, Intent::Read, privilege, 0 }, resolved))
        || !resolve(cpu, { address, size, size, Intent::Write, privilege, kIssWrite }, resolved))
        return nullptr;
    if (resolved.is_device || !resolved.host) {
        raise_data_abort(cpu, kUnsupportedExclusive, address, kIssWrite);
        return nullptr;
    }
    // The same goes for watchpoints: one on loads sees an atomic, too.
    if ((reads && runtime::watchpoint_hit(cpu, address, size, false))
        || runtime::watchpoint_hit(cpu, address, size, true))
        return nullptr;
    return resolved.host;
}

}
