#pragma once

#include "engine/emulator/bare_metal.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <span>
#include <string>

// The same program in a machine that interprets and in one that translates everything at once.
namespace dormouse::emulator::test {

inline constexpr uint64_t kUserBlock = kRamBase + 2_MiB; // 2 MiB that EL0 reads and executes
inline constexpr uint64_t kUserData = kRamBase + 6_MiB; // 2 MiB that EL0 reads and writes

class TwinMachines {
public:
    static constexpr uint64_t kAreaBytes = 256; // what both are compared in, at kData and at kUserData

    explicit TwinMachines(unsigned vcpus, EmulatorOptions const& options = {})
        : m_interpreted(vcpus, {})
        , m_translated(vcpus, translating(options))
    {
    }

    // Words beside those that run() is given, in vectors or for EL0.
    void load(uint64_t at, std::span<uint32_t const> words)
    {
        m_interpreted.machine.load(at, words);
        m_translated.machine.load(at, words);
    }
    void set_irq(bool level)
    {
        m_interpreted.machine.irqs[0]->set_level(level);
        m_translated.machine.irqs[0]->set_level(level);
    }
    // Of the machine that translates.
    EmulatedMachine& translated() { return m_translated.machine; }

    struct Start {
        uint64_t pc { kCode };
        uint64_t sp { 0 };
        uint64_t pstate { 0x3c5 };
        std::array<uint64_t, 31> x {};
        uint64_t fill { 0 }; // every doubleword of the areas
        uint64_t sctlr { kSctlrMmuOn };
    };
    // Runs the words from there until an HVC, and says in what the two differ then.
    std::string run(std::span<uint32_t const> words, Start const& start)
    {
        int const interpreted = m_interpreted.run(words, start);
        int const translated = m_translated.run(words, start);
        std::string differs = difference();
        if (interpreted != translated)
            differs += " ends with " + std::to_string(interpreted) + " and " + std::to_string(translated);
        m_complete += interpreted == kDone;
        return differs;
    }
    // How many of the runs reached their end without an exception.
    unsigned complete() const { return m_complete; }

    static constexpr uint32_t kEnd = 0xd4000022; // hvc #1, or an exception at EL0

private:
    static constexpr int kDone = 1;
    static constexpr uint32_t kHvcException = 0xd4000042; // hvc #2

    static EmulatorOptions translating(EmulatorOptions options)
    {
        options.jit = true;
        options.threshold = 1;
        options.batch = 1;
        return options;
    }

    struct Twin {
        Twin(unsigned vcpus, EmulatorOptions const& options) : machine(vcpus, options), tables(machine.memory, 12, 39)
        {
            tables.map(kRamBase, kRamBase, 2, kAf); // the tables themselves are in the third 2 MiB
            tables.map(kUserBlock, kUserBlock, 2, kAf | kUser | kReadOnly);
            tables.map(kUserData, kUserData, 2, kAf | kUser);
            turn_mmu_on(machine, tables);
            machine.set_system(kVbar, kVectors);
            for (uint64_t offset = 0; offset < 0x800; offset += 0x80)
                machine.memory.write(kVectors + offset, kHvcException);
        }
        uint8_t* area(uint64_t at) { return machine.memory.ram->data() + (at - kRamBase); }
        void set(engine::RegisterId id, uint64_t value)
        {
            REQUIRE(machine.vcpus[0]->write_register(id, { value, 0 }).ok());
        }

        int run(std::span<uint32_t const> words, Start const& start)
        {
            machine.load(start.pc, words);
            machine.vm->guest_code_changed(wires::Quiesced::for_tests());
            machine.set_system(kSctlr, start.sctlr);
            for (unsigned n = 0; n < 31; ++n)
                machine.set_x(n, start.x[n]);
            for (uint64_t offset = 0; offset < kAreaBytes; offset += 8) {
                std::memcpy(area(kData) + offset, &start.fill, 8);
                std::memcpy(area(kUserData) + offset, &start.fill, 8);
            }
            set(engine::kRegisterPstate, start.pstate);
            set(engine::kRegisterSp, start.sp);
            machine.set_pc(start.pc);
            return machine.run_to_hvc();
        }

        EmulatedMachine machine;
        Tables tables;
    };

    std::string difference()
    {
        std::string text;
        auto& first = *m_interpreted.machine.vcpus[0];
        auto& second = *m_translated.machine.vcpus[0];
        for (engine::RegisterId const id : first.register_list()) {
            auto const ours = first.read_register(id).value();
            auto const theirs = second.read_register(id).value();
            if (ours.low != theirs.low || ours.high != theirs.high)
                text += " register " + std::to_string(id.value) + ": " + std::to_string(ours.low) + " and "
                    + std::to_string(theirs.low);
        }
        if (first.counters().instructions_retired != second.counters().instructions_retired)
            text += " retired";
        if (first.counters().exceptions_taken != second.counters().exceptions_taken)
            text += " exceptions";
        for (uint64_t const at : { kData, kUserData }) {
            if (std::memcmp(m_interpreted.area(at), m_translated.area(at), kAreaBytes) != 0)
                text += " memory";
        }
        return text;
    }

    Twin m_interpreted;
    Twin m_translated;
    unsigned m_complete { 0 };
};

}
