#pragma once

#include "engine/vcpu.h"
#include "firmware/sdei/registers.h"
#include "firmware/sdei/sdei.h"

#include <vector>

namespace dormouse::machine {

// All registers of one vCPU in one list: those of the engine, then those the firmware keeps for it. Saving and
// restoring a vCPU is a blind loop over the list.
class VcpuRegisters {
public:
    // `sdei` is null in a machine without.
    VcpuRegisters(engine::Vcpu& vcpu, firmware::sdei::Sdei* sdei, unsigned index)
        : m_vcpu(vcpu)
        , m_sdei(sdei)
        , m_index(index)
    {
    }

    std::vector<engine::RegisterId> register_list() const
    {
        auto list = m_vcpu.register_list();
        if (m_sdei)
            for (engine::RegisterId const id : m_sdei->register_list())
                list.push_back(id);
        return list;
    }
    Result<engine::RegisterValue> read_register(engine::RegisterId id) const
    {
        return is_ours(id) ? m_sdei->read_register(m_index, id) : m_vcpu.read_register(id);
    }
    Result<void> write_register(engine::RegisterId id, engine::RegisterValue value)
    {
        return is_ours(id) ? m_sdei->write_register(m_index, id, value) : m_vcpu.write_register(id, value);
    }
    // See engine::Vcpu.
    uint64_t fixed_bits(engine::RegisterId id) const { return is_ours(id) ? 0 : m_vcpu.fixed_bits(id); }

private:
    bool is_ours(engine::RegisterId id) const { return m_sdei && firmware::sdei::is_sdei_register(id); }

    engine::Vcpu& m_vcpu;
    firmware::sdei::Sdei* m_sdei;
    unsigned m_index;
};

}
