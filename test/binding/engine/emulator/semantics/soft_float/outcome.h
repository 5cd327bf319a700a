#pragma once

#include "engine/emulator/semantics/soft_float/environment.h"

#include <cstdint>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>

namespace dormouse::emulator::soft_float {

// FPCR values of the tests.
constexpr uint32_t kNearest = 0;
constexpr uint32_t kUp = 1u << 22;
constexpr uint32_t kDown = 2u << 22;
constexpr uint32_t kZero = 3u << 22;
constexpr uint32_t kFz = 1u << 24;
constexpr uint32_t kDn = 1u << 25;
constexpr uint32_t kAhp = 1u << 26;

// Short names for FPSR bits, so that tables of expectations stay readable.
constexpr uint32_t IOC = kInvalidOperation;
constexpr uint32_t DZC = kDivideByZero;
constexpr uint32_t OFC = kOverflow;
constexpr uint32_t UFC = kUnderflow;
constexpr uint32_t IXC = kInexact;
constexpr uint32_t IDC = kInputDenormal;

// For INFO(), which knows no manipulators.
inline std::string hex(uint64_t value)
{
    std::ostringstream out;
    out << "0x" << std::hex << value;
    return out.str();
}

// A result together with the exceptions it raised.
template <typename Word> struct Outcome {
    Word value;
    uint32_t fpsr;
    bool operator==(Outcome const&) const = default;
};

template <typename Word> std::ostream& operator<<(std::ostream& out, Outcome<Word> const& outcome)
{
    return out << "0x" << std::hex << +outcome.value << " fpsr 0x" << outcome.fpsr << std::dec;
}

// evaluate(kUp, add<uint64_t>, a, b)
template <typename Function, typename... Arguments>
auto evaluate(uint32_t fpcr, Function function, Arguments... arguments)
{
    uint32_t fpsr = 0;
    Environment env { fpcr, fpsr };
    auto const value = function(arguments..., env);
    return Outcome<std::remove_const_t<decltype(value)>> { value, fpsr };
}

// binary64
constexpr uint64_t kOne = 0x3ff0'0000'0000'0000;
constexpr uint64_t kTwo = 0x4000'0000'0000'0000;
constexpr uint64_t kInfinity = 0x7ff0'0000'0000'0000;
constexpr uint64_t kMax = 0x7fef'ffff'ffff'ffff;
constexpr uint64_t kMinNormal = 0x0010'0000'0000'0000;
constexpr uint64_t kMinSubnormal = 1;
constexpr uint64_t kDefaultNan = 0x7ff8'0000'0000'0000;
constexpr uint64_t kQuietNan = 0xfff8'0000'0000'1234;
constexpr uint64_t kSignallingNan = 0x7ff0'0000'0000'5678;
constexpr uint64_t kQuietedNan = 0x7ff8'0000'0000'5678; // what becomes of kSignallingNan
constexpr uint64_t kMinus = uint64_t { 1 } << 63;

}
