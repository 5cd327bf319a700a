#pragma once

#include "engine/emulator/jit/random_sequences.h"
#include "engine/emulator/jit/wish.h"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

// The machine in which random sequences run, and how two of them are compared.
namespace dormouse::emulator::test {

inline constexpr uint64_t kHandlers = kVectors + 0x800;
inline constexpr uint64_t kErrands = kVectors + 0x4000; // programs of the second vCPU
inline constexpr uint64_t kErrandBytes = 0x100;
inline constexpr uint64_t kSequenceData = kWindowPages * 4096;
inline constexpr uint64_t kSequenceCode = 4 * 4096; // at kCode, the longest that starts late in the first page

// The device at kTrigger. While `kicks` is not zero, every so manieth access kicks the vCPU.
class TriggerBus final : public wires::GuestBus {
public:
    Outcome mmio_read(arch::Gpa address, unsigned size, uint64_t& value) override
    {
        value = accesses.size() & low_mask(8 * size);
        note({ address.value, size, value, false });
        return Outcome::Done;
    }
    Outcome mmio_write(arch::Gpa address, unsigned size, uint64_t value) override
    {
        note({ address.value, size, value, true });
        return Outcome::Done;
    }
    void set_irq(bool level)
    {
        irq = level;
        signals->set_irq(level);
    }

    wires::CpuSignals* signals { nullptr };
    engine::Vcpu* vcpu { nullptr };
    unsigned kicks { 0 };
    bool irq { false };
    std::vector<RecordingBus::Access> accesses;

private:
    void note(RecordingBus::Access const& access)
    {
        accesses.push_back(access);
        set_irq(access.is_write);
        if (kicks != 0 && accesses.size() % kicks == 0)
            vcpu->kick();
    }
};

class World {
public:
    World(EmulatorOptions const& options, unsigned vcpus)
        : machine(vcpus, options)
        , spaces { { { machine.memory, 12, 39 }, { machine.memory, 12, 39 } } }
    {
        REQUIRE(spaces[1].root == (spaces[0].root ^ 1 << 12));
        bus.signals = &machine.vm->signals(vcpu());
        bus.vcpu = &vcpu();
        engine::VcpuWiring wiring;
        wiring.bus = &bus;
        machine.vm->wire(vcpu(), wiring);
        for (unsigned space = 0; space < 2; ++space) {
            for (uint64_t offset = 0; offset < kRamSize; offset += 2_MiB) {
                spaces[space].map(kWritableRam + offset, kRamBase + offset, 2, kAf);
                if (offset)
                    spaces[space].map(kRamBase + offset, kRamBase + offset, 2, kAf | kReadOnly);
            }
            for (uint64_t page = kRamBase; page < kRamBase + 2_MiB; page += 4096)
                spaces[space].map(page, page, 3, page - kRandomData < kSequenceData ? kAf : kAf | kReadOnly);
            spaces[space].map(kTrigger, kTrigger, 3, kAf | kDeviceIndex);
            for (unsigned page = 0; page < 2 * kWindowPages; ++page)
                descriptors[space].push_back(spaces[space].descriptor(window_page(page), 3));
        }
        machine.load(kHandlers, synchronous_handler());
        machine.load(kHandlers + 0x100, interrupt_handler());
        for (uint64_t const vector : { 0x000, 0x200, 0x400 }) {
            lead(vector, kHandlers);
            lead(vector + 0x80, kHandlers + 0x100);
        }
    }

    engine::Vcpu& vcpu() { return *machine.vcpus[0]; }
    unsigned vcpus() const { return static_cast<unsigned>(machine.vcpus.size()); }

    void load(Sequence const& sequence, uint64_t seed)
    {
        vcpu().reset();
        bus.set_irq(false);
        bus.accesses.clear();
        turn_mmu_on(machine, spaces[0]);
        machine.set_system(kVbar, kVectors);
        // (Loads can have addresses of code. Nothing is left of sequences before.)
        std::memset(bytes(kCode), 0, kSequenceCode);
        machine.load(sequence.code, sequence.words);
        load_errands(sequence);
        RandomPrograms random(seed);
        for (auto const& space : descriptors)
            for (uint64_t const where : space)
                machine.memory.write(where, RandomSequences::descriptor(random));
        machine.vm->guest_code_changed(wires::Quiesced::for_tests());
        for (unsigned n = 0; n < 31; ++n)
            set(engine::x_register(n), random.operand());
        for (unsigned n = 0; n < 32; ++n)
            set(engine::v_register(n), random.operand(), random.operand());
        set(engine::x_register(kFirstBase), base(random));
        set(engine::x_register(kFirstBase + 1), base(random) | (random.below(8) ? 0 : uint64_t { 0x5a } << 56));
        set(engine::x_register(kCounter), 1 + random.below(6));
        uint64_t const masks = random.below(2) << 7 | random.below(2) << 9 | 0x145;
        set(engine::kRegisterPstate, uint64_t { random.below(16) } << 28 | masks);
        set(engine::kRegisterSpEl1, base(random) & ~uint64_t { random.below(20) ? 15u : 7u });
        set(engine::kRegisterSp, base(random) & ~uint64_t { 15 });
        machine.set_system(words::kCpacrEl1, random.below(8) == 0 ? uint64_t { random.below(4) } << 20 : 3 << 20);
        set(engine::kRegisterPc, sequence.code);
        for (uint64_t offset = 0; offset < kSequenceData; offset += 8) {
            uint64_t const value = (offset + seed) * 0x9e37'79b9'7f4a'7c15;
            std::memcpy(data() + offset, &value, 8);
        }
    }

