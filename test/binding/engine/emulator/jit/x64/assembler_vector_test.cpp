// Every opcode with a VEX prefix that emitters use, with all registers and in all forms, against the disassembler of
// binutils.
#include "engine/emulator/jit/x64/listing.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"

using namespace dormouse::emulator::jit::x64;
using namespace dormouse::emulator::jit::x64::test;

namespace {

constexpr uint8_t kImmediate = 0x1b;
constexpr char const* kImmediateText = ",0x1b";

struct Named {
    std::string name;
    VectorOpcode op;
};

Xmm xmm(unsigned n)
{
    return static_cast<Xmm>(n % 16);
}
std::string text(unsigned n)
{
    return "xmm" + std::to_string(n % 16);
}

// Three registers that take all numbers in turn, in no order that hides an exchange.
template <typename Use> void for_each_triple(Use use)
{
    for (unsigned n = 0; n < 16; ++n)
        use(n, (5 * n + 3) % 16, (11 * n + 6) % 16);
}

void add_sized(std::vector<Named>& all, std::string const& name, vex::Sized const& sized, char const* suffixes)
{
    for (unsigned size = 0; size < 4; ++size) {
        if (sized.of[size].map != 0)
            all.push_back({ name + suffixes[size], sized.of[size] });
    }
}

// Both formats, packed and scalar.
void add_floating(std::vector<Named>& all, std::string const& name, uint8_t opcode)
{
    for (bool const is_double : { false, true }) {
        char const* const letter = is_double ? "d" : "s";
        all.push_back({ name + "p" + letter, vex::packed(opcode, is_double) });
        all.push_back({ name + "s" + letter, vex::scalar(opcode, is_double) });
    }
}

std::vector<Named> of_three_registers()
{
    using namespace vex;
    std::vector<Named> all { { "vandps", kAndps }, { "vandnps", kAndnps }, { "vorps", kOrps }, { "vxorps", kXorps },
        { "vpand", kPand }, { "vpandn", kPandn }, { "vpor", kPor }, { "vpxor", kPxor }, { "vmovlhps", kMovlhps },
        { "vmovhlps", kMovhlps }, { "vunpcklpd", kUnpcklpd }, { "vunpckhpd", kUnpckhpd }, { "vpshufb", kPshufb },
        { "vpunpcklqdq", kPunpcklqdq }, { "vpunpckhqdq", kPunpckhqdq }, { "vpsadbw", kPsadbw },
        { "vpmuludq", kPmuludq }, { "vpmuldq", kPmuldq }, { "vpmullw", kPmullw }, { "vpmulhw", kPmulhw },
        { "vpmulhuw", kPmulhuw }, { "vpmulhrsw", kPmulhrsw }, { "vpmulld", kPmulld }, { "vpmaddwd", kPmaddwd },
        { "vpmaddubsw", kPmaddubsw }, { "vphaddd", kPhaddd }, { "vpackuswb", kPackuswb }, { "vpackusdw", kPackusdw },
        { "vpacksswb", kPacksswb }, { "vpackssdw", kPackssdw }, { "vpaddusb", kPaddusb }, { "vaesenc", kAesenc },
        { "vaesenclast", kAesenclast }, { "vaesdec", kAesdec }, { "vaesdeclast", kAesdeclast },
        { "vpsllvd", shift_left_by_lanes(false) }, { "vpsllvq", shift_left_by_lanes(true) },
        { "vpsrlvd", shift_right_by_lanes(false) }, { "vpsrlvq", shift_right_by_lanes(true) } };
    add_floating(all, "vadd", kAdd);
    add_floating(all, "vsub", kSub);
    add_floating(all, "vmul", kMul);
    add_floating(all, "vdiv", kDiv);
    add_floating(all, "vmin", kMin);
    add_floating(all, "vmax", kMax);
    all.push_back({ "vsqrtss", scalar(kSqrt, false) });
    all.push_back({ "vsqrtsd", scalar(kSqrt, true) });
    all.push_back({ "vcvtss2sd", scalar(kConvertFormat, false) });
    all.push_back({ "vcvtsd2ss", scalar(kConvertFormat, true) });
    for (bool const is_double : { false, true }) {
        std::string const letter = is_double ? "d" : "s";
        for (auto const& [name, opcode] :
            { std::pair { "vfmadd231", kFmaddPacked }, std::pair { "vfmsub231", kFmsubPacked },
                std::pair { "vfnmadd231", kFnmaddPacked }, std::pair { "vfnmsub231", kFnmsubPacked } }) {
            all.push_back({ std::string { name } + "p" + letter, fused(opcode, is_double) });
            all.push_back({ std::string { name } + "s" + letter, fused(static_cast<uint8_t>(opcode + 1), is_double) });
        }
    }
    add_sized(all, "vpadd", kPadd, "bwdq");
    add_sized(all, "vpsub", kPsub, "bwdq");
    add_sized(all, "vpmaxs", kPmaxs, "bwdq");
    add_sized(all, "vpmaxu", kPmaxu, "bwdq");
    add_sized(all, "vpmins", kPmins, "bwdq");
    add_sized(all, "vpminu", kPminu, "bwdq");
    add_sized(all, "vpcmpeq", kPcmpeq, "bwdq");
    add_sized(all, "vpcmpgt", kPcmpgt, "bwdq");
    add_sized(all, "vpavg", kPavg, "bwdq");
    add_sized(all, "vpadds", kPadds, "bwdq");
    add_sized(all, "vpaddus", kPaddus, "bwdq");
    add_sized(all, "vpsubs", kPsubs, "bwdq");
    add_sized(all, "vpsubus", kPsubus, "bwdq");
    for (auto const& [name, sized] : { std::pair { "vpunpckl", kPunpckl }, std::pair { "vpunpckh", kPunpckh } }) {
        char const* const suffixes[4] = { "bw", "wd", "dq", "qdq" };
        for (unsigned size = 0; size < 4; ++size)
            all.push_back({ std::string { name } + suffixes[size], sized.of[size] });
    }
    return all;
}

std::vector<Named> of_two_registers()
{
    using namespace vex;
    std::vector<Named> all { { "vmovups", kMovups }, { "vmovaps", kMovaps }, { "vmovq", kMovq },
        { "vsqrtps", packed(kSqrt, false) }, { "vsqrtpd", packed(kSqrt, true) },
        { "vcvtps2pd", packed(kConvertFormat, false) }, { "vcvtpd2ps", packed(kConvertFormat, true) },
        { "vcvtdq2ps", kCvtdq2ps }, { "vcvttps2dq", kCvttps2dq }, { "vcvtph2ps", kCvtph2ps }, { "vptest", kPtest },
        { "vaesimc", kAesimc }, { "vucomiss", ucomis(false) }, { "vucomisd", ucomis(true) },
        { "vcomiss", comis(false) }, { "vcomisd", comis(true) } };
    add_sized(all, "vpabs", kPabs, "bwdq");
    add_sized(all, "vpbroadcast", kPbroadcast, "bwdq");
    char const* const suffixes[3] = { "bw", "wd", "dq" };
    for (unsigned size = 0; size < 3; ++size) {
        all.push_back({ std::string { "vpmovsx" } + suffixes[size], kPmovsx.of[size] });
        all.push_back({ std::string { "vpmovzx" } + suffixes[size], kPmovzx.of[size] });
    }
    return all;
}

}

