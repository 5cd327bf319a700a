#include "machine/crash_report.h"

#include "arch/system_register_encoding.h"
#include "machine/guest_code.h"

namespace dormouse::machine {

static std::vector<std::pair<std::string, uint64_t>> registers_of(engine::Vcpu const& vcpu)
{
    using arch::system_register;
    using engine::system_register_id;
    struct Named {
        char const* name;
        engine::RegisterId id;
    };
    static constexpr Named kAfterX[] {
        { "sp_el0", engine::kRegisterSp },
        { "sp_el1", engine::kRegisterSpEl1 },
        { "pc", engine::kRegisterPc },
        { "pstate", engine::kRegisterPstate },
        { "elr_el1", engine::kRegisterElrEl1 },
        { "spsr_el1", engine::kRegisterSpsrEl1 },
        { "esr_el1", system_register_id(system_register(3, 0, 5, 2, 0)) },
        { "far_el1", system_register_id(system_register(3, 0, 6, 0, 0)) },
        { "vbar_el1", system_register_id(system_register(3, 0, 12, 0, 0)) },
        { "sctlr_el1", system_register_id(system_register(3, 0, 1, 0, 0)) },
        { "tcr_el1", system_register_id(system_register(3, 0, 2, 0, 2)) },
        { "ttbr0_el1", system_register_id(system_register(3, 0, 2, 0, 0)) },
        { "ttbr1_el1", system_register_id(system_register(3, 0, 2, 0, 1)) },
    };
    std::vector<std::pair<std::string, uint64_t>> registers;
    // A register the engine does not have is left out: a report with a gap is better than none.
    auto const add = [&](std::string name, engine::RegisterId id) {
        if (auto const value = vcpu.read_register(id); value.ok())
            registers.emplace_back(std::move(name), value.value().low);
    };
    for (unsigned n = 0; n <= 30; ++n)
        add(std::string { "x" }.append(std::to_string(n)), engine::x_register(n));
    for (auto const& [name, id] : kAfterX)
        add(name, id);
    return registers;
}

CrashReport make_crash_report(std::string message, unsigned index, engine::Vcpu const& vcpu, ExitLog const& exits,
    memory::FlatView const& memory, wires::Quiesced const&)
{
    constexpr unsigned kBefore = 8;
    constexpr unsigned kAfter = 8;
    CrashReport report { std::move(message), index, registers_of(vcpu), {}, exits.last(), {} };
    if (auto const pc = vcpu.read_register(engine::kRegisterPc); pc.ok())
        report.disassembly = disassemble_around(vcpu, memory, pc.value().low, kBefore, kAfter);
    return report;
}

}