    // Everything that a sequence can change, from a machine in which it has come to where it stands there.
    void take_over(World& other, Sequence const& sequence)
    {
        vcpu().reset();
        std::memcpy(data(), other.data(), kSequenceData);
        std::memcpy(bytes(kCode), other.bytes(kCode), kSequenceCode);
        load_errands(sequence);
        for (auto const& space : descriptors)
            for (uint64_t const where : space)
                machine.memory.write(where, other.machine.memory.read<uint64_t>(where));
        machine.vm->guest_code_changed(wires::Quiesced::for_tests());
        for (engine::RegisterId const id : vcpu().register_list()) {
            auto const value = other.vcpu().read_register(id);
            REQUIRE(vcpu().write_register(id, value.value()).ok());
        }
        bus.accesses = other.bus.accesses;
        bus.set_irq(other.bus.irq);
    }

    static constexpr int kInterrupted = -1; // by a kick
    static constexpr int kLost = -2;
    // Until a kick, or the HVC that ends the run: its immediate.
    int run()
    {
        for (;;) {
            auto const exit = vcpu().run();
            if (std::holds_alternative<engine::ExitInterrupted>(exit))
                return kInterrupted;
            auto const* const call = std::get_if<engine::ExitHypercall>(&exit);
            if (!call)
                return kLost;
            if (call->immediate < kFirstErrand)
                return call->immediate;
            machine.set_pc(kErrands + (call->immediate - kFirstErrand) * kErrandBytes, 1);
            REQUIRE(machine.run_to_hvc(1) == 1);
            if (bus.kicks != 0)
                vcpu().kick();
        }
    }

    uint64_t retired() { return vcpu().counters().instructions_retired; }
    uint64_t exceptions() { return vcpu().counters().exceptions_taken; }

    // Empty when both are in the same state.
    std::string difference(World& other)
    {
        std::string text;
        for (engine::RegisterId const id : vcpu().register_list()) {
            auto const ours = vcpu().read_register(id).value();
            auto const theirs = other.vcpu().read_register(id).value();
            if (ours.low != theirs.low || ours.high != theirs.high)
                text += " register " + std::to_string(id.value) + ": " + std::to_string(ours.low) + " and "
                    + std::to_string(theirs.low);
        }
        if (std::memcmp(data(), other.data(), kSequenceData) != 0)
            text += " memory";
        if (bus.accesses != other.bus.accesses)
            text += " device";
        return text;
    }

    TriggerBus bus;
    EmulatedMachine machine;
    std::array<Tables, 2> spaces;
    std::array<std::vector<uint64_t>, 2> descriptors;

private:
    uint8_t* bytes(uint64_t physical) { return machine.memory.ram->data() + (physical - kRamBase); }
    uint8_t* data() { return bytes(kRandomData); }
    void lead(uint64_t vector, uint64_t target)
    {
        machine.memory.write(kVectors + vector, words::branch(static_cast<int>(target - kVectors - vector) / 4));
    }
    void set(engine::RegisterId id, uint64_t low, uint64_t high = 0)
    {
        REQUIRE(vcpu().write_register(id, { low, high }).ok());
    }
    void load_errands(Sequence const& sequence)
    {
        std::memset(bytes(kErrands), 0, RandomSequences::kMostErrands * kErrandBytes);
        if (sequence.errands.empty())
            return;
        for (size_t errand = 0; errand < sequence.errands.size(); ++errand)
            machine.load(kErrands + errand * kErrandBytes, sequence.errands[errand]);
        machine.vcpus[1]->reset();
        turn_mmu_on(machine, spaces[0], 1);
    }
    // An address in the window or in plain memory, near the end of a page or anywhere.
    static uint64_t base(RandomPrograms& random)
    {
        uint64_t const page = random.below(3) ? window_page(random.below(2 * kWindowPages))
                                              : kRandomData + 4096 * random.below(kWindowPages);
        return page + (random.below(3) ? random.below(4096) & ~15u : 4096 - random.below(64));
    }
};

// Ends a sequence that goes on for ever: none of them should.
class Watchdog {
public:
    Watchdog(World& first, World& second, std::chrono::seconds patience)
        : m_patience(patience)
        , m_thread([this, &first, &second] { watch(first.vcpu(), second.vcpu()); })
    {
    }
    ~Watchdog()
    {
        {
            std::lock_guard const lock(m_mutex);
            m_over = true;
        }
        m_condition.notify_one();
        m_thread.join();
    }
    void progress() { ++m_sequences; }
    bool has_barked() const { return m_barked; }

private:
    void watch(engine::Vcpu& first, engine::Vcpu& second)
    {
        std::unique_lock lock(m_mutex);
        for (;;) {
            uint64_t const seen = m_sequences;
            if (m_condition.wait_for(lock, m_patience, [this] { return m_over; }))
                return;
            if (m_sequences != seen)
                continue;
            m_barked = true;
            first.kick();
            second.kick();
        }
    }

    std::chrono::seconds m_patience;
    std::atomic<uint64_t> m_sequences { 0 };
    std::atomic<bool> m_barked { false };
    std::mutex m_mutex;
    std::condition_variable m_condition;
    bool m_over { false };
    std::thread m_thread;
};

inline std::string listing(Sequence const& sequence)
{
    std::string text;
    for (size_t i = 0; i < sequence.words.size(); ++i)
        text += "\n" + isa::disassemble(sequence.words[i], sequence.code + 4 * i);
    for (size_t errand = 0; errand < sequence.errands.size(); ++errand) {
        text += "\nerrand " + std::to_string(errand) + ":";
        for (uint32_t const word : sequence.errands[errand])
            text += "\n" + isa::disassemble(word, 0);
    }
    return text;
}

}
