#include "engine/kvm/vgic_state.h"

#include "arch/system_register_encoding.h"
#include "base/bits.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace dormouse::kvm {

using namespace arch::gic;
using arch::system_register;

namespace {

    // Offsets in the distributor; those of a redistributor count from its SGI frame. [Arm IHI 0069, 12.8 and 12.10]
    constexpr uint64_t kCtlr = 0x000;
    constexpr uint64_t kGroup = 0x080;
    constexpr uint64_t kSetEnable = 0x100;
    constexpr uint64_t kClearEnable = 0x180;
    constexpr uint64_t kSetPending = 0x200;
    constexpr uint64_t kSetActive = 0x300;
    constexpr uint64_t kClearActive = 0x380;
    constexpr uint64_t kPriority = 0x400;
    constexpr uint64_t kConfig = 0xc00;
    constexpr uint64_t kRoute = 0x6000;
    constexpr uint64_t kSgiFrame = 0x1'0000;

    constexpr uint16_t kIccPmr = system_register(3, 0, 4, 6, 0);
    constexpr uint16_t kIccBpr0 = system_register(3, 0, 12, 8, 3);
    constexpr uint16_t kIccAp0r0 = system_register(3, 0, 12, 8, 4);
    constexpr uint16_t kIccAp1r0 = system_register(3, 0, 12, 9, 0);
    constexpr uint16_t kIccBpr1 = system_register(3, 0, 12, 12, 3);
    constexpr uint16_t kIccCtlr = system_register(3, 0, 12, 12, 4);
    constexpr uint16_t kIccIgrpen0 = system_register(3, 0, 12, 12, 6);
    constexpr uint16_t kIccIgrpen1 = system_register(3, 0, 12, 12, 7);
    constexpr uint64_t kCtlrCbpr = 1;
    constexpr uint64_t kCtlrEoimode = 2;

    constexpr uint32_t kCtlrEnables = 3;
    constexpr uint64_t kRouteAffinity = 0xff'00ff'ffff;

    // Aff3.Aff2.Aff1.Aff0 in bits [63:32] of an attribute.
    uint64_t cpu_attribute(uint64_t mpidr)
    {
        return (bits<39, 32>(mpidr) << 24 | bits<23, 0>(mpidr)) << 32;
    }

}

VgicState::Bank VgicState::shared_bank(unsigned number) const
{
    return { abi::vgic::kDistRegs, 0, number, number * 32 };
}

VgicState::Bank VgicState::private_bank(uint64_t mpidr) const
{
    return { abi::vgic::kRedistRegs, cpu_attribute(mpidr) | kSgiFrame, 0, cpu_attribute(mpidr) };
}

static Error failed(char const* what, uint32_t group, uint64_t attribute, Error const& error)
{
    char text[96];
    std::snprintf(text, sizeof(text), "vGICv3 register 0x%" PRIx64 " of group %" PRIu32 " ", attribute, group);
    return { error.code, std::string { text }.append(what).append(": ").append(error.message) };
}

Result<uint32_t> VgicState::read32(uint32_t group, uint64_t attribute) const
{
    uint32_t value = 0;
    if (auto const done = m_device.get_attribute(group, attribute, &value, "it"); !done.ok())
        return failed("cannot be read", group, attribute, done.error());
    return value;
}

Result<void> VgicState::write32(uint32_t group, uint64_t attribute, uint32_t value) const
{
    if (auto const done = m_device.set_attribute(group, attribute, &value, "it"); !done.ok())
        return failed("cannot be written", group, attribute, done.error());
    return {};
}

Result<uint64_t> VgicState::read_interface(uint64_t mpidr, uint16_t encoding) const
{
    uint64_t value = 0;
    uint64_t const attribute = cpu_attribute(mpidr) | encoding;
    if (auto const done = m_device.get_attribute(abi::vgic::kCpuSysregs, attribute, &value, "it"); !done.ok())
        return failed("cannot be read", abi::vgic::kCpuSysregs, attribute, done.error());
    return value;
}

Result<void> VgicState::write_interface(uint64_t mpidr, uint16_t encoding, uint64_t value) const
{
    uint64_t const attribute = cpu_attribute(mpidr) | encoding;
    if (auto const done = m_device.set_attribute(abi::vgic::kCpuSysregs, attribute, &value, "it"); !done.ok())
        return failed("cannot be written", abi::vgic::kCpuSysregs, attribute, done.error());
    return {};
}

// --- 32 lines ------------------------------------------------------------------------------------------------------

