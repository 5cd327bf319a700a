#include "tester/comparison.h"
#include "tester/emulator_subject.h"
#include "tester/qemu_oracle.h"
#include "tester/tally.h"
#include "tester/vixl_oracle.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

// One share of the conformance test: random instances of rows through the emulator and through both oracles. run.mjs
// starts one of these for each processor and joins what they write.
namespace dormouse::conformance {

namespace {

    struct Options {
        std::string qemu { "qemu-aarch64" };
        // Pointer authentication is not in our CPU profile, and its hints are NOPs without it.
        std::string cpu { "max,pauth=off" };
        std::string runner;
        std::string output;
        std::string row; // empty: all
        uint64_t seed { 1 };
        uint64_t per_row { 200 };
        std::optional<uint64_t> index; // this instance alone
        bool jit { false }; // test translated code instead of the interpreter
        bool both { false }; // test translated code, and compare it with the interpreter as well
        bool half { false }; // of half precision, and not random: so many at equal distances, or all
        bool sabotage { false }; // spoil every result of ours: all rows must then report mismatches
        unsigned share { 0 };
        unsigned shares { 1 };
    };

    bool parse(int count, char** arguments, Options& options)
    {
        for (int i = 1; i + 1 < count; i += 2) {
            std::string_view const name = arguments[i];
            char const* const value = arguments[i + 1];
            auto const number = [value] { return std::strtoull(value, nullptr, 0); };
            if (name == "--qemu")
                options.qemu = value;
            else if (name == "--cpu")
                options.cpu = value;
            else if (name == "--runner")
                options.runner = value;
            else if (name == "--output")
                options.output = value;
            else if (name == "--row")
                options.row = value;
            else if (name == "--seed")
                options.seed = number();
            else if (name == "--per-row")
                options.per_row = number();
            else if (name == "--index")
                options.index = number();
            else if (name == "--jit")
                options.jit = number() != 0;
            else if (name == "--both")
                options.both = number() != 0;
            else if (name == "--half")
                options.half = number() != 0;
            else if (name == "--sabotage")
                options.sabotage = number() != 0;
            else if (name == "--share")
                options.share = static_cast<unsigned>(number());
            else if (name == "--shares")
                options.shares = static_cast<unsigned>(number());
            else
                return false;
        }
        return count % 2 == 1 && !options.runner.empty() && !options.output.empty() && options.shares != 0;
    }

    class Tester {
    public:
        explicit Tester(Options const& options)
            : m_options(options)
            , m_qemu(options.qemu, options.cpu, options.runner)
            , m_subject(options.jit || options.both)
        {
            // Spoiled results are for the oracles to notice.
            if (options.both && !options.sabotage)
                m_interpreter.emplace(false);
            m_instances.reserve(kOracleSlots);
        }

        bool run()
        {
            std::vector<Instruction> const rows = chosen_rows();
            uint64_t const first = m_options.index.value_or(0);
            uint64_t const end = m_options.index ? first + 1 : m_options.per_row;
            for (uint64_t index = first; !m_options.half && index < end; ++index) {
                for (Instruction const row : rows) {
                    add(row, index);
                    if (m_instances.size() == kOracleSlots && !run_batch())
                        return false;
                }
            }
            // A row at a time: of the next batch every word is where it was, and what was translated still serves.
            for (Instruction const row : m_options.half ? rows : std::vector<Instruction> {}) {
                uint64_t const last = std::min(end, half_instances(row));
                for (uint64_t index = first; index < last; ++index) {
                    add_half(row, index);
                    if (m_instances.size() == kOracleSlots && !run_batch())
                        return false;
                }
            }
            if (!m_instances.empty() && !run_batch())
                return false;
            return m_tally.write(m_options.output);
        }

    private:
        std::vector<Instruction> chosen_rows()
        {
            std::vector<Instruction> rows;
            unsigned number = 0;
            // Unallocated is no row; what it is for has to be asked by name, of a CPU that knows no more than we do.
            for (unsigned i = m_options.row == "Unallocated" ? 0 : 1; i < static_cast<unsigned>(Instruction::Count);
                 ++i) {
                auto const row = static_cast<Instruction>(i);
                if ((!m_options.row.empty() && row_name(row) != m_options.row)
                    || (m_options.half && half_instances(row) == 0) || number++ % m_options.shares != m_options.share)
                    continue;
                m_tally.add_row(row);
                if (!reason_left_out(row))
                    rows.push_back(row);
            }
            return rows;
        }

        void add(Instruction row, uint64_t index)
        {
            constexpr unsigned kAttempts = 2000;
            Random random(instance_seed(m_options.seed, static_cast<unsigned>(row), index));
            Instance instance;
            instance.index = index;
            for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
                if (generate(random, row, static_cast<unsigned>(m_instances.size()), instance)) {
                    m_instances.push_back(instance);
                    return;
                }
            }
            m_tally.not_generated(row);
        }