TEST_CASE("x64 encoder: vector instructions of registers")
{
    using namespace vex;
    Listing listing;
    for_each_triple([&](unsigned a, unsigned b, unsigned c) {
        std::string const two = " " + text(a) + "," + text(b);
        std::string const three = two + "," + text(c);
        for (Named const& named : of_three_registers())
            listing.add(named.name + three, [&](Assembler& m) { m.vector(named.op, xmm(a), xmm(b), xmm(c)); });
        for (Named const& named : of_two_registers())
            listing.add(named.name + two, [&](Assembler& m) { m.vector(named.op, xmm(a), xmm(b)); });
        for (Named const& named : { Named { "vshufps", kShufps }, Named { "vshufpd", kShufpd },
                 Named { "vpalignr", kPalignr }, Named { "vpblendw", kPblendw }, Named { "vinsertps", kInsertps },
                 Named { "vroundss", round_scalar(false) }, Named { "vroundsd", round_scalar(true) } })
            listing.add(named.name + three + kImmediateText,
                [&](Assembler& m) { m.vector(named.op, xmm(a), xmm(b), xmm(c), kImmediate); });
        for (Named const& named : { Named { "vpshufd", kPshufd }, Named { "vroundps", round_packed(false) },
                 Named { "vroundpd", round_packed(true) } })
            listing.add(named.name + two + kImmediateText,
                [&](Assembler& m) { m.vector(named.op, xmm(a), xmm(b), kImmediate); });
        listing.add("vpclmulhqhqdq" + three, [&](Assembler& m) { m.vector(kPclmulqdq, xmm(a), xmm(b), xmm(c), 0x11); });
        listing.add("vcvtps2ph" + two + ",0x4",
            [&](Assembler& m) { m.vector_half_from_single(xmm(a), xmm(b), kRoundCurrent); });
        for (auto const& [name, predicate] : { std::pair { "eq", kEqualQuiet }, std::pair { "lt", kLessSignalling },
                 std::pair { "le", kLessEqualSignalling }, std::pair { "unord", kUnorderedQuiet },
                 std::pair { "eq_uq", kEqualOrUnorderedQuiet }, std::pair { "nlt_uq", kNotLessQuiet } }) {
            std::vector<Named> forms;
            add_floating(forms, std::string { "vcmp" } + name, kCompare);
            uint8_t const immediate = predicate;
            for (Named const& form : forms)
                listing.add(
                    form.name + three, [&](Assembler& m) { m.vector(form.op, xmm(a), xmm(b), xmm(c), immediate); });
        }
        std::string const four = three + "," + text(a + 9);
        for (Named const& named : { Named { "vblendvps", blend_by_sign(false) },
                 Named { "vblendvpd", blend_by_sign(true) }, Named { "vpblendvb", kPblendvb } })
            listing.add(named.name + four,
                [&](Assembler& m) { m.vector_select(named.op, xmm(a), xmm(b), xmm(c), xmm(a + 9)); });
    });
    listing.check();
}