Result<LineBits> VgicState::read_lines(Bank const& bank) const
{
    auto const read = [&](uint64_t offset, unsigned bytes_per_bank, unsigned word) {
        return read32(bank.group, bank.attribute + offset + bank.number * bytes_per_bank + word * 4);
    };
    LineBits lines;
    TRY_PUT(group, read(kGroup, 4, 0));
    TRY_PUT(enabled, read(kSetEnable, 4, 0));
    TRY_PUT(latched, read(kSetPending, 4, 0));
    TRY_PUT(active, read(kSetActive, 4, 0));
    TRY_PUT(level, read32(abi::vgic::kLevelInfo, bank.level_attribute));
    lines.group = group;
    lines.enabled = enabled;
    lines.latched = latched;
    lines.active = active;
    lines.level = level;
    lines.edge = 0;
    for (unsigned word = 0; word < 2; ++word) {
        TRY_PUT(config, read(kConfig, 8, word));
        for (unsigned i = 0; i < 16; ++i)
            lines.edge |= (config >> (2 * i + 1) & 1) << (word * 16 + i);
    }
    if (bank.group == abi::vgic::kRedistRegs) {
        // Software generated interrupts are edges without a wire.
        lines.edge |= kSgiMask;
        lines.level &= ~kSgiMask;
    }
    for (unsigned word = 0; word < 8; ++word) {
        TRY_PUT(priorities, read(kPriority, 32, word));
        for (unsigned i = 0; i < 4; ++i)
            lines.priority[word * 4 + i] = static_cast<uint8_t>(priorities >> (8 * i)) & kPriorityMask;
    }
    return lines;
}

// What decides how a level is taken comes before the level, and the level before what is pending.
Result<void> VgicState::write_lines(Bank const& bank, LineBits const& lines) const
{
    auto const write = [&](uint64_t offset, unsigned bytes_per_bank, unsigned word, uint32_t value) {
        return write32(bank.group, bank.attribute + offset + bank.number * bytes_per_bank + word * 4, value);
    };
    bool const is_private = bank.group == abi::vgic::kRedistRegs;
    TRY(write(kGroup, 4, 0, lines.group));
    TRY(write(kClearEnable, 4, 0, ~0u));
    TRY(write(kSetEnable, 4, 0, lines.enabled));
    for (unsigned word = is_private ? 1 : 0; word < 2; ++word) {
        uint32_t config = 0;
        for (unsigned i = 0; i < 16; ++i)
            config |= (lines.edge >> (word * 16 + i) & 1) << (2 * i + 1);
        TRY(write(kConfig, 8, word, config));
    }
    TRY(write32(abi::vgic::kLevelInfo, bank.level_attribute, lines.level));
    TRY(write(kSetPending, 4, 0, lines.latched));
    TRY(write(kClearActive, 4, 0, ~0u));
    TRY(write(kSetActive, 4, 0, lines.active));
    for (unsigned word = 0; word < 8; ++word) {
        uint32_t priorities = 0;
        for (unsigned i = 0; i < 4; ++i)
            priorities |= uint32_t { lines.priority[word * 4 + i] } << (8 * i);
        TRY(write(kPriority, 32, word, priorities));
    }
    return {};
}

// A 64-bit register through two 32-bit attributes.
Result<uint64_t> VgicState::read_route(unsigned spi) const
{
    uint64_t const offset = kRoute + (kPrivateLines + spi) * 8;
    TRY_PUT(low, read32(abi::vgic::kDistRegs, offset));
    TRY_PUT(high, read32(abi::vgic::kDistRegs, offset + 4));
    return (uint64_t { high } << 32 | low) & kRouteMask;
}

Result<void> VgicState::write_route(unsigned spi, uint64_t route) const
{
    uint64_t const offset = kRoute + (kPrivateLines + spi) * 8;
    TRY(write32(abi::vgic::kDistRegs, offset, static_cast<uint32_t>(route & kRouteAffinity)));
    return write32(abi::vgic::kDistRegs, offset + 4, static_cast<uint32_t>((route & kRouteAffinity) >> 32));
}

// --- CPU interfaces ------------------------------------------------------------------------------------------------

