#pragma once

#include "arch/gicv3_state.h"
#include "base/result.h"
#include "engine/kvm/descriptor.h"

#include <cstdint>
#include <vector>

namespace dormouse::kvm {

// Between the registers of the kernel's vGICv3 and the state that a GICv3 has on each engine. No vCPU may be in any
// call into the kernel meanwhile. [Linux, Documentation/virt/kvm/devices/arm-vgic-v3.rst]
//
// What KVM's model lacks of that state: it knows no enable bit for Group 0 (GICD_CTLR.EnableGrp0), no 1-of-N routing
// (GICD_IROUTER bit 31) and no GICR_WAKER.ProcessorSleep. It reads them as 0 and ignores writes.
class VgicState {
public:
    VgicState(Descriptor const& device, std::vector<uint64_t> const& mpidrs) : m_device(device), m_mpidrs(mpidrs) { }

    Result<arch::gic::State> read() const;
    Result<void> write(arch::gic::State const&) const;

private:
    // A place where 32 lines have their registers: the distributor, or the redistributor of one CPU.
    struct Bank {
        uint32_t group { 0 }; // of attributes
        uint64_t attribute { 0 }; // of the frame the offsets count from
        unsigned number { 0 }; // which 32 interrupts
        uint64_t level_attribute { 0 };
    };
    Bank shared_bank(unsigned number) const;
    Bank private_bank(uint64_t mpidr) const;

    Result<uint32_t> read32(uint32_t group, uint64_t attribute) const;
    Result<void> write32(uint32_t group, uint64_t attribute, uint32_t value) const;
    Result<arch::gic::LineBits> read_lines(Bank const&) const;
    Result<void> write_lines(Bank const&, arch::gic::LineBits const&) const;
    Result<uint64_t> read_route(unsigned spi) const;
    Result<void> write_route(unsigned spi, uint64_t route) const;
    Result<uint64_t> read_interface(uint64_t mpidr, uint16_t encoding) const;
    Result<void> write_interface(uint64_t mpidr, uint16_t encoding, uint64_t value) const;
    Result<void> read_cpu(uint64_t mpidr, arch::gic::CpuState&) const;
    Result<void> write_cpu(uint64_t mpidr, arch::gic::CpuState const&) const;

    Descriptor const& m_device;
    std::vector<uint64_t> const& m_mpidrs;
};

}