TEST_CASE("x64 encoder: shifts of vectors by an immediate")
{
    using namespace vex;
    Listing listing;
    for_each_triple([&](unsigned a, unsigned b, unsigned) {
        std::string const operands = " " + text(a) + "," + text(b) + ",0x7";
        for (unsigned size = 1; size < 4; ++size) {
            std::string const letter { " wdq"[size] };
            auto const add = [&](std::string const& name, unsigned digit) {
                listing.add(name + letter + operands,
                    [&](Assembler& m) { m.vector_shift(kShiftGroup[size], digit, xmm(a), xmm(b), 7); });
            };
            add("vpsrl", kShiftRight);
            add("vpsll", kShiftLeft);
            if (size < 3)
                add("vpsra", kShiftArithmetic);
        }
        listing.add("vpsrldq" + operands,
            [&](Assembler& m) { m.vector_shift(kWholeRegister, kShiftBytesRight, xmm(a), xmm(b), 7); });
        listing.add("vpslldq" + operands,
            [&](Assembler& m) { m.vector_shift(kWholeRegister, kShiftBytesLeft, xmm(a), xmm(b), 7); });
    });
    listing.check();
}

TEST_CASE("x64 encoder: vector instructions with general registers")
{
    using namespace vex;
    Listing listing;
    for_each_triple([&](unsigned a, unsigned b, unsigned c) {
        std::string const general32 = kNames32[c];
        std::string const general64 = kNames64[c];
        for (bool const is_64_bit : { false, true }) {
            std::string const general = is_64_bit ? general64 : general32;
            listing.add("vcvtsi2ss " + text(a) + "," + text(b) + "," + general,
                [&](Assembler& m) { m.vector_from_general(from_integer(false, is_64_bit), xmm(a), xmm(b), reg(c)); });
            listing.add("vcvtsi2sd " + text(a) + "," + text(b) + "," + general,
                [&](Assembler& m) { m.vector_from_general(from_integer(true, is_64_bit), xmm(a), xmm(b), reg(c)); });
            listing.add("vcvttss2si " + general + "," + text(b),
                [&](Assembler& m) { m.general_from_vector(to_integer_truncated(false, is_64_bit), reg(c), xmm(b)); });
            listing.add("vcvttsd2si " + general + "," + text(b),
                [&](Assembler& m) { m.general_from_vector(to_integer_truncated(true, is_64_bit), reg(c), xmm(b)); });
        }
        listing.add("vmovmskps " + general32 + "," + text(b),
            [&](Assembler& m) { m.general_from_vector(lane_signs(false), reg(c), xmm(b)); });
        listing.add("vmovmskpd " + general32 + "," + text(b),
            [&](Assembler& m) { m.general_from_vector(lane_signs(true), reg(c), xmm(b)); });
        listing.add(
            "vmovd " + text(a) + "," + general32, [&](Assembler& m) { m.vector_from_general(kMovd, xmm(a), reg(c)); });
        listing.add("vmovq " + text(a) + "," + general64,
            [&](Assembler& m) { m.vector_from_general(kMovq64, xmm(a), reg(c)); });
        listing.add("vmovd " + general32 + "," + text(a),
            [&](Assembler& m) { m.vector_and_general(kMovdStore, xmm(a), reg(c)); });
        listing.add("vmovq " + general64 + "," + text(a),
            [&](Assembler& m) { m.vector_and_general(kMovq64Store, xmm(a), reg(c)); });
        char const* const letters = "bwdq";
        for (unsigned size = 0; size < 4; ++size) {
            std::string const general = size == 3 ? general64 : general32;
            std::string const name { letters[size] };
            listing.add("vpextr" + name + " " + general + "," + text(a) + ",0x1",
                [&](Assembler& m) { m.vector_and_general(kPextr.of[size], xmm(a), reg(c), 1); });
            listing.add("vpinsr" + name + " " + text(a) + "," + text(b) + "," + general + ",0x1",
                [&](Assembler& m) { m.vector_from_general(kPinsr.of[size], xmm(a), xmm(b), reg(c), 1); });
        }
    });
    listing.check();
}

