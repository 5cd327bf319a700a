#include "tester/comparison.h"

#include <cstdio>
#include <cstring>

namespace dormouse::conformance {

namespace {

    class Differences {
    public:
        explicit Differences(Oracle oracle) : m_oracle(oracle) { }

        void compare(char const* name, uint64_t ours, uint64_t theirs)
        {
            if (ours == theirs)
                return;
            char text[128];
            std::snprintf(text, sizeof(text), "%s%s=%#llx (%s %#llx)", m_text.empty() ? "" : " ", name,
                static_cast<unsigned long long>(ours), oracle_name(m_oracle), static_cast<unsigned long long>(theirs));
            m_text += text;
        }
        void compare(char prefix, unsigned number, char const* suffix, uint64_t ours, uint64_t theirs)
        {
            // A name for each of a hundred values that agree costs more than the instruction.
            if (ours == theirs)
                return;
            char name[16];
            std::snprintf(name, sizeof(name), "%c%u%s", prefix, number, suffix);
            compare(name, ours, theirs);
        }
        std::string take() { return std::move(m_text); }

    private:
        Oracle m_oracle;
        std::string m_text;
    };

    constexpr uint64_t kUntagged = 0x00ff'ffff'ffff'ffff;

}

std::string difference(OracleRecord const& ours, OracleRecord const& theirs, Oracle oracle, Exemption const& exemption)
{
    if (exemption.whole)
        return {};
    Differences differences(oracle);
    if (!exemption.signal)
        differences.compare("signal", ours.signal, theirs.signal);
    differences.compare("pc", ours.pc, theirs.pc);
    // The tag of a faulting address is UNKNOWN to programs.
    uint64_t const address_mask = oracle == Oracle::Interpreter ? ~uint64_t { 0 } : kUntagged;
    if (ours.signal != 0 && ours.signal == theirs.signal && !exemption.fault_address)
        differences.compare("fault address", ours.fault_address & address_mask, theirs.fault_address & address_mask);
    for (unsigned i = 0; i < 31; ++i) {
        uint64_t const compared = exemption.x_upper_half >> i & 1 ? 0xffff'ffff : ~uint64_t { 0 };
        if (!(exemption.x >> i & 1))
            differences.compare('x', i, "", ours.x[i] & compared, theirs.x[i] & compared);
    }
    if (!exemption.sp)
        differences.compare("sp", ours.sp, theirs.sp);
    if (!exemption.nzcv)
        differences.compare("nzcv", ours.nzcv, theirs.nzcv);
    differences.compare("fpcr", ours.fpcr, theirs.fpcr);
    differences.compare("fpsr", ours.fpsr & ~exemption.fpsr, theirs.fpsr & ~exemption.fpsr);
    for (unsigned i = 0; i < 32; ++i) {
        if (exemption.v >> i & 1)
            continue;
        if (exemption.partial_v >> i & 1) {
            unsigned const dropped = 64 - exemption.partial_v_bits;
            differences.compare('v', i, ".part", ours.v[i][0] << dropped, theirs.v[i][0] << dropped);
            continue;
        }
        differences.compare('v', i, ".low", ours.v[i][0], theirs.v[i][0]);
        differences.compare('v', i, ".high", ours.v[i][1], theirs.v[i][1]);
    }
    for (unsigned at = 0; at < kOracleMemoryBytes && !exemption.memory; at += 8) {
        uint64_t mine;
        uint64_t other;
        std::memcpy(&mine, ours.memory + at, 8);
        std::memcpy(&other, theirs.memory + at, 8);
        differences.compare('m', at, "", mine, other);
    }
    return differences.take();
}

}
