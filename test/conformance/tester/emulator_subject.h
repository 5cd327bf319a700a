#pragma once

#include "engine/emulator/emulated_machine.h"
#include "tester/instance.h"

#include <span>

namespace dormouse::conformance {

// What is tested: a vCPU of the emulator with its MMU on, which runs each instance at EL0 and reports it as Linux would
// report it to a program.
class EmulatorSubject {
public:
    // `jit`: every instance as translated code. Aborts on a host without a JIT.
    explicit EmulatorSubject(bool jit);

    // results[i] is what became of instances[i].record.
    void run(std::span<Instance const> instances, std::span<OracleRecord> results);

private:
    void write_code(std::span<Instance const>);
    void run_one(Instance const&, OracleRecord&);
    void set(engine::RegisterId, engine::RegisterValue);
    engine::RegisterValue get(engine::RegisterId);

    emulator::test::EmulatedMachine m_machine;
};

}
