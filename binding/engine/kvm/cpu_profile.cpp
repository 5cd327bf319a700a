#include "engine/kvm/cpu_profile.h"

#include "engine/registers/identification_fields.h"
#include "engine/registers/portable_v1.h"
#include "engine/registers/register_names.h"

#include <algorithm>
#include <vector>

namespace dormouse::kvm {

using abi::Request;
using engine::RegisterId;

namespace {

    // Implementer 0, as the emulator's parts have it; where the kernel can present it (Linux 6.15) no guest sees a
    // difference.
    constexpr uint64_t kMidr = 0x000f'0d01;
    constexpr RegisterId kMidrId = engine::system_register_id(arch::system_register(3, 0, 0, 0, 0));

    // "ID_AA64PFR0_EL1.FP is 1, not 0"
    void describe(std::vector<std::string>& sentences, RegisterId id, uint64_t here, uint64_t wanted)
    {
        uint64_t rest = here ^ wanted;
        for (engine::IdentificationField const& field : engine::identification_fields(id)) {
            if ((rest & field.mask()) == 0)
                continue;
            rest &= ~field.mask();
            sentences.push_back(engine::register_name(id) + "." + field.name + " is " + std::to_string(field.of(here))
                + ", not " + std::to_string(field.of(wanted)));
        }
        if (rest != 0)
            sentences.push_back(engine::register_name(id) + " has other values than it should");
    }

}

WritableMasks::WritableMasks(Descriptor const& vm)
{
    abi::RegMaskRange request {};
    request.addr = reinterpret_cast<uint64_t>(m_masks.data());
    if (vm.raw(Request::ArmGetRegWritableMasks, request) < 0)
        m_masks = {};
}

uint64_t WritableMasks::of(RegisterId id) const
{
    // op0=3 CRn=0 CRm=0..7 with op1 0, 1, 3: 64 each.
    uint64_t const encoding = id.value & 0xffff;
    if (id.value != engine::system_register_id(static_cast<uint16_t>(encoding)).value)
        return 0;
    uint64_t const op1 = encoding >> 11 & 7;
    if (encoding >> 14 != 3 || (encoding >> 7 & 15) != 0 || (encoding >> 3 & 15) > 7
        || (op1 != 0 && op1 != 1 && op1 != 3))
        return 0;
    return m_masks[(op1 == 3 ? 2 : op1) << 6 | (encoding & 0x3f)];
}

Result<CpuProfile> CpuProfile::find(std::string_view name)
{
    if (name == "native" || name == "host")
        return CpuProfile { false };
    if (name == engine::kPortableV1)
        return CpuProfile { true };
    return Error { Code::Unsupported,
        "cpuProfile is \"" + std::string { name } + "\": KVM offers host and portable-v1; the emulator has this one" };
}

char const* CpuProfile::name() const
{
    return m_portable ? engine::kPortableV1 : "host";
}

Result<void> CpuProfile::apply(engine::Vcpu& vcpu, WritableMasks const& masks) const
{
    if (!m_portable)
        return {};
    auto const listed = vcpu.register_list();
    std::vector<std::string> sentences;
    for (auto const& [encoding, wanted] : engine::kPortableRegisters) {
        RegisterId const id = engine::system_register_id(encoding);
        if (std::find(listed.begin(), listed.end(), id) == listed.end())
            continue; // Unlisted ones read as zero.
        TRY_PUT(here, vcpu.read_register(id));
        if (here.low == wanted || vcpu.write_register(id, { wanted, 0 }).ok())
            continue;
        size_t const before = sentences.size();
        uint64_t const hidden = here.low & ~masks.of(id);
        describe(sentences, id, hidden | (wanted & masks.of(id)), wanted);
        if (sentences.size() == before) // what is missing on this host is writable, downwards only
            describe(sentences, id, here.low, wanted);
    }
    if (masks.of(kMidrId) == 0xffff'ffff)
        TRY(vcpu.write_register(kMidrId, { kMidr, 0 }));
    if (sentences.empty())
        return {};
    std::string message = "cpuProfile portable-v1 cannot be presented by this computer's KVM: ";
    for (size_t i = 0; i < sentences.size(); ++i)
        message += (i == 0 ? "" : "; ") + sentences[i];
    return Error { Code::Unsupported, message };
}

}
