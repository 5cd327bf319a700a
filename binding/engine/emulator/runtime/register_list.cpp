#include "engine/emulator/runtime/register_list.h"

#include "base/bits.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/pmu.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/register_access.h"
#include "engine/emulator/runtime/register_names.h"
#include "engine/emulator/runtime/system_registers.h"
#include "engine/emulator/runtime/timers.h"
#include "engine/emulator/runtime/vcpu_services.h"

#include <iterator>
#include <optional>
#include <string>

namespace dormouse::emulator::runtime {

namespace {

    using engine::RegisterId;
    using engine::RegisterValue;

    constexpr RegisterId kTimerRegisters[] = {
        // Counters first: with the right offset no comparison is met for a moment that should not be.
        kRegisterPhysicalCounter,
        kRegisterVirtualCounter,
        kRegisterPhysicalTimerCompare,
        kRegisterPhysicalTimerControl,
        kRegisterVirtualTimerCompare,
        kRegisterVirtualTimerControl,
    };

    constexpr RegisterId kOwnRegisters[] = {
        kRegisterEvent,
        kRegisterExclusiveControl,
        kRegisterExclusiveAddress,
        kRegisterExclusiveValue,
    };

    Error unknown_register(RegisterId id)
    {
        return { Code::InvalidArgument, "Unknown vCPU register " + hexadecimal(id.value) };
    }

    // The value must be inside `allowed`; names the register and the offending bits.
    Result<void> check_bits(RegisterId id, uint64_t value, uint64_t allowed)
    {
        if ((value & ~allowed) == 0)
            return {};
        return Error { Code::InvalidArgument,
            "Register " + register_name(id) + ": bits " + hexadecimal(value & ~allowed) + " of value "
                + hexadecimal(value) + " are reserved" };
    }

    // Listed system register of an id; none for other ids.
    std::optional<SystemRegister> listed_register(Cpu const& cpu, RegisterId id)
    {
        if ((id.value & ~uint64_t { 0xffff }) != engine::system_register_id(0).value)
            return std::nullopt;
        auto const which = find_system_register(static_cast<uint16_t>(id.value));
        if (!which || system_register_row(*which).listing != RegisterListing::Listed || !profile_of(cpu).has(*which))
            return std::nullopt;
        return which;
    }

    uint64_t read_listed(Cpu const& cpu, SystemRegister which)
    {
        // The counters as of now, so that saving needs no change of the vCPU.
        if (system_register_row(which).behaviour == RegisterBehaviour::Pmu)
            return read_pmu_register(cpu, which);
        return cpu.system(which);
    }

    Result<void> write_listed(Cpu& cpu, RegisterId id, SystemRegister which, uint64_t value)
    {
        SystemRegisterRow const& row = system_register_row(which);
        uint64_t const fixed_bits = runtime::fixed_bits(cpu, id);
        uint64_t const fixed = cpu.system(which) & fixed_bits;
        if ((value & fixed_bits) != fixed) {
            return Error { Code::InvalidArgument,
                "Register " + register_name(id) + ": value " + hexadecimal(value) + " differs in bits "
                    + hexadecimal((value & fixed_bits) ^ fixed) + " that CPU profile " + profile_of(cpu).name
                    + " fixes as " + hexadecimal(fixed) };
        }
        if (row.behaviour == RegisterBehaviour::Identification) {
            cpu.system(which) = value;
            return {};
        }
        if (row.behaviour != RegisterBehaviour::Pmu) {
            store_system_register(cpu, which, value);
            return {};
        }
        // Bring the counters up to date under the old settings, then set the raw state.
        pmu_synchronise(cpu);
        cpu.system(which) = value;
        pmu_update_interrupt(cpu);
        return {};
    }

    std::optional<RegisterValue> read_timer(Cpu const& cpu, RegisterId id)
    {
        if (id == kRegisterPhysicalCounter)
            return RegisterValue { physical_count(cpu) };
        if (id == kRegisterVirtualCounter)
            return RegisterValue { virtual_count(cpu) };
        if (id == kRegisterPhysicalTimerCompare)
            return RegisterValue { cpu.system(SystemRegister::CNTP_CVAL_EL0) };
        if (id == kRegisterVirtualTimerCompare)
            return RegisterValue { cpu.system(SystemRegister::CNTV_CVAL_EL0) };
        if (id == kRegisterPhysicalTimerControl)
            return RegisterValue { read_timer_register(cpu, SystemRegister::CNTP_CTL_EL0) };
        if (id == kRegisterVirtualTimerControl)
            return RegisterValue { read_timer_register(cpu, SystemRegister::CNTV_CTL_EL0) };
        return std::nullopt;
    }

