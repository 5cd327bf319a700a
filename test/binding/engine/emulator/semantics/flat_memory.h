#pragma once

#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/mmu/mmu.h"
#include "memory/memory_map.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

namespace dormouse::emulator::semantics::test {

// One page of guest memory, at two addresses, that the first-level TLB already knows, so that accesses take their fast
// path. The MMU is off and the physical address space has 40 bits: kFaulting and what follows does not exist.
class FlatMemory {
public:
    static constexpr uint64_t kPage = 0x0012'3000;
    static constexpr uint64_t kFaulting = 0x0010'0000'0000'0000;
    static constexpr uint64_t kLastPage = kFaulting - 4096;

    FlatMemory()
    {
        for (auto& context : m_tlb->contexts) {
            for (unsigned i = 0; i < kTlbEntries; ++i)
                context.entries[i] = { invalid_tlb_tag(i), 0, invalid_tlb_tag(i) };
            for (uint64_t const page : { kPage, kLastPage })
                context.entries[tlb_index(page)] = { page, reinterpret_cast<uint64_t>(m_page->data()) - page, page };
        }
        cpu.tlb = m_tlb->contexts[1].data();
        cpu.tlb_unprivileged = m_tlb->contexts[0].data();
        cpu.mmu = &m_mmu;
        cpu.pc = 0x1000;
        cpu.sp = kPage + 0x800;
    }

    Flow run(uint32_t word) { return isa::info(isa::decode(word)).handler(cpu, word); }

    template <typename T> T get(unsigned offset) const { return host_load<T>(m_page->data() + offset); }
    template <typename T> void put(unsigned offset, T value) { host_store<T>(m_page->data() + offset, value); }

    Cpu cpu;

private:
    struct alignas(4096) Page : std::array<uint8_t, 4096> { };

    std::unique_ptr<Page> m_page { std::make_unique<Page>() };
    std::unique_ptr<Tlb> m_tlb { std::make_unique<Tlb>() };
    memory::MemoryMap m_memory_map { 40 };
    Mmu m_mmu { m_memory_map, nullptr };
};

}
