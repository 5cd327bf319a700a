#pragma once

#include "engine/vcpu.h"
#include "machine/exit_log.h"
#include "memory/flat_view.h"
#include "wires/quiesced.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dormouse::machine {

// What is kept of a guest that was lost, for the person who has to find out why.
struct CrashReport {
    std::string message; // one sentence
    unsigned vcpu { 0 };
    std::vector<std::pair<std::string, uint64_t>> registers; // by their Arm name in lower case
    std::vector<std::string> disassembly; // around PC, PC marked with "=>"; empty when PC has no memory behind it
    std::vector<std::string> last_exits; // oldest first
    std::vector<uint8_t> console_tail; // the last bytes the guest printed
};

// Fills in all but the console.
CrashReport make_crash_report(std::string message, unsigned index, engine::Vcpu const&, ExitLog const&,
    memory::FlatView const&, wires::Quiesced const&);

}
