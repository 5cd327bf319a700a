#pragma once

#include "base/bits.h"
#include "base/units.h"
#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/mmu/address_instructions.h"
#include "engine/emulator/mmu/mmu.h"
#include "engine/emulator/mmu/tlb_instructions.h"
#include "engine/emulator/runtime/vcpu_services.h"
#include "memory/memory_map.h"
#include "wires/guest_bus.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace dormouse::emulator::test {

constexpr uint64_t kRamBase = 0x4000'0000;
constexpr uint64_t kRamSize = 8_MiB;
constexpr uint64_t kRomBase = 0x2000'0000;
constexpr uint64_t kRomSize = 64_KiB;

// Guest memory as a machine sets it up: RAM and a read-only slot. Host pages of 64 KiB would do as well.
class GuestMemory {
public:
    GuestMemory() : map(48), ram(create(kRamSize)), rom(create(kRomSize))
    {
        auto transaction = map.begin();
        transaction.add("ram", arch::Gpa { kRamBase }, kRamSize, ram, 0, {});
        transaction.add("rom", arch::Gpa { kRomBase }, kRomSize, rom, 0, { true });
        auto const quiesced = wires::Quiesced::for_tests();
        (void)map.commit(std::move(transaction), quiesced).ok();
    }

    template <typename T> T read(uint64_t physical) const
    {
        T value;
        std::memcpy(&value, ram->data() + (physical - kRamBase), sizeof(T));
        return value;
    }
    template <typename T> void write(uint64_t physical, T value)
    {
        std::memcpy(ram->data() + (physical - kRamBase), &value, sizeof(T));
    }
    uint64_t allocate(uint64_t bytes, uint64_t alignment)
    {
        uint64_t const base = align_up(m_next, alignment);
        m_next = base + bytes;
        return base;
    }

    memory::MemoryMap map;
    std::shared_ptr<memory::Backing> ram;
    std::shared_ptr<memory::Backing> rom;

private:
    static std::shared_ptr<memory::Backing> create(uint64_t bytes)
    {
        return memory::Backing::create_anonymous(bytes).take();
    }
    uint64_t m_next { kRamBase + 4_MiB };
};

// Attribute bits of leaf descriptors as the tests use them.
constexpr uint64_t kAf = 1 << 10;
constexpr uint64_t kNotGlobal = 1 << 11;
constexpr uint64_t kUser = 1 << 6; // AP[1]
constexpr uint64_t kReadOnly = 1 << 7; // AP[2]
constexpr uint64_t kDbm = uint64_t { 1 } << 51;
constexpr uint64_t kPxn = uint64_t { 1 } << 53;
constexpr uint64_t kUxn = uint64_t { 1 } << 54;
constexpr uint64_t kDeviceIndex = 1 << 2; // AttrIndx 1: see kMair
constexpr uint64_t kMair = 0x00ff; // 0: Normal write-back, 1: Device-nGnRnE

// Builds translation tables in guest memory, one leaf at a time.
class Tables {
public:
    Tables(GuestMemory& memory, unsigned granule_bits, unsigned input_bits)
        : m_memory(memory)
        , m_granule_bits(granule_bits)
        , m_input_bits(input_bits)
    {
        unsigned const stride = granule_bits - 3;
        m_start_level = 4 - (input_bits - granule_bits + stride - 1) / stride;
        root = memory.allocate(uint64_t { 1 } << granule_bits, uint64_t { 1 } << granule_bits);
    }

    unsigned start_level() const { return m_start_level; }
    unsigned shift(unsigned level) const { return m_granule_bits + (3 - level) * (m_granule_bits - 3); }

    // Guest physical address of the descriptor of `address` at `level`; tables above are made when missing, with
    // `table_bits` (APTable, XNTable).
    uint64_t descriptor(uint64_t address, unsigned level, uint64_t table_bits = 0)
    {
        uint64_t table = root;
        for (unsigned current = m_start_level;; ++current) {
            unsigned const width = current == m_start_level ? m_input_bits - shift(current) : m_granule_bits - 3;
            uint64_t const where = table + ((address >> shift(current)) & low_mask(width)) * 8;
            if (current == level)
                return where;
            uint64_t entry = m_memory.read<uint64_t>(where);
            if (!(entry & 1)) {
                entry = m_memory.allocate(uint64_t { 1 } << m_granule_bits, uint64_t { 1 } << m_granule_bits) | 3
                    | table_bits;
                m_memory.write(where, entry);
            }
            table = entry & low_mask(48) & ~low_mask(m_granule_bits);
        }
    }

