// Translated code against the interpreter in what random programs leave out: exceptions and the way back, interrupts,
// pages that alias each other or are not there, changing tables, address spaces and code.
#include "engine/emulator/jit/random_sequences.h"

#include <doctest/doctest.h>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

using namespace dormouse;
using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint64_t kHandlers = kVectors + 0x800;
constexpr uint16_t kCpacr = arch::system_register(3, 0, 1, 0, 2);
constexpr uint64_t kDataBytes = kWindowPages * 4096;

// The device at kTrigger.
class TriggerBus final : public wires::GuestBus {
public:
    Outcome mmio_read(arch::Gpa address, unsigned size, uint64_t& value) override
    {
        value = accesses.size() & low_mask(8 * size);
        accesses.push_back({ address.value, size, value, false });
        signals->set_irq(false);
        return Outcome::Done;
    }
    Outcome mmio_write(arch::Gpa address, unsigned size, uint64_t value) override
    {
        accesses.push_back({ address.value, size, value, true });
        signals->set_irq(true);
        return Outcome::Done;
    }

    wires::CpuSignals* signals { nullptr };
    std::vector<RecordingBus::Access> accesses;
};

struct World {
    explicit World(EmulatorOptions const& options)
        : machine(1, options)
        , spaces { { { machine.memory, 12, 39 }, { machine.memory, 12, 39 } } }
    {
        REQUIRE(spaces[1].root == (spaces[0].root ^ 1 << 12));
        bus.signals = &machine.vm->signals(vcpu());
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
                spaces[space].map(page, page, 3, page - kRandomData < kDataBytes ? kAf : kAf | kReadOnly);
            spaces[space].map(kTrigger, kTrigger, 3, kAf | kDeviceIndex);
            for (unsigned page = 0; page < 2 * kWindowPages; ++page)
                descriptors[space].push_back(spaces[space].descriptor(window_page(page), 3));
        }
        machine.load(kHandlers, synchronous_handler());
        machine.load(kHandlers + 0x100, interrupt_handler());
        for (uint64_t const vector : { 0x200, 0x400 }) {
            lead(vector, kHandlers);
            lead(vector + 0x80, kHandlers + 0x100);
        }
    }
    engine::Vcpu& vcpu() { return *machine.vcpus[0]; }
    void lead(uint64_t vector, uint64_t target)
    {
        machine.memory.write(kVectors + vector, words::branch(static_cast<int>(target - kVectors - vector) / 4));
    }
    void set(engine::RegisterId id, uint64_t low, uint64_t high = 0)
    {
        REQUIRE(vcpu().write_register(id, { low, high }).ok());
    }
    uint8_t* data() { return machine.memory.ram->data() + (kRandomData - kRamBase); }

    void load(std::vector<uint32_t> const& program, uint64_t seed)
    {
        vcpu().reset();
        bus.signals->set_irq(false);
        bus.accesses.clear();
        turn_mmu_on(machine, spaces[0]);
        machine.set_system(kVbar, kVectors);
        machine.load(kCode, program);
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
        set(engine::x_register(kFirstBase + 1), base(random));
        set(engine::x_register(kCounter), 1 + random.below(6));
        set(engine::kRegisterPstate, uint64_t { random.below(16) } << 28 | (random.below(2) ? 0x3c5 : 0x345));
        set(engine::kRegisterSpEl1, base(random) & ~uint64_t { random.below(20) ? 15u : 7u });
        set(engine::kRegisterSp, base(random) & ~uint64_t { 15 });
        machine.set_system(kCpacr, random.below(8) == 0 ? uint64_t { random.below(4) } << 20 : 3 << 20);
        set(engine::kRegisterPc, kCode);
        for (uint64_t offset = 0; offset < kDataBytes; offset += 8) {
            uint64_t const value = (offset + seed) * 0x9e37'79b9'7f4a'7c15;
            std::memcpy(data() + offset, &value, 8);
        }
    }
    // An address in the window or in plain memory, near the end of a page or anywhere.
    static uint64_t base(RandomPrograms& random)
    {
        uint64_t const page = random.below(3) ? window_page(random.below(2 * kWindowPages))
                                              : kRandomData + 4096 * random.below(kWindowPages);
        return page + (random.below(3) ? random.below(4096) & ~15u : 4096 - random.below(64));
    }

    TriggerBus bus;
    EmulatedMachine machine;
    std::array<Tables, 2> spaces;
    std::array<std::vector<uint64_t>, 2> descriptors;
};

// Ends a program that goes on for ever: none of them should.
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
    void progress() { ++m_programs; }