    Result<bool> write_timer(Cpu& cpu, RegisterId id, uint64_t value)
    {
        if (id == kRegisterPhysicalCounter) {
            cpu.system(SystemRegister::CNTPOFF_EL2) = cpu.services->physical_counter() - value;
        } else if (id == kRegisterVirtualCounter) {
            cpu.system(SystemRegister::CNTVOFF_EL2) = cpu.services->physical_counter() - value;
        } else if (id == kRegisterPhysicalTimerCompare) {
            cpu.system(SystemRegister::CNTP_CVAL_EL0) = value;
        } else if (id == kRegisterVirtualTimerCompare) {
            cpu.system(SystemRegister::CNTV_CVAL_EL0) = value;
        } else if (id == kRegisterPhysicalTimerControl || id == kRegisterVirtualTimerControl) {
            // ISTATUS follows from the rest and is ignored, as KVM does.
            TRY(check_bits(id, value, kTimerEnable | kTimerMask | kTimerStatus));
            SystemRegister const which
                = id == kRegisterPhysicalTimerControl ? SystemRegister::CNTP_CTL_EL0 : SystemRegister::CNTV_CTL_EL0;
            cpu.system(which) = value & (kTimerEnable | kTimerMask);
        } else {
            return false;
        }
        cpu.services->timers_changed(cpu);
        return true;
    }

    std::optional<RegisterValue> read_own(Cpu const& cpu, RegisterId id)
    {
        ExclusiveMonitor const& monitor = cpu.exclusive;
        if (id == kRegisterEvent)
            return RegisterValue { cpu.event_register };
        // A monitor that is not armed has no other state that anything can see.
        if (id == kRegisterExclusiveControl)
            return RegisterValue { monitor.armed ? 1u | uint64_t { monitor.size } << 8 : 0 };
        if (id == kRegisterExclusiveAddress)
            return RegisterValue { monitor.armed ? monitor.address : 0 };
        if (id == kRegisterExclusiveValue)
            return monitor.armed ? RegisterValue { monitor.value[0], monitor.value[1] } : RegisterValue {};
        return std::nullopt;
    }

    Result<bool> write_own(Cpu& cpu, RegisterId id, RegisterValue value)
    {
        ExclusiveMonitor& monitor = cpu.exclusive;
        if (id == kRegisterEvent) {
            TRY(check_bits(id, value.low, 1));
            cpu.event_register = value.low;
        } else if (id == kRegisterExclusiveControl) {
            TRY(check_bits(id, value.low, 0xff01));
            uint64_t const size = value.low >> 8;
            bool const armed = value.low & 1;
            bool const valid = armed ? size == 1 || size == 2 || size == 4 || size == 8 || size == 16 : size == 0;
            if (!valid) {
                return Error { Code::InvalidArgument,
                    "Register " + register_name(id) + ": size " + std::to_string(size)
                        + " is not that of an exclusive access" };
            }
            monitor.armed = armed;
            monitor.size = static_cast<uint8_t>(size);
        } else if (id == kRegisterExclusiveAddress) {
            monitor.address = value.low;
        } else if (id == kRegisterExclusiveValue) {
            monitor.value[0] = value.low;
            monitor.value[1] = value.high;
        } else {
            return false;
        }
        return true;
    }

    std::optional<RegisterValue> read_core(Cpu const& cpu, RegisterId id)
    {
        for (unsigned n = 0; n < 31; ++n) {
            if (id == engine::x_register(n))
                return RegisterValue { cpu.x[n] };
        }
        for (unsigned n = 0; n < 32; ++n) {
            if (id == engine::v_register(n))
                return RegisterValue { cpu.v[n].d[0], cpu.v[n].d[1] };
        }
        if (id == engine::kRegisterSp)
            return RegisterValue { stack_pointer(cpu, SystemRegister::SP_EL0) };
        if (id == engine::kRegisterSpEl1)
            return RegisterValue { stack_pointer(cpu, SystemRegister::SP_EL1) };
        if (id == engine::kRegisterPc)
            return RegisterValue { cpu.pc };
        if (id == engine::kRegisterPstate)
            return RegisterValue { to_spsr(cpu) };
        if (id == engine::kRegisterElrEl1)
            return RegisterValue { cpu.system(SystemRegister::ELR_EL1) };
        if (id == engine::kRegisterSpsrEl1)
            return RegisterValue { cpu.system(SystemRegister::SPSR_EL1) };
        if (id == engine::kRegisterFpsr)
            return RegisterValue { cpu.fpsr };
        if (id == engine::kRegisterFpcr)
            return RegisterValue { cpu.fpcr };
        return std::nullopt;
    }

    Result<void> write_pstate(Cpu& cpu, uint64_t value)
    {
        TRY(check_bits(engine::kRegisterPstate, value, ~fixed_bits(cpu, engine::kRegisterPstate)));
        if (!is_implemented_mode(value)) {
            return Error { Code::InvalidArgument,
                "Register PSTATE: field M is " + hexadecimal(value & kSpsrModeMask) + ", not EL0t, EL1t or EL1h" };
        }
        pmu_synchronise(cpu);
        set_from_spsr(cpu, value);
        cpu.services->translation_regime_changed(cpu);
        refresh_step_request(cpu);
        return {};
    }

