#pragma once

#include "tester/comparison.h"

#include <map>
#include <string>
#include <vector>

namespace dormouse::conformance {

// Counts what happened, row by row, and writes it as JSON for run.mjs.
class Tally {
public:
    void add_row(Instruction);
    void not_generated(Instruction row) { ++m_rows[row].not_generated; }
    void count(Instance const& instance) { ++m_rows[instance.row].instances; }
    void compared(Instruction row, Oracle oracle) { ++m_rows[row].compared[static_cast<unsigned>(oracle)]; }
    void exempted(Instance const&, Oracle, char const* reason);
    void mismatch(Instance const&, Oracle, std::string const& difference);

    // VIXL complains at length: a row that it refuses again and again is not put to it any more.
    void refused_by_vixl(Instruction row) { ++m_rows[row].refused; }
    bool is_refused_by_vixl(Instruction row) { return m_rows[row].refused >= 3; }

    bool write(std::string const& path) const;

private:
    struct Row {
        uint64_t instances { 0 };
        uint64_t not_generated { 0 };
        uint64_t compared[kOracles] {};
        uint64_t mismatches { 0 };
        uint64_t refused { 0 };
        std::vector<std::string> samples;
        std::map<std::string, uint64_t> exemptions; // oracle and reason
    };

    std::map<Instruction, Row> m_rows;
};

}
