#include "firmware/firmware.h"

#include "firmware/smccc/architecture.h"

#include <cinttypes>
#include <cstdio>

namespace dormouse::firmware {

using smccc::Owner;

// PSCI takes function numbers 0x00 to 0x1f of the Standard Secure service. [Arm DEN 0028, SMCCC, Table 6-2]
constexpr uint16_t kLastPsciNumber = 0x1f;

Answer Firmware::dispatch(unsigned index, uint32_t w0, std::array<uint64_t, 4> const& x1_to_x4, uint16_t immediate)
{
    if (immediate != 0)
        return Return { kNotSupported };
    // The ids of PSCI 0.1 are older than the calling convention: they take full registers and have no owner.
    if (m_version == psci::Version::V0_1)
        return m_psci.call({ { w0 }, index, x1_to_x4 });

    smccc::Call call { smccc::without_sve_hint(w0), index, x1_to_x4 };
    if (!call.id.fast() || !call.id.well_formed())
        return Return { kNotSupported };
    if (!call.id.is_64_bit())
        for (uint64_t& argument : call.arguments)
            argument = static_cast<uint32_t>(argument);

    switch (call.id.owner()) {
    case Owner::Architecture:
        // Reachable only for guests that may ask PSCI_FEATURES about it, that is from PSCI 1.0 on.
        return m_version >= psci::Version::V1_0 ? smccc::architecture_call(call) : Return { kNotSupported };
    case Owner::StandardSecure:
        return call.id.number() <= kLastPsciNumber ? m_psci.call(call) : Return { kNotSupported };
    default: return Return { kNotSupported };
    }
}

// SDEI exists in the 64-bit convention only, and beside every version of PSCI.
bool Firmware::is_sdei_call(uint32_t w0, uint16_t immediate) const
{
    smccc::FunctionId const id = smccc::without_sve_hint(w0);
    return m_sdei && immediate == 0 && id.fast() && id.is_64_bit() && id.well_formed()
        && id.owner() == Owner::StandardSecure && id.number() >= sdei::kFirstNumber && id.number() <= sdei::kLastNumber;
}

Result<Firmware::Next> Firmware::handle(unsigned index, engine::Vcpu& vcpu, engine::ExitHypercall const& exit)
{
    TRY_PUT(x0, vcpu.read_register(engine::x_register(0)));
    std::array<uint64_t, TraceEntry::kArguments> x1_to_x5 {};
    for (unsigned i = 0; i < x1_to_x5.size(); ++i) {
        TRY_PUT(value, vcpu.read_register(engine::x_register(1 + i)));
        x1_to_x5[i] = value.low;
    }
    std::array<uint64_t, 4> const arguments { x1_to_x5[0], x1_to_x5[1], x1_to_x5[2], x1_to_x5[3] };
    auto const w0 = static_cast<uint32_t>(x0.low);
    uint64_t const entry = m_trace.begin({ m_clock.now_ns(), index, w0, x1_to_x5, std::nullopt, 0 });
    if (is_sdei_call(w0, exit.immediate)) {
        TRY_PUT(sdei_result, m_sdei->call({ smccc::without_sve_hint(w0), index, arguments }, vcpu));
        if (sdei_result) {
            m_trace.finish(entry, *sdei_result);
            TRY(vcpu.write_register(engine::x_register(0), { static_cast<uint64_t>(*sdei_result), 0 }));
        }
        return Next::Run;
    }
    Answer const answer = dispatch(index, w0, arguments, exit.immediate);

    if (std::holds_alternative<NoReturn>(answer))
        return Next::Stopped;
    auto const* standby = std::get_if<Standby>(&answer);
    int64_t const result = standby ? standby->x0 : std::get<Return>(answer).x0;
    m_trace.finish(entry, result);
    TRY(vcpu.write_register(engine::x_register(0), { static_cast<uint64_t>(result), 0 }));
    return standby ? Next::WaitForInterrupt : Next::Run;
}

std::vector<engine::RegisterId> Firmware::register_list() const
{
    return { kPsciVersionRegister, kPsciMemoryRegister };
}

static Error no_such_register(engine::RegisterId id)
{
    char text[64];
    std::snprintf(text, sizeof(text), "The firmware has no register 0x%016" PRIx64, id.value);
    return { Code::InvalidArgument, text };
}

Result<engine::RegisterValue> Firmware::read_register(engine::RegisterId id) const
{
    if (id == kPsciMemoryRegister)
        return engine::RegisterValue { m_psci.memory(), 0 };
    if (id != kPsciVersionRegister)
        return no_such_register(id);
    return engine::RegisterValue { psci::describe_version(m_version).value, 0 };
}

Result<void> Firmware::write_register(engine::RegisterId id, engine::RegisterValue value)
{
    if (id == kPsciMemoryRegister) {
        if (value.high != 0 || (value.low & ~psci::Psci::Memory::kAll))
            return Error { Code::InvalidArgument, "PSCI_MEMORY has bits that mean nothing" };
        m_psci.set_memory(value.low);
        return {};
    }
    if (id != kPsciVersionRegister)
        return no_such_register(id);
    auto const version = value.high == 0 ? psci::version_from_value(value.low) : std::nullopt;
    if (!version)
        return Error { Code::InvalidArgument, "PSCI_VERSION holds no known version" };
    if (*version != m_version)
        return Error { Code::InvalidArgument,
            "PSCI_VERSION is " + std::string { psci::describe_version(*version).name } + ", this machine has "
                + std::string { psci::describe_version(m_version).name } };
    return {};
}

}