Result<void> VgicState::read_cpu(uint64_t mpidr, CpuState& cpu) const
{
    TRY_PUT(lines, read_lines(private_bank(mpidr)));
    cpu.lines = lines;
    cpu.processor_sleep = false;
    TRY_PUT(ctlr, read_interface(mpidr, kIccCtlr));
    cpu.cbpr = ctlr & kCtlrCbpr;
    cpu.eoimode = ctlr & kCtlrEoimode;
    TRY_PUT(pmr, read_interface(mpidr, kIccPmr));
    TRY_PUT(bpr0, read_interface(mpidr, kIccBpr0));
    // While CBPR is set, BPR1 answers with what follows from BPR0.
    if (cpu.cbpr)
        TRY(write_interface(mpidr, kIccCtlr, ctlr & ~kCtlrCbpr));
    TRY_PUT(bpr1, read_interface(mpidr, kIccBpr1));
    if (cpu.cbpr)
        TRY(write_interface(mpidr, kIccCtlr, ctlr));
    TRY_PUT(igrpen0, read_interface(mpidr, kIccIgrpen0));
    TRY_PUT(igrpen1, read_interface(mpidr, kIccIgrpen1));
    TRY_PUT(ap0r, read_interface(mpidr, kIccAp0r0));
    TRY_PUT(ap1r, read_interface(mpidr, kIccAp1r0));
    cpu.pmr = static_cast<uint8_t>(pmr) & kPriorityMask;
    // KVM keeps what was written; the processor works with the smallest it has.
    cpu.bpr0 = std::max(static_cast<uint8_t>(bpr0 & 7), kMinBpr0);
    cpu.bpr1 = std::max(static_cast<uint8_t>(bpr1 & 7), kMinBpr1);
    cpu.igrpen0 = igrpen0 & 1;
    cpu.igrpen1 = igrpen1 & 1;
    cpu.ap0r = static_cast<uint32_t>(ap0r);
    cpu.ap1r = static_cast<uint32_t>(ap1r);
    return {};
}

Result<void> VgicState::write_cpu(uint64_t mpidr, CpuState const& cpu) const
{
    TRY(write_lines(private_bank(mpidr), cpu.lines));
    // The other fields describe this host and must stay as they are.
    TRY_PUT(host, read_interface(mpidr, kIccCtlr));
    uint64_t const ctlr = (host & ~(kCtlrCbpr | kCtlrEoimode)) | (cpu.eoimode ? kCtlrEoimode : 0);
    TRY(write_interface(mpidr, kIccCtlr, ctlr));
    TRY(write_interface(mpidr, kIccPmr, cpu.pmr));
    TRY(write_interface(mpidr, kIccBpr0, cpu.bpr0));
    TRY(write_interface(mpidr, kIccBpr1, cpu.bpr1));
    TRY(write_interface(mpidr, kIccCtlr, ctlr | (cpu.cbpr ? kCtlrCbpr : 0)));
    TRY(write_interface(mpidr, kIccIgrpen0, cpu.igrpen0));
    TRY(write_interface(mpidr, kIccIgrpen1, cpu.igrpen1));
    TRY(write_interface(mpidr, kIccAp0r0, cpu.ap0r));
    return write_interface(mpidr, kIccAp1r0, cpu.ap1r);
}

Result<State> VgicState::read() const
{
    State state;
    TRY_PUT(ctlr, read32(abi::vgic::kDistRegs, kCtlr));
    state.ctlr = ctlr & kCtlrEnables;
    for (unsigned bank = 0; bank < kSpiBanks; ++bank) {
        TRY_PUT(lines, read_lines(shared_bank(bank + 1)));
        state.spis[bank] = lines;
    }
    for (unsigned spi = 0; spi < kSpis; ++spi) {
        TRY_PUT(route, read_route(spi));
        state.routes[spi] = route;
    }
    for (uint64_t const mpidr : m_mpidrs)
        TRY(read_cpu(mpidr, state.cpus.emplace_back()));
    return state;
}

Result<void> VgicState::write(State const& state) const
{
    if (state.cpus.size() != m_mpidrs.size())
        return Error { Code::Corrupt,
            "The state of the interrupt controller has " + std::to_string(state.cpus.size())
                + " CPUs, this machine has " + std::to_string(m_mpidrs.size()) };
    TRY(write32(abi::vgic::kDistRegs, kCtlr, state.ctlr));
    for (unsigned spi = 0; spi < kSpis; ++spi)
        TRY(write_route(spi, state.routes[spi]));
    for (unsigned bank = 0; bank < kSpiBanks; ++bank)
        TRY(write_lines(shared_bank(bank + 1), state.spis[bank]));
    for (size_t cpu = 0; cpu < m_mpidrs.size(); ++cpu)
        TRY(write_cpu(m_mpidrs[cpu], state.cpus[cpu]));
    return {};
}

}
