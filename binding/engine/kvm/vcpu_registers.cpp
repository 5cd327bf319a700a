// The registers of a vCPU through KVM_GET_ONE_REG and KVM_SET_ONE_REG.
#include "base/bits.h"
#include "engine/kvm/vcpu.h"
#include "engine/registers/identification_fields.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>

namespace dormouse::kvm {

using abi::Request;
using engine::RegisterId;
using engine::RegisterValue;

static std::string name_of(RegisterId id)
{
    char text[32];
    std::snprintf(text, sizeof(text), "0x%016" PRIx64, id.value);
    return text;
}

// What the firmware keeps for a vCPU belongs to firmware/, on each engine; and what is wider than we can hold (the
// vectors of SVE) is not given to guests.
static bool is_ours(RegisterId id)
{
    uint64_t const group = bits<31, 16>(id.value);
    return group != abi::kGroupFirmware && group != abi::kGroupFirmwareBitmap && id.bytes() <= sizeof(RegisterValue);
}

Result<void> KvmVcpu::list_registers()
{
    // {count, ids...}; the first call only tells how many there are.
    std::vector<uint64_t> list { 0 };
    int result = m_fd.raw(Request::GetRegList, reinterpret_cast<uint64_t>(list.data()));
    if (result == -E2BIG) {
        list.resize(1 + list[0]);
        result = m_fd.raw(Request::GetRegList, reinterpret_cast<uint64_t>(list.data()));
    }
    if (result < 0)
        return Descriptor::failure("KVM_GET_REG_LIST", result);
    m_registers.clear();
    for (size_t i = 1; i <= list[0] && i < list.size(); ++i)
        if (RegisterId const id { list[i] }; is_ours(id))
            m_registers.push_back(id);
    return {};
}

Result<uint64_t> KvmVcpu::read_raw(uint64_t id) const
{
    TRY_PUT(value, read_register({ id }));
    return value.low;
}

Result<RegisterValue> KvmVcpu::read_register(RegisterId id) const
{
    if (auto const stopped = m_counter.read(id))
        return RegisterValue { *stopped, 0 };
    if (!is_ours(id))
        return Error { Code::InvalidArgument, "Unknown vCPU register " + name_of(id) };
    RegisterValue value;
    abi::OneReg request { id.value, reinterpret_cast<uint64_t>(&value) };
    int const result = m_fd.raw(Request::GetOneReg, request);
    if (result == -ENOENT)
        return Error { Code::InvalidArgument, "Unknown vCPU register " + name_of(id) };
    if (result < 0)
        return Descriptor::failure("Reading vCPU register " + name_of(id), result);
    if (!m_counter.running() && (id.value == abi::kRegVirtualControl || id.value == abi::kRegPhysicalControl)) {
        TRY_PUT(compare,
            read_raw(id.value == abi::kRegVirtualControl ? abi::kRegVirtualCompare : abi::kRegPhysicalCompare));
        value.low = m_counter.control_at_stop(value.low, compare);
    }
    return value;
}

// Others may be refused too, but the kernel says so only when it is asked.
uint64_t KvmVcpu::fixed_bits(RegisterId id) const
{
    return engine::is_identification(id) ? ~m_masks.of(id) : 0;
}

Result<void> KvmVcpu::write_register(RegisterId id, RegisterValue value)
{
    complete_access();
    if ((id.bytes() < 16 && value.high != 0) || (id.bytes() < 8 && value.low >> 32 != 0))
        return Error { Code::InvalidArgument,
            "Register " + name_of(id) + ": the value is wider than " + std::to_string(id.bytes()) + " bytes" };
    if (m_counter.write(id, value.low))
        return {};
    if (!is_ours(id))
        return Error { Code::InvalidArgument, "Unknown vCPU register " + name_of(id) };
    abi::OneReg request { id.value, reinterpret_cast<uint64_t>(&value) };
    int const result = m_fd.raw(Request::SetOneReg, request);
    if (result >= 0)
        return {};
    char text[120];
    if (result == -ENOENT)
        std::snprintf(text, sizeof(text), "Unknown vCPU register %s", name_of(id).c_str());
    else
        std::snprintf(text, sizeof(text), "Register %s: KVM refuses the value 0x%" PRIx64 ": %s", name_of(id).c_str(),
            value.low, describe_errno(result).c_str());
    return Error { Code::InvalidArgument, text };
}

}
