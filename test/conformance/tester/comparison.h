#pragma once

#include "tester/instance.h"

#include <string>

namespace dormouse::conformance {

// Interpreter: ours, beside translated code.
enum class Oracle { Qemu, Vixl, Interpreter };
constexpr unsigned kOracles = 3;

constexpr char const* oracle_name(Oracle oracle)
{
    switch (oracle) {
    case Oracle::Qemu: return "qemu";
    case Oracle::Vixl: return "vixl";
    case Oracle::Interpreter: return "interpreter";
    }
    return "?";
}

// What of a state is not compared, because the architecture leaves it open or the oracle is known to be wrong.
struct Exemption {
    bool whole { false };
    uint32_t x { 0 }; // bit n: Xn
    uint32_t x_upper_half { 0 }; // bit n: bits [63:32] of Xn
    uint32_t v { 0 };
    uint32_t partial_v { 0 }; // bit n: of Vn only `partial_v_bits` are compared, from the lowest one
    unsigned partial_v_bits { 64 }; // 1 .. 64
    bool sp { false };
    bool nzcv { false };
    uint64_t fpsr { 0 }; // bits
    bool fault_address { false };
    bool memory { false };
    bool signal { false };
};

// "x3=0x1 (qemu 0x2) fpsr=..." or empty when both states agree.
std::string difference(OracleRecord const& ours, OracleRecord const& theirs, Oracle, Exemption const&);

// known_differences.cpp. `reason` is null when nothing is exempted.
Exemption known_differences(
    Instance const&, OracleRecord const& ours, OracleRecord const& theirs, Oracle, char const*& reason);
// Whether the oracle can be asked at all; `reason` when not.
bool can_ask_vixl(Instance const&, OracleRecord const& ours, char const*& reason);

}