TEST_CASE("x64 encoder: vector instructions with memory")
{
    using namespace vex;
    Listing listing;
    unsigned n = 0;
    for_each_address([&](Mem mem, std::string const& address) {
        n = (n + 7) % 16;
        unsigned const other = (n + 5) % 16;
        std::string const memory = "XMMWORD PTR " + address;
        listing.add("vmovups " + text(n) + "," + memory, [&](Assembler& m) { m.vector(kMovups, xmm(n), mem); });
        listing.add("vmovups " + memory + "," + text(n), [&](Assembler& m) { m.vector(kMovupsStore, xmm(n), mem); });
        listing.add("vmovq " + text(n) + ",QWORD PTR " + address, [&](Assembler& m) { m.vector(kMovq, xmm(n), mem); });
        listing.add(
            "vmovq QWORD PTR " + address + "," + text(n), [&](Assembler& m) { m.vector(kMovqStore, xmm(n), mem); });
        listing.add("vmovd " + text(n) + ",DWORD PTR " + address, [&](Assembler& m) { m.vector(kMovd, xmm(n), mem); });
        listing.add(
            "vmovd DWORD PTR " + address + "," + text(n), [&](Assembler& m) { m.vector(kMovdStore, xmm(n), mem); });
        std::string const operands = " " + text(n) + "," + text(other) + "," + memory;
        listing.add("vpaddd" + operands, [&](Assembler& m) { m.vector(kPadd.of[2], xmm(n), xmm(other), mem); });
        listing.add("vpcmpgtq" + operands, [&](Assembler& m) { m.vector(kPcmpgt.of[3], xmm(n), xmm(other), mem); });
        listing.add("vfmadd231pd" + operands,
            [&](Assembler& m) { m.vector(fused(kFmaddPacked, true), xmm(n), xmm(other), mem); });
        listing.add("vcmpeq_uqps" + operands,
            [&](Assembler& m) { m.vector(packed(kCompare, false), xmm(n), xmm(other), mem, kEqualOrUnorderedQuiet); });
        listing.add("vpshufd " + text(n) + "," + memory + kImmediateText,
            [&](Assembler& m) { m.vector(kPshufd, xmm(n), mem, kImmediate); });
        char const* const pointers[4] = { "BYTE PTR ", "WORD PTR ", "DWORD PTR ", "QWORD PTR " };
        for (unsigned size = 0; size < 4; ++size) {
            std::string const place = pointers[size] + address;
            std::string const letter { "bwdq"[size] };
            listing.add("vpinsr" + letter + " " + text(n) + "," + text(other) + "," + place + ",0x1",
                [&](Assembler& m) { m.vector(kPinsr.of[size], xmm(n), xmm(other), mem, 1); });
            listing.add("vpextr" + letter + " " + place + "," + text(n) + ",0x1",
                [&](Assembler& m) { m.vector(kPextr.of[size], xmm(n), mem, 1); });
        }
        listing.add("ldmxcsr DWORD PTR " + address, [&](Assembler& m) { m.load_mxcsr(mem); });
        listing.add("stmxcsr DWORD PTR " + address, [&](Assembler& m) { m.store_mxcsr(mem); });
    });
    listing.check();
}