private:
    void watch(engine::Vcpu& first, engine::Vcpu& second)
    {
        std::unique_lock lock(m_mutex);
        for (;;) {
            uint64_t const seen = m_programs;
            if (m_condition.wait_for(lock, m_patience, [this] { return m_over; }))
                return;
            if (m_programs != seen)
                continue;
            first.kick();
            second.kick();
        }
    }

    std::chrono::seconds m_patience;
    std::atomic<uint64_t> m_programs { 0 };
    std::mutex m_mutex;
    std::condition_variable m_condition;
    bool m_over { false };
    std::thread m_thread;
};

// Empty when both are in the same state.
std::string difference(World& a, World& b)
{
    std::string text;
    for (engine::RegisterId const id : a.vcpu().register_list()) {
        auto const ours = a.vcpu().read_register(id).value();
        auto const theirs = b.vcpu().read_register(id).value();
        if (ours.low != theirs.low || ours.high != theirs.high)
            text += " register " + std::to_string(id.value) + ": " + std::to_string(ours.low) + " and "
                + std::to_string(theirs.low);
    }
    if (a.vcpu().counters().instructions_retired != b.vcpu().counters().instructions_retired)
        text += " retired";
    if (a.vcpu().counters().exceptions_taken != b.vcpu().counters().exceptions_taken)
        text += " exceptions";
    if (std::memcmp(a.data(), b.data(), kDataBytes) != 0)
        text += " memory";
    if (a.bus.accesses != b.bus.accesses)
        text += " device";
    return text;
}

std::string compare(World& interpreted, World& translated, std::vector<uint32_t> const& program, uint64_t seed)
{
    interpreted.load(program, seed);
    translated.load(program, seed);
    int const expected = interpreted.machine.run_to_hvc();
    int const actual = translated.machine.run_to_hvc();
    std::string differs = difference(interpreted, translated);
    if (expected != 1 || actual != 1)
        differs += " ends with " + std::to_string(expected) + " and " + std::to_string(actual);
    return differs;
}

// The shortest listing that still differs: instructions that do not matter become NOP.
std::string explain(EmulatorOptions const& options, std::vector<uint32_t> program, uint64_t seed)
{
    constexpr uint32_t kNop = 0xd503201f;
    auto const still_differs = [&] {
        World interpreted({});
        World translated(options);
        Watchdog const watchdog(interpreted, translated, std::chrono::seconds { 10 });
        return compare(interpreted, translated, program, seed);
    };
    std::string differs = still_differs();
    for (size_t i = 0; i + 3 < program.size(); ++i) {
        uint32_t const word = std::exchange(program[i], kNop);
        std::string const now = still_differs();
        if (now.empty())
            program[i] = word;
        else
            differs = now;
    }
    for (size_t i = 0; i < program.size(); ++i)
        differs += "\n" + isa::disassemble(program[i], kCode + 4 * i);
    return differs;
}

// A number from the environment, for runs longer than those of every day.
uint64_t wish(char const* name, uint64_t otherwise)
{
    char const* const text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

void compare_random_sequences(EmulatorOptions options, uint64_t seed, uint64_t count)
{
    options.jit = true;
    World interpreted({});
    World translated(options);
    RandomSequences random(seed, interpreted.descriptors);
    Watchdog watchdog(interpreted, translated, std::chrono::seconds { wish("DORMOUSE_RANDOM_PATIENCE", 120) });
    uint64_t exceptions = 0;
    for (uint64_t i = 0; i < count; ++i) {
        auto const program = random.sequence(4 + random.values().below(50));
        uint64_t const state = random.values().number();
        if (!compare(interpreted, translated, program, state).empty())
            FAIL("sequence ", i, " of seed ", seed, ":", explain(options, program, state));
        watchdog.progress();
        exceptions += interpreted.vcpu().counters().exceptions_taken > 0;
    }
    CHECK(exceptions > count / 2);
}

}

// DORMOUSE_RANDOM_SEQUENCES: how many in all; DORMOUSE_RANDOM_SEED: others; DORMOUSE_RANDOM_PATIENCE: seconds for one.
TEST_CASE("random sequences with faults, interrupts, changing tables and changing code are what the interpreter makes "
          "of them")
{
    if (!why_no_jit().empty())
        return;
    uint64_t const count = wish("DORMOUSE_RANDOM_SEQUENCES", 3000) / 4;
    uint64_t const seed = wish("DORMOUSE_RANDOM_SEED", 20);
    EmulatorOptions options;
    options.threshold = 1;
    compare_random_sequences(options, seed, count);
    options.threshold = 2;
    compare_random_sequences(options, seed + 1, count);
    options.threshold = 4;
    compare_random_sequences(options, seed + 2, count);
    options.threshold = 1;
    options.code_bytes = 128_KiB; // full all the time
    compare_random_sequences(options, seed + 3, count);
}
