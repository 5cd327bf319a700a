#pragma once

#include <cstdint>

namespace dormouse::arch {

// op0:op1:CRn:CRm:op2 packed into 16 bits exactly as KVM does in the low half of a system register id:
// op0[15:14] op1[13:11] CRn[10:7] CRm[6:3] op2[2:0]. [Linux, Documentation/virt/kvm/api.rst, KVM_SET_ONE_REG, arm64]
constexpr uint16_t system_register(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    return static_cast<uint16_t>(op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2);
}

// The same packing out of an MRS/MSR (register) instruction word, whose bits [19:5] hold op0[0] op1 CRn CRm op2.
constexpr uint16_t system_register_of_instruction(uint32_t word)
{
    return static_cast<uint16_t>(((word >> 5) & 0x7fff) | 0x8000);
}

}
