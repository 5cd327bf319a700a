#include "tester/vixl_oracle.h"

// VIXL's headers are not ours to keep free of warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <aarch64/decoder-aarch64.h>
#include <aarch64/simulator-aarch64.h>
#pragma GCC diagnostic pop

#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace dormouse::conformance {

namespace {

    namespace aarch64 = vixl::aarch64;

    constexpr uint64_t kCodeStart = ORACLE_CODE_ADDRESS - 4;
    constexpr size_t kCodeBytes = size_t { kOracleSlots } * kOracleSlotBytes;
    // VIXL passes a store-exclusive with probability 7/64 or more.
    constexpr unsigned kAttempts = 400;

    // VIXL gives up by abort(). There is one simulator and one thread that runs it.
    sigjmp_buf g_gave_up;

    void on_give_up(int)
    {
        siglongjmp(g_gave_up, 1);
    }

    void* map_at(uint64_t address, size_t size)
    {
        void* const wanted = reinterpret_cast<void*>(address);
        void* const got
            = mmap(wanted, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (got != wanted) {
            std::perror("conformance: memory for VIXL");
            std::exit(1);
        }
        return got;
    }

}

struct VixlOracle::Simulation {
    aarch64::Decoder decoder;
    aarch64::Simulator simulator { &decoder };
    uint8_t* code { nullptr };
    uint8_t* pages { nullptr };
};

VixlOracle::VixlOracle() : m_simulation(std::make_unique<Simulation>())
{
    m_simulation->code = static_cast<uint8_t*>(map_at(kCodeStart, kCodeBytes));
    m_simulation->pages = static_cast<uint8_t*>(map_at(ORACLE_MEMORY_PAGES, ORACLE_MEMORY_PAGE_BYTES));
    struct sigaction action = {};
    action.sa_handler = on_give_up;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGABRT, &action, nullptr);
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGTRAP, &action, nullptr);
}

VixlOracle::~VixlOracle()
{
    munmap(m_simulation->code, kCodeBytes);
    munmap(m_simulation->pages, ORACLE_MEMORY_PAGE_BYTES);
}

bool VixlOracle::run(Instance const& instance, OracleRecord const& expected, OracleRecord& result)
{
    unsigned const attempts = instance.may_fail_spuriously ? kAttempts : 1;
    unsigned const status = rm_of(instance.word());
    for (unsigned i = 0; i < attempts; ++i) {
        if (!run_once(instance, result))
            return false;
        if (status == 31 ? std::memcmp(result.memory, expected.memory, kOracleMemoryBytes) == 0
                         : result.x[status] == expected.x[status])
            break;
    }
    return true;
}

bool VixlOracle::run_once(Instance const& instance, OracleRecord& result)
{
    aarch64::Simulator& simulator = m_simulation->simulator;
    uint8_t* const pages = m_simulation->pages;
    OracleRecord const& record = instance.record;
    std::memcpy(m_simulation->code + (instance.code_address() - kCodeStart), record.words, sizeof(record.words));
    std::memcpy(pages + (ORACLE_WINDOW_A - ORACLE_MEMORY_PAGES), record.memory, kOracleWindowABytes);
    std::memcpy(
        pages + (ORACLE_WINDOW_B - ORACLE_MEMORY_PAGES), record.memory + kOracleWindowABytes, kOracleWindowBBytes);
    if (sigsetjmp(g_gave_up, 1) != 0)
        return false;
    simulator.ClearLocalMonitor();
    for (unsigned i = 0; i < 31; ++i)
        simulator.WriteXRegister(i, static_cast<int64_t>(record.x[i]), aarch64::Simulator::NoRegLog);
    simulator.WriteSp(record.sp);
    for (unsigned i = 0; i < 32; ++i) {
        aarch64::Simulator::qreg_t value;
        std::memcpy(&value, record.v[i], sizeof(value));
        simulator.WriteQRegister(i, value, aarch64::Simulator::NoRegLog);
    }
    simulator.ReadNzcv().SetRawValue(static_cast<uint32_t>(record.nzcv));
    simulator.ReadFpcr().SetRawValue(static_cast<uint32_t>(record.fpcr));
    simulator.WritePc(
        reinterpret_cast<aarch64::Instruction const*>(instance.code_address()), aarch64::Simulator::NoBranchLog);
    for (unsigned i = 0; i < record.word_count; ++i)
        simulator.ExecuteInstruction();

    result = record;
    result.pc = reinterpret_cast<uint64_t>(simulator.ReadPc());
    for (unsigned i = 0; i < 31; ++i)
        result.x[i] = static_cast<uint64_t>(simulator.ReadXRegister(i));
    result.sp = static_cast<uint64_t>(simulator.ReadXRegister(31, aarch64::Reg31IsStackPointer));
    result.nzcv = simulator.ReadNzcv().GetRawValue() & 0xf000'0000;
    result.fpcr = simulator.ReadFpcr().GetRawValue();
    for (unsigned i = 0; i < 32; ++i) {
        aarch64::Simulator::qreg_t const value = simulator.ReadQRegister(i);
        std::memcpy(result.v[i], &value, sizeof(value));
    }
    std::memcpy(result.memory, pages + (ORACLE_WINDOW_A - ORACLE_MEMORY_PAGES), kOracleWindowABytes);
    std::memcpy(
        result.memory + kOracleWindowABytes, pages + (ORACLE_WINDOW_B - ORACLE_MEMORY_PAGES), kOracleWindowBBytes);
    return true;
}

}