        void add_half(Instruction row, uint64_t number)
        {
            uint64_t const count = half_instances(row);
            if (!m_options.index && m_options.per_row < count)
                number = number * count / m_options.per_row;
            if (number >= count)
                return;
            Instance instance;
            generate_half(row, number, static_cast<unsigned>(m_instances.size()), instance);
            m_instances.push_back(instance);
        }

        bool run_batch()
        {
            size_t const count = m_instances.size();
            m_ours.resize(count);
            m_theirs.resize(count);
            m_qemu.send(m_instances);
            m_subject.run(m_instances, m_ours);
            compare_tiers();
            for (size_t i = 0; i < count && m_options.sabotage; ++i)
                spoil(m_instances[i], m_ours[i]);
            for (size_t i = 0; i < count; ++i) {
                m_tally.count(m_instances[i]);
                ask_vixl(m_instances[i], m_ours[i]);
            }
            if (!m_qemu.receive(m_theirs)) {
                std::fprintf(stderr, "conformance: the oracle %s died\n", m_options.qemu.c_str());
                return false;
            }
            for (size_t i = 0; i < count; ++i)
                compare(m_instances[i], m_ours[i], m_theirs[i], Oracle::Qemu);
            m_instances.clear();
            return true;
        }

        // Nothing is left open between the two.
        void compare_tiers()
        {
            if (!m_interpreter)
                return;
            m_theirs.resize(m_instances.size());
            m_interpreter->run(m_instances, m_theirs);
            for (size_t i = 0; i < m_instances.size(); ++i) {
                m_tally.compared(m_instances[i].row, Oracle::Interpreter);
                std::string const text = difference(m_ours[i], m_theirs[i], Oracle::Interpreter, {});
                if (!text.empty())
                    m_tally.mismatch(m_instances[i], Oracle::Interpreter, text);
            }
        }

        void ask_vixl(Instance const& instance, OracleRecord const& ours)
        {
            char const* reason;
            OracleRecord const expected = as_vixl_reports(instance, ours);
            if (!can_ask_vixl(instance, expected, reason)) {
                m_tally.exempted(instance, Oracle::Vixl, reason);
                return;
            }
            OracleRecord theirs;
            if (!m_tally.is_refused_by_vixl(instance.row) && m_vixl.run(instance, expected, theirs))
                compare(instance, expected, theirs, Oracle::Vixl);
            else
                m_tally.refused_by_vixl(instance.row);
        }

        // One bit of one result.
        static void spoil(Instance const& instance, OracleRecord& ours)
        {
            auto const masks = emulator::isa::operand_masks(instance.row, instance.word());
            if (masks.v_written != 0)
                ours.v[std::countr_zero(masks.v_written)][0] ^= 1;
            else if (masks.x_written != 0)
                ours.x[std::countr_zero(masks.x_written)] ^= 1;
            else if (masks.flags_written != 0)
                ours.nzcv ^= uint64_t { 1 } << 29;
            else
                ours.pc ^= 4;
        }

        // VIXL stops behind the instruction; the others also try what a branch leads to, which is a fault.
        static OracleRecord as_vixl_reports(Instance const& instance, OracleRecord const& ours)
        {
            OracleRecord expected = ours;
            if (emulator::isa::info(instance.row).instruction_class == emulator::isa::Class::Branch)
                expected.signal = 0;
            return expected;
        }

        void compare(Instance const& instance, OracleRecord const& ours, OracleRecord const& theirs, Oracle oracle)
        {
            char const* reason;
            Exemption const exemption = known_differences(instance, ours, theirs, oracle, reason);
            if (reason != nullptr)
                m_tally.exempted(instance, oracle, reason);
            if (!exemption.whole)
                m_tally.compared(instance.row, oracle);
            std::string const text = difference(ours, theirs, oracle, exemption);
            if (!text.empty())
                m_tally.mismatch(instance, oracle, text);
        }

        Options const& m_options;
        QemuOracle m_qemu; // first: it forks
        VixlOracle m_vixl;
        EmulatorSubject m_subject;
        std::optional<EmulatorSubject> m_interpreter;
        Tally m_tally;
        std::vector<Instance> m_instances;
        std::vector<OracleRecord> m_ours;
        std::vector<OracleRecord> m_theirs;
    };

}

}

int main(int count, char** arguments)
{
    dormouse::conformance::Options options;
    if (!dormouse::conformance::parse(count, arguments, options)) {
        std::fprintf(stderr,
            "usage: conformance --runner FILE --output FILE [--qemu FILE] [--cpu NAME] [--seed N] [--per-row N] [--row "
            "NAME]\n"
            "                   [--index N] [--share N --shares N] [--sabotage 1] [--jit 1] [--both 1] [--half 1]\n");
        return 2;
    }
    return dormouse::conformance::Tester(options).run() ? 0 : 1;
}