    Result<bool> write_core(Cpu& cpu, RegisterId id, RegisterValue value)
    {
        for (unsigned n = 0; n < 31; ++n) {
            if (id == engine::x_register(n)) {
                cpu.x[n] = value.low;
                return true;
            }
        }
        for (unsigned n = 0; n < 32; ++n) {
            if (id == engine::v_register(n)) {
                cpu.v[n] = Vector { { value.low, value.high } };
                return true;
            }
        }
        if (id == engine::kRegisterSp) {
            set_stack_pointer(cpu, SystemRegister::SP_EL0, value.low);
        } else if (id == engine::kRegisterSpEl1) {
            set_stack_pointer(cpu, SystemRegister::SP_EL1, value.low);
        } else if (id == engine::kRegisterPc) {
            cpu.pc = value.low;
        } else if (id == engine::kRegisterPstate) {
            TRY(write_pstate(cpu, value.low));
        } else if (id == engine::kRegisterElrEl1) {
            cpu.system(SystemRegister::ELR_EL1) = value.low;
        } else if (id == engine::kRegisterSpsrEl1) {
            TRY(check_bits(id, value.low, ~fixed_bits(cpu, id)));
            cpu.system(SystemRegister::SPSR_EL1) = value.low;
        } else if (id == engine::kRegisterFpsr) {
            TRY(check_bits(id, value.low, system_register_row(SystemRegister::FPSR).writable));
            cpu.fpsr = static_cast<uint32_t>(value.low);
        } else if (id == engine::kRegisterFpcr) {
            TRY(check_bits(id, value.low, system_register_row(SystemRegister::FPCR).writable));
            cpu.fpcr = static_cast<uint32_t>(value.low);
        } else {
            return false;
        }
        return true;
    }

    void append_core(std::vector<RegisterId>& list)
    {
        for (unsigned n = 0; n < 31; ++n)
            list.push_back(engine::x_register(n));
        for (RegisterId const id : { engine::kRegisterSp, engine::kRegisterPc, engine::kRegisterPstate,
                 engine::kRegisterSpEl1, engine::kRegisterElrEl1, engine::kRegisterSpsrEl1 })
            list.push_back(id);
        for (unsigned n = 0; n < 32; ++n)
            list.push_back(engine::v_register(n));
        list.push_back(engine::kRegisterFpsr);
        list.push_back(engine::kRegisterFpcr);
    }

}

std::vector<RegisterId> register_list(CpuProfile const& profile)
{
    std::vector<RegisterId> list;
    append_core(list);
    for (unsigned i = 0; i < kSystemRegisterCount; ++i) {
        SystemRegisterRow const& row = system_register_row(static_cast<SystemRegister>(i));
        if (row.listing == RegisterListing::Listed && profile.has(static_cast<SystemRegister>(i)))
            list.push_back(engine::system_register_id(row.encoding));
    }
    list.insert(list.end(), std::begin(kTimerRegisters), std::end(kTimerRegisters));
    list.insert(list.end(), std::begin(kOwnRegisters), std::end(kOwnRegisters));
    return list;
}

Result<RegisterValue> read_register(Cpu const& cpu, RegisterId id)
{
    if (auto const core = read_core(cpu, id))
        return *core;
    if (auto const timer = read_timer(cpu, id))
        return *timer;
    if (auto const own = read_own(cpu, id))
        return *own;
    if (auto const which = listed_register(cpu, id))
        return RegisterValue { read_listed(cpu, *which) };
    return unknown_register(id);
}

Result<void> write_register(Cpu& cpu, RegisterId id, RegisterValue value)
{
    if ((id.bytes() < 16 && value.high != 0) || (id.bytes() < 8 && value.low >> 32 != 0)) {
        return Error { Code::InvalidArgument,
            "Register " + register_name(id) + ": the value is wider than " + std::to_string(id.bytes()) + " bytes" };
    }
    TRY_PUT(is_core, write_core(cpu, id, value));
    if (is_core)
        return {};
    TRY_PUT(is_timer, write_timer(cpu, id, value.low));
    if (is_timer)
        return {};
    TRY_PUT(is_own, write_own(cpu, id, value));
    if (is_own)
        return {};
    if (auto const which = listed_register(cpu, id))
        return write_listed(cpu, id, *which, value.low);
    return unknown_register(id);
}

uint64_t fixed_bits(Cpu const& cpu, RegisterId id)
{
    if (id == kRegisterPhysicalTimerControl || id == kRegisterVirtualTimerControl)
        return ~(kTimerEnable | kTimerMask | kTimerStatus);
    if (id == engine::kRegisterPstate)
        return ~kSpsrImplemented | profile_of(cpu).reserved_bits(SystemRegister::SPSR_EL1);
    if (id == engine::kRegisterSpsrEl1)
        return ~system_register_row(SystemRegister::SPSR_EL1).writable
            | profile_of(cpu).reserved_bits(SystemRegister::SPSR_EL1);
    if (id == engine::kRegisterFpsr)
        return ~system_register_row(SystemRegister::FPSR).writable;
    if (id == engine::kRegisterFpcr)
        return ~system_register_row(SystemRegister::FPCR).writable;
    if (auto const which = listed_register(cpu, id))
        return (~system_register_row(*which).writable | profile_of(cpu).reserved_bits(*which))
            & ~profile_of(cpu).loadable_bits(*which);
    return 0;
}

}
