#include "tester/access_shape.h"
#include "tester/comparison.h"

#include "engine/emulator/isa/instruction.h"

#include <algorithm>
#include <csignal>
#include <initializer_list>
#include <iterator>

// Where an oracle cannot decide, each with its reason. Everything else must agree to the bit.
namespace dormouse::conformance {

namespace {

    using emulator::isa::Class;

    struct Case {
        Instance const& instance;
        OracleRecord const& ours;
        OracleRecord const& theirs;
        emulator::isa::InstructionInfo const& info;
        emulator::isa::OperandMasks masks;

        std::string_view name() const { return info.name; }
        bool is_access() const
        {
            return info.instruction_class == Class::LoadStore || info.instruction_class == Class::Atomic
                || info.instruction_class == Class::SimdLoadStore;
        }
        bool writes_v(unsigned number) const { return masks.v_written >> number & 1; }
        // Rm of by-element instructions on words and doublewords.
        unsigned element_register() const { return rm_of(instance.word()); }
        // The access begins in the windows or behind them, and the page behind is what is missing.
        bool both_fault_behind_the_pages() const
        {
            auto const is_behind = [](OracleRecord const& record) {
                return record.signal == SIGSEGV
                    && (record.fault_address & 0x00ff'ffff'ffff'f000) == ORACLE_MEMORY_PAGES + ORACLE_MEMORY_PAGE_BYTES;
            };
            return is_behind(ours) && is_behind(theirs);
        }
    };

    struct Known {
        Oracle oracle;
        char const* reason;
        bool (*applies)(Case const&);
        void (*exempt)(Case const&, Exemption&);
    };

    bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names)
    {
        return std::find(names.begin(), names.end(), name) != names.end();
    }

    void exempt_all(Case const&, Exemption& exemption)
    {
        exemption.whole = true;
    }

    void exempt_above(Case const& c, Exemption& exemption, unsigned bits_compared)
    {
        exemption.partial_v = c.masks.v_written;
        exemption.partial_v_bits = bits_compared;
    }

    bool is_quad(uint32_t word)
    {
        return bits(word, 30, 1);
    }

    bool is_fixed_point_scalar_of_words(uint32_t word)
    {
        return bits(word, 22, 1) == 0; // immh = 01xx
    }

    // A negative binary64 that rounds to nothing as binary32.
    bool is_tiny_and_negative(uint64_t value)
    {
        constexpr uint64_t kSmallestSubnormalExponent = 1023 - 149;
        return value >> 63 && (value >> 52 & 0x7ff) < kSmallestSubnormalExponent && value << 1 != 0;
    }

    // Half of such a number is subnormal, and a bit short.
    bool has_smallest_normal_exponent(uint64_t lanes, bool is_double)
    {
        if (is_double)
            return (lanes >> 52 & 0x7ff) == 1;
        return (lanes >> 23 & 0xff) == 1 || (lanes >> 55 & 0xff) == 1;
    }

