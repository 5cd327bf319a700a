#include "tester/emulator_subject.h"

#include "arch/system_register_encoding.h"
#include "engine/emulator/cpu/exception.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace dormouse::conformance {

namespace {

    using namespace dormouse::emulator::test;
    using emulator::ExceptionClass;
    using engine::RegisterId;

    // Guest physical addresses.
    constexpr uint64_t kCode = kRamBase + 0x10'0000;
    constexpr uint64_t kMemory = kRamBase + 0x20'0000;
    constexpr uint64_t kVectors = kRamBase + 0x3'0000;
    constexpr uint64_t kSynchronousFromEl0 = 0x400;
    constexpr uint64_t kVectorBytes = 0x800;
    // Where the runner has them.
    constexpr uint64_t kCodeStart = ORACLE_CODE_ADDRESS - 4;
    constexpr uint64_t kCodeBytes = uint64_t { kOracleSlots } * kOracleSlotBytes;

    constexpr uint16_t kDone = 0x7e57;
    constexpr uint32_t kSvcDone = 0xd400'0001 | uint32_t { kDone } << 5;
    constexpr uint32_t kHvcReport = 0xd400'0002 | 1 << 5;
    constexpr uint32_t kHvcOther = 0xd400'0002 | 2 << 5;
    constexpr uint32_t kClrex = 0xd503'3f5f;
    constexpr uint32_t kBreakpoint = 0xd420'0000;