    void map(uint64_t address, uint64_t physical, unsigned level, uint64_t attributes, uint64_t table_bits = 0)
    {
        m_memory.write(descriptor(address, level, table_bits), physical | attributes | (level == 3 ? 3 : 1));
    }

    uint64_t root { 0 };

private:
    GuestMemory& m_memory;
    unsigned m_granule_bits;
    unsigned m_input_bits;
    unsigned m_start_level;
};

class RecordingBus final : public wires::GuestBus {
public:
    struct Access {
        uint64_t address;
        unsigned size;
        uint64_t value;
        bool is_write;
        bool operator==(Access const&) const = default;
    };

    Outcome mmio_read(arch::Gpa address, unsigned size, uint64_t& value) override
    {
        if (!answers)
            return Outcome::NoDevice;
        value = 0x1122'3344'5566'7788 & low_mask(8 * size);
        accesses.push_back({ address.value, size, value, false });
        return Outcome::Done;
    }
    Outcome mmio_write(arch::Gpa address, unsigned size, uint64_t value) override
    {
        if (!answers)
            return Outcome::NoDevice;
        accesses.push_back({ address.value, size, value, true });
        return Outcome::Done;
    }

    bool answers { true };
    std::vector<Access> accesses;
};

// A CPU with an MMU and nothing else around it.
class MmuGuest : private VcpuServices {
public:
    explicit MmuGuest(GuestMemory& memory) : mmu(memory.map, nullptr)
    {
        cpu.services = this;
        cpu.mmu = &mmu;
        mmu.regime_changed(cpu);
    }

    void enable(uint64_t tcr, uint64_t ttbr0, uint64_t ttbr1 = 0, uint64_t sctlr = 1)
    {
        cpu.system(SystemRegister::TCR_EL1) = tcr;
        cpu.system(SystemRegister::TTBR0_EL1) = ttbr0;
        cpu.system(SystemRegister::TTBR1_EL1) = ttbr1;
        cpu.system(SystemRegister::MAIR_EL1) = kMair;
        cpu.system(SystemRegister::SCTLR_EL1) = sctlr;
        mmu.regime_changed(cpu);
    }
    void set_privilege(unsigned el, bool pan = false)
    {
        cpu.pstate.el = static_cast<uint8_t>(el);
        cpu.pstate.pan = pan;
        mmu.regime_changed(cpu);
    }
    FaultStatus status_of(uint64_t address, Intent intent, TlbContext privilege = TlbContext::El1)
    {
        Translation translation;
        return mmu.translate(address, intent, privilege, translation);
    }
    uint32_t fault_status() const { return cpu.exception.iss & 0x3f; }

    Cpu cpu;
    Mmu mmu;
    RecordingBus device;

private:
    uint64_t physical_counter() const override { return 0; }
    void timers_changed(Cpu&) override { }
    void pmu_overflow_changed(bool) override { }
    wires::GicCpuInterface* gic() override { return nullptr; }
    wires::GuestBus& bus() override { return device; }
    void translation_regime_changed(Cpu&) override { mmu.regime_changed(cpu); }
    bool tlb_maintenance(Cpu&, uint16_t encoding, uint64_t value) override
    {
        return execute_tlbi(cpu, encoding, value);
    }
    Flow instruction_cache_maintenance(Cpu&, uint16_t, uint64_t) override { return Flow::Next; }
    Flow address_translation(Cpu&, uint16_t encoding, uint64_t value) override
    {
        return execute_address_translation(cpu, encoding, value);
    }
    void complete_maintenance(Cpu&) override { }
    void send_event() override { }
    void debug_state_changed(Cpu&) override { mmu.invalidate_first_level(); }
};

// TCR_EL1 with both halves of the same input size and granule, 48 bits of physical address.
constexpr uint64_t tcr_for(unsigned granule_bits, unsigned input_bits)
{
    uint64_t const size = 64 - input_bits;
    uint64_t const tg0 = granule_bits == 16 ? 1 : granule_bits == 14 ? 2 : 0;
    uint64_t const tg1 = granule_bits == 16 ? 3 : granule_bits == 14 ? 1 : 2;
    return size | size << 16 | tg0 << 14 | tg1 << 30 | uint64_t { 5 } << 32;
}

}