    // Exclusives and SMULH, UMULH have unused register fields that should be all ones.
    bool only_breaks_should_be_one(uint32_t word)
    {
        constexpr uint32_t kFields[] = { 0x0000'7c00, 0x001f'0000, 0x001f'7c00 };
        bool const has_such_fields = bits(word, 24, 6) == 0x08 || bits(word, 24, 8) == 0x9b;
        return has_such_fields && std::any_of(std::begin(kFields), std::end(kFields), [word](uint32_t ones) {
            return emulator::isa::decode(word | ones) != Instruction::Unallocated;
        });
    }

    constexpr Known kKnown[] = {
        { Oracle::Vixl, "VIXL has no FPSR", [](Case const&) { return true; },
            [](Case const&, Exemption& e) { e.fpsr = ~uint64_t { 0 }; } },
        { Oracle::Vixl, "unprivileged loads and stores are not in VIXL's simulator",
            [](Case const& c) { return c.name().starts_with("LDTR") || c.name().starts_with("STTR"); }, exempt_all },
        { Oracle::Vixl, "cryptographic instructions are not in VIXL's simulator",
            [](Case const& c) { return c.info.instruction_class == Class::Crypto; }, exempt_all },
        { Oracle::Vixl, "VIXL's simulator has no FPSR, TPIDR_EL0 and DIT to move to or from",
            [](Case const& c) {
                return c.name() == "MSR_immediate"
                    || (is_one_of(c.name(), { "MRS", "MSR_register" })
                        && (bits(c.instance.word(), 5, 15) == 0x5a21 || bits(c.instance.word(), 5, 15) == 0x5e82));
            },
            exempt_all },
        { Oracle::Vixl, "VIXL's MOVK sign-extends a W register; writing one clears bits [63:32] [Arm DDI 0487, B1.2.1]",
            [](Case const& c) { return c.name() == "MOVK" && bits(c.instance.word(), 31, 1) == 0; },
            [](Case const& c, Exemption& e) { e.x_upper_half = c.masks.x_written; } },
        { Oracle::Vixl,
            "VIXL sign-extends what the signed byte and halfword atomics load [Arm DDI 0487, C6.2, LDSMAXB]",
            [](Case const& c) {
                return is_one_of(c.name(), { "LDSMAXB", "LDSMAXH", "LDSMINB", "LDSMINH" });
            },
            [](Case const& c, Exemption& e) { e.x = c.masks.x_written; } },
        { Oracle::Vixl, "VIXL forgets the write-back of LD1 to ST4 when the base is SP [Arm DDI 0487, C7.2, LD1]",
            [](Case const& c) {
                return c.masks.sp_written && c.info.instruction_class == Class::SimdLoadStore
                    && bits(c.instance.word(), 24, 6) == 0x0c + bits(c.instance.word(), 24, 1);
            },
            [](Case const&, Exemption& e) { e.sp = true; } },
        { Oracle::Vixl, "VIXL does not clear the rest of the register [Arm DDI 0487, C7.2, SCVTF, FCVTN]",
            [](Case const& c) {
                return !is_quad(c.instance.word())
                    && is_one_of(c.name(),
                        { "SCVTF_vector", "UCVTF_vector", "SCVTF_fixed_vector", "UCVTF_fixed_vector", "FCVTN" });
            },
            [](Case const& c, Exemption& e) { exempt_above(c, e, 64); } },
        { Oracle::Vixl, "VIXL does not clear the rest of the register [Arm DDI 0487, C7.2, SCVTF (scalar)]",
            [](Case const& c) {
                return is_one_of(c.name(), { "SCVTF_scalar", "UCVTF_scalar" });
            },
            [](Case const& c, Exemption& e) { exempt_above(c, e, bits(c.instance.word(), 22, 1) ? 64 : 32); } },
        { Oracle::Vixl, "VIXL does not clear the rest of the register [Arm DDI 0487, C7.2, SCVTF (fixed-point)]",
            [](Case const& c) {
                return is_one_of(c.name(), { "SCVTF_fixed_scalar", "UCVTF_fixed_scalar" });
            },
            [](Case const& c, Exemption& e) {
                exempt_above(c, e, is_fixed_point_scalar_of_words(c.instance.word()) ? 32 : 64);
            } },
        { Oracle::Vixl, "VIXL loses the sign when FCVTXN rounds a tiny number to odd [Arm DDI 0487, J1.3, FPRound]",
            [](Case const& c) {
                auto const& source = c.instance.record.v[rn_of(c.instance.word())];
                return c.name().starts_with("FCVTXN")
                    && (is_tiny_and_negative(source[0]) || is_tiny_and_negative(source[1]));
            },
            [](Case const& c, Exemption& e) { e.v = c.masks.v_written; } },
        { Oracle::Vixl,
            "VIXL halves an operand of FRSQRTS first, and loses a bit of the smallest normal numbers [Arm DDI 0487, "
            "J1.3, FPRSqrtStepFused]",
            [](Case const& c) {
                uint32_t const word = c.instance.word();
                auto const& source = c.instance.record.v[rn_of(word)];
                bool const is_double = bits(word, 22, 1);
                return c.name().starts_with("FRSQRTS")
                    && (has_smallest_normal_exponent(source[0], is_double)
                        || has_smallest_normal_exponent(source[1], is_double));
            },
            [](Case const& c, Exemption& e) { e.v = c.masks.v_written; } },
        { Oracle::Vixl, "VIXL writes the destination before it has read the element in the same register",
            [](Case const& c) {
                return is_one_of(c.name(),
                           { "FMLA_element_scalar", "FMLS_element_scalar", "FMUL_element_scalar",
                               "FMULX_element_scalar", "FMLA_element_vector", "FMLS_element_vector",
                               "FMUL_element_vector", "FMULX_element_vector" })
                    && c.writes_v(c.element_register());
            },
            [](Case const& c, Exemption& e) { e.v = c.masks.v_written; } },
        { Oracle::Vixl, "VIXL writes the destination before it has read the source in the same register",
            [](Case const& c) {
                uint32_t const word = c.instance.word();
                return (c.name().starts_with("FCVTXN") && c.writes_v(rn_of(word)))
                    || (c.name() == "PMULL" && (c.writes_v(rn_of(word)) || c.writes_v(rm_of(word))));
            },
            [](Case const& c, Exemption& e) { e.v = c.masks.v_written; } },
        { Oracle::Vixl, "VIXL has pointer authentication, whose hints are NOPs in our CPU profile",
            [](Case const& c) {
                unsigned const hint = bits(c.instance.word(), 5, 7);
                return c.name() == "HINT" && (hint >= 24 ? hint < 32 : hint == 7 || (hint >= 8 && hint <= 14));
            },
            exempt_all },
        { Oracle::Qemu,
            "destination registers of a load that faults are UNKNOWN; we keep them [Arm DDI 0487, \"Definition of a "
            "precise exception\"]",
            [](Case const& c) { return c.is_access() && c.ours.signal != 0 && c.theirs.signal == c.ours.signal; },
            [](Case const& c, Exemption& e) {
                e.v = c.masks.v_written;
                e.x = c.masks.x_written & ~(uint32_t { 1 } << rn_of(c.instance.word()));
            } },
        { Oracle::Qemu,
            "a store that faults on its second page may have written to the first; we check both before "
            "[Arm DDI 0487, \"Definition of a precise exception\"]",
            [](Case const& c) { return c.is_access() && c.both_fault_behind_the_pages(); },
            [](Case const&, Exemption& e) { e.memory = true; } },
        { Oracle::Qemu,
            "LD1 to ST4 access their elements in no particular order, so any faulting one may be in FAR "
            "[Arm DDI 0487, \"Requirements for single-copy atomicity\"]",
            [](Case const& c) {
                return c.info.instruction_class == Class::SimdLoadStore && bits(c.instance.word(), 27, 3) == 1
                    && c.both_fault_behind_the_pages();
            },
            [](Case const&, Exemption& e) { e.fault_address = true; } },
        { Oracle::Qemu,
            "qemu-user 7.2 lets LDAPR be misaligned; without FEAT_LSE2 it faults [Arm DDI 0487, \"Alignment of data "
            "accesses\"]",
            [](Case const& c) {
                return c.name().starts_with("LDAPR") && c.ours.signal == SIGBUS
                    && (c.theirs.signal == 0 || c.theirs.signal == SIGSEGV);
            },
            exempt_all },
        { Oracle::Qemu,
            "ones missing in unused register fields that should be one: UNDEFINED here, ignored by QEMU "
            "[Arm DDI 0487, Glossary, \"SBO\"]",
            [](Case const& c) {
                return c.instance.row == Instruction::Unallocated && only_breaks_should_be_one(c.instance.word());
            },
            exempt_all },
        { Oracle::Qemu,
            "newer qemu-user has FEAT_LSE2, which our CPU profile lacks: misaligned inside 16 bytes is no fault "
            "[Arm DDI 0487, \"Alignment of data accesses\"]",
            [](Case const& c) {
                return c.is_access() && c.ours.signal == SIGBUS && (c.theirs.signal == 0 || c.theirs.signal == SIGSEGV)
                    && c.ours.fault_address % 16 + shape_of(c.instance.word()).bytes <= 16;
            },
            exempt_all },
    };

}

Exemption known_differences(
    Instance const& instance, OracleRecord const& ours, OracleRecord const& theirs, Oracle oracle, char const*& reason)
{
    auto const row = instance.row;
    Case const known_case { instance, ours, theirs, emulator::isa::info(row),
        emulator::isa::operand_masks(row, instance.word()) };
    Exemption exemption;
    reason = nullptr;
    for (Known const& known : kKnown) {
        if (known.oracle == oracle && known.applies(known_case)) {
            known.exempt(known_case, exemption);
            reason = known.reason;
        }
    }
    return exemption;
}

bool can_ask_vixl(Instance const& instance, OracleRecord const& ours, char const*& reason)
{
    auto const& info = emulator::isa::info(instance.row);
    constexpr uint64_t kUnsupported = uint64_t { 1 } << 26 | uint64_t { 1 } << 24 | uint64_t { 3 } << 22;
    reason = nullptr;
    if (ours.signal != 0 || instance.row == Instruction::Unallocated)
        reason = "VIXL has no exceptions";
    else if (info.uses_fp && (instance.record.fpcr & kUnsupported))
        reason = "VIXL knows FPCR.DN alone";
    return reason == nullptr;
}

}