    constexpr auto system(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
    {
        return engine::system_register_id(arch::system_register(op0, op1, crn, crm, op2));
    }
    constexpr RegisterId kSctlr = system(3, 0, 1, 0, 0);
    constexpr RegisterId kCpacr = system(3, 0, 1, 0, 2);
    constexpr RegisterId kTtbr0 = system(3, 0, 2, 0, 0);
    constexpr RegisterId kTcr = system(3, 0, 2, 0, 2);
    constexpr RegisterId kEsr = system(3, 0, 5, 2, 0);
    constexpr RegisterId kFar = system(3, 0, 6, 0, 0);
    constexpr RegisterId kMairRegister = system(3, 0, 10, 2, 0);
    constexpr RegisterId kVbar = system(3, 0, 12, 0, 0);
    constexpr uint64_t kTbi0 = uint64_t { 1 } << 37;
    // M, SA, SA0 and the RES1 bits; UCI, nTWE, nTWI, UCT and DZE let EL0 do what Linux lets it do.
    constexpr uint64_t kSctlrValue = 0x30d0'0999 | 1 << 26 | 1 << 18 | 1 << 16 | 1 << 15 | 1 << 14;

    // The signal that Linux sends for an exception.
    uint32_t signal_of(uint64_t esr)
    {
        constexpr uint64_t kAlignmentFault = 0x21;
        switch (static_cast<ExceptionClass>(esr >> 26 & 63)) {
        case ExceptionClass::Unknown:
        case ExceptionClass::IllegalExecutionState:
        case ExceptionClass::TrappedSystemRegister: return SIGILL;
        case ExceptionClass::DataAbortLower: return (esr & 63) == kAlignmentFault ? SIGBUS : SIGSEGV;
        case ExceptionClass::InstructionAbortLower: return SIGSEGV;
        case ExceptionClass::PcAlignment:
        case ExceptionClass::SpAlignment: return SIGBUS;
        case ExceptionClass::Brk64: return SIGTRAP;
        default: return 0xff;
        }
    }

    // Instances execute once.
    emulator::EmulatorOptions options_of(bool jit)
    {
        emulator::EmulatorOptions options;
        options.jit = jit;
        options.threshold = 1;
        return options;
    }

    void copy_in(uint8_t* pages, OracleRecord const& record)
    {
        std::memcpy(pages + (ORACLE_WINDOW_A - ORACLE_MEMORY_PAGES), record.memory, kOracleWindowABytes);
        std::memcpy(
            pages + (ORACLE_WINDOW_B - ORACLE_MEMORY_PAGES), record.memory + kOracleWindowABytes, kOracleWindowBBytes);
    }

    void copy_out(uint8_t const* pages, OracleRecord& record)
    {
        std::memcpy(record.memory, pages + (ORACLE_WINDOW_A - ORACLE_MEMORY_PAGES), kOracleWindowABytes);
        std::memcpy(
            record.memory + kOracleWindowABytes, pages + (ORACLE_WINDOW_B - ORACLE_MEMORY_PAGES), kOracleWindowBBytes);
    }

}

EmulatorSubject::EmulatorSubject(bool jit) : m_machine(1, options_of(jit))
{
    Tables tables(m_machine.memory, 12, 39);
    constexpr uint64_t kPage = 4096;
    for (uint64_t offset = 0; offset < kCodeBytes; offset += kPage)
        tables.map(kCodeStart + offset, kCode + offset, 3, kAf | kUser | kPxn);
    for (uint64_t offset = 0; offset < ORACLE_MEMORY_PAGE_BYTES; offset += kPage)
        tables.map(ORACLE_MEMORY_PAGES + offset, kMemory + offset, 3, kAf | kUser | kPxn | kUxn);
    tables.map(kVectors, kVectors, 3, kAf);
    for (uint64_t offset = 0; offset < kVectorBytes; offset += 4)
        m_machine.memory.write(kVectors + offset, kHvcOther);
    m_machine.memory.write(kVectors + kSynchronousFromEl0, kHvcReport);
    set(kMairRegister, { kMair });
    set(kTcr, { tcr_for(12, 39) | kTbi0 });
    set(kTtbr0, { tables.root });
    set(kVbar, { kVectors });
    set(kCpacr, { 3 << 20 });
    set(kSctlr, { kSctlrValue });
}

void EmulatorSubject::set(RegisterId id, engine::RegisterValue value)
{
    auto const result = m_machine.vcpus[0]->write_register(id, value);
    if (!result.ok()) {
        std::fprintf(stderr, "conformance: %s\n", result.error().message.c_str());
        std::abort();
    }
}

engine::RegisterValue EmulatorSubject::get(RegisterId id)
{
    return m_machine.vcpus[0]->read_register(id).value();
}

void EmulatorSubject::write_code(std::span<Instance const> instances)
{
    bool is_new = false;
    for (Instance const& instance : instances) {
        uint64_t const slot = kCode + uint64_t { kOracleSlotBytes } * instance.slot;
        uint32_t words[kOracleSlotBytes / 4];
        std::fill(std::begin(words), std::end(words), kBreakpoint);
        unsigned const count = instance.record.word_count;
        words[0] = kClrex;
        std::copy_n(instance.record.words, count, words + 1);
        words[count + 1] = kSvcDone;
        uint8_t* const code = m_machine.memory.ram->data() + (slot - kRamBase);
        is_new |= std::memcmp(code, words, sizeof(words)) != 0;
        std::memcpy(code, words, sizeof(words));
    }
    if (is_new)
        m_machine.vm->guest_code_changed(wires::Quiesced::for_tests());
}

void EmulatorSubject::run(std::span<Instance const> instances, std::span<OracleRecord> results)
{
    write_code(instances);
    for (size_t i = 0; i < instances.size(); ++i) {
        results[i] = instances[i].record;
        run_one(instances[i], results[i]);
    }
}

void EmulatorSubject::run_one(Instance const& instance, OracleRecord& record)
{
    uint8_t* const pages = m_machine.memory.ram->data() + (kMemory - kRamBase);
    copy_in(pages, record);
    set(engine::kRegisterPstate, { record.nzcv }); // EL0t
    set(engine::kRegisterSp, { record.sp });
    set(engine::kRegisterPc, { instance.code_address() - 4 });
    set(engine::kRegisterFpcr, { record.fpcr });
    set(engine::kRegisterFpsr, { record.fpsr });
    for (unsigned i = 0; i < 31; ++i)
        set(engine::x_register(i), { record.x[i] });
    for (unsigned i = 0; i < 32; ++i)
        set(engine::v_register(i), { record.v[i][0], record.v[i][1] });

    int const how = m_machine.run_to_hvc();
    uint64_t const esr = get(kEsr).low;
    record.pc = get(engine::kRegisterElrEl1).low;
    record.signal = 0;
    record.fault_address = 0;
    if (how != 1) {
        record.signal = 0xfe; // not an exception of EL0: the comparison says so
    } else if (esr >> 26 == static_cast<uint64_t>(ExceptionClass::Svc64) && (esr & 0xffff) == kDone) {
        record.pc -= 4;
    } else {
        record.signal = signal_of(esr);
        record.fault_address = record.signal == SIGILL || record.signal == SIGTRAP ? record.pc : get(kFar).low;
    }
    for (unsigned i = 0; i < 31; ++i)
        record.x[i] = get(engine::x_register(i)).low;
    record.sp = get(engine::kRegisterSp).low;
    record.nzcv = get(engine::kRegisterSpsrEl1).low & 0xf000'0000;
    record.fpcr = get(engine::kRegisterFpcr).low;
    record.fpsr = get(engine::kRegisterFpsr).low;
    for (unsigned i = 0; i < 32; ++i) {
        auto const value = get(engine::v_register(i));
        record.v[i][0] = value.low;
        record.v[i][1] = value.high;
    }
    copy_out(pages, record);
}

}
