#pragma once

#include "arch/system_register_encoding.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/runtime/reset.h"
#include "engine/emulator/runtime/vcpu_services.h"
#include "wires/gic_cpu_interface.h"
#include "wires/guest_bus.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace dormouse::emulator::runtime {

// Surroundings of a vCPU that only write down what was asked.
class FakeServices final : public VcpuServices, public wires::GicCpuInterface, public wires::GuestBus {
public:
    uint64_t physical_counter() const override { return ticks; }
    void timers_changed(Cpu&) override { ++timer_changes; }
    void pmu_overflow_changed(bool high) override { pmu_line = high; }
    void schedule_pmu_poll(uint64_t delay_ns) override { pmu_poll_ns = delay_ns; }
    wires::GicCpuInterface* gic() override { return has_gic ? this : nullptr; }
    wires::GuestBus& bus() override { return *this; }
    void translation_regime_changed(Cpu&) override { ++regime_changes; }
    bool tlb_maintenance(Cpu&, uint16_t encoding, uint64_t value) override
    {
        maintenance.push_back({ encoding, value });
        return encoding != rejected_tlbi;
    }
    Flow instruction_cache_maintenance(Cpu&, uint16_t encoding, uint64_t value) override
    {
        maintenance.push_back({ encoding, value });
        return cache_result;
    }
    Flow address_translation(Cpu&, uint16_t encoding, uint64_t value) override
    {
        maintenance.push_back({ encoding, value });
        return Flow::Next;
    }
    void complete_maintenance(Cpu&) override { ++completions; }
    void send_event() override { ++events_sent; }
    void wait_for_event(Cpu&) override { ++event_waits; }
    void debug_state_changed(Cpu&) override { ++debug_changes; }

    bool read(uint16_t encoding, uint64_t& value) override
    {
        auto const found = gic_registers.find(encoding);
        if (found == gic_registers.end())
            return false;
        value = found->second;
        return true;
    }
    bool write(uint16_t encoding, uint64_t value) override
    {
        if (!gic_registers.contains(encoding))
            return false;
        gic_registers[encoding] = value;
        return true;
    }

    Outcome mmio_read(arch::Gpa, unsigned, uint64_t&) override { return Outcome::NoDevice; }
    Outcome mmio_write(arch::Gpa, unsigned, uint64_t) override { return Outcome::NoDevice; }

    struct Maintenance {
        uint16_t encoding;
        uint64_t value;
    };
    uint64_t ticks { 1'000'000 };
    bool has_gic { true };
    bool pmu_line { false };
    uint64_t pmu_poll_ns { 0 };
    uint16_t rejected_tlbi { 0 };
    Flow cache_result { Flow::Next };
    unsigned timer_changes { 0 };
    unsigned regime_changes { 0 };
    unsigned debug_changes { 0 };
    unsigned completions { 0 };
    unsigned events_sent { 0 };
    unsigned event_waits { 0 };
    std::vector<Maintenance> maintenance;
    std::map<uint16_t, uint64_t> gic_registers;
};

// A vCPU fresh from reset at EL1h, with TLB arrays in which nothing hits.
struct CpuFixture {
    CpuFixture()
    {
        for (auto& context : tlb->contexts) {
            for (unsigned i = 0; i < kTlbEntries; ++i)
                context.entries[i] = { invalid_tlb_tag(i), 0, invalid_tlb_tag(i) };
        }
        cpu.tlb = cpu.tlb_unprivileged = tlb->contexts[0].data();
        cpu.services = &services;
        reset_cpu(cpu, 3);
        cpu.pc = 0x4000'0000;
    }

    uint64_t& sys(SystemRegister which) { return cpu.system(which); }

    // EL0t with interrupts open, as a user program runs.
    void enter_el0()
    {
        sys(SystemRegister::SP_EL1) = cpu.sp;
        cpu.sp = sys(SystemRegister::SP_EL0);
        cpu.pstate.el = 0;
        cpu.pstate.sp_el1 = false;
        cpu.pstate.daif = 0;
    }

    FakeServices services;
    std::unique_ptr<Tlb> tlb { std::make_unique<Tlb>() };
    Cpu cpu;
};

// Instruction words.
constexpr uint32_t mrs(uint16_t encoding, unsigned rt)
{
    return 0xd530'0000u | (encoding & 0x7fffu) << 5 | rt;
}
constexpr uint32_t msr(uint16_t encoding, unsigned rt)
{
    return 0xd510'0000u | (encoding & 0x7fffu) << 5 | rt;
}
constexpr uint32_t msr_immediate(unsigned op1, unsigned op2, unsigned immediate)
{
    return 0xd500'401fu | op1 << 16 | immediate << 8 | op2 << 5;
}
constexpr uint32_t sys_instruction(unsigned op1, unsigned crn, unsigned crm, unsigned op2, unsigned rt)
{
    return 0xd508'0000u | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | rt;
}

}
