// What the semantic functions add to soft_float/: which register parts they read and write, flags, and what decodes.

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/isa/instruction.h"
#include "generated/a64_instruction.h"
#include "generated/a64_semantics.h"

#include <bit>
#include <doctest/doctest.h>
#include <memory>

using namespace dormouse::emulator;

namespace {

constexpr uint64_t kDirt = 0xdddd'dddd'dddd'dddd;
constexpr Vector kOnes { { 0x3f80'0000'3f80'0000, 0x3f80'0000'3f80'0000 } }; // 1.0f four times

std::unique_ptr<Cpu> dirty_cpu()
{
    auto cpu = std::make_unique<Cpu>();
    for (Vector& v : cpu->v)
        v = Vector { { kDirt, kDirt } };
    return cpu;
}

}

TEST_CASE("scalar results clear the rest of the register")
{
    auto const cpu = dirty_cpu();
    cpu->v[1] = kOnes;
    CHECK(semantics::FADD_scalar(*cpu, 0x1e212820) == Flow::Next); // fadd s0, s1, s1
    CHECK(cpu->v[0] == Vector { { 0x4000'0000, 0 } });
    semantics::FMOV_scalar_immediate(*cpu, 0x1e7e1000); // fmov d0, #-1.0
    CHECK(cpu->v[0] == Vector { { 0xbff0'0000'0000'0000, 0 } });
    semantics::FCVT(*cpu, 0x1e23c020); // fcvt h0, s1
    CHECK(cpu->v[0] == Vector { { 0x3c00, 0 } });
}

TEST_CASE("64-bit vector results clear the upper half")
{
    auto const cpu = dirty_cpu();
    cpu->v[1] = kOnes;
    semantics::FADD_vector(*cpu, 0x0e21d420); // fadd v0.2s, v1.2s, v1.2s
    CHECK(cpu->v[0] == Vector { { 0x4000'0000'4000'0000, 0 } });
    semantics::FADD_vector(*cpu, 0x4e21d420); // fadd v0.4s, v1.4s, v1.4s
    CHECK(cpu->v[0] == Vector { { 0x4000'0000'4000'0000, 0x4000'0000'4000'0000 } });
}

TEST_CASE("moves to and from the upper half keep the lower half")
{
    auto const cpu = dirty_cpu();
    cpu->x[1] = 0x1122'3344'5566'7788;
    semantics::FMOV_top_from_general(*cpu, 0x9eaf0020); // fmov v0.d[1], x1
    CHECK(cpu->v[0] == Vector { { kDirt, 0x1122'3344'5566'7788 } });
    semantics::FMOV_top_to_general(*cpu, 0x9eae0002); // fmov x2, v0.d[1]
    CHECK(cpu->x[2] == 0x1122'3344'5566'7788);
    semantics::FMOV_to_general(*cpu, 0x1e260003); // fmov w3, s0
    CHECK(cpu->x[3] == 0xdddd'dddd);
    semantics::FMOV_to_general(*cpu, 0x9e66001f); // fmov xzr, d0
    CHECK(cpu->x[31] == 0);
}

TEST_CASE("narrowing writes one half: FCVTN clears the other one, FCVTN2 keeps it")
{
    auto const cpu = dirty_cpu();
    cpu->v[1] = Vector { { std::bit_cast<uint64_t>(1.0), std::bit_cast<uint64_t>(2.0) } };
    semantics::FCVTN(*cpu, 0x4e616820); // fcvtn2 v0.4s, v1.2d
    CHECK(cpu->v[0] == Vector { { kDirt, 0x4000'0000'3f80'0000 } });
    semantics::FCVTN(*cpu, 0x0e616820); // fcvtn v0.2s, v1.2d
    CHECK(cpu->v[0] == Vector { { 0x4000'0000'3f80'0000, 0 } });
    semantics::FCVTL(*cpu, 0x0e617801); // fcvtl v1.2d, v0.2s
    CHECK(cpu->v[1] == Vector { { std::bit_cast<uint64_t>(1.0), std::bit_cast<uint64_t>(2.0) } });
}

TEST_CASE("a destination may be a source of pairwise and accumulating forms")
{
    auto const cpu = dirty_cpu();
    cpu->v[0] = Vector { { 0x4000'0000'3f80'0000, 0x4080'0000'4040'0000 } }; // 1 2 3 4
    semantics::FADDP_vector(*cpu, 0x6e20d400); // faddp v0.4s, v0.4s, v0.4s
    CHECK(cpu->v[0] == Vector { { 0x40e0'0000'4040'0000, 0x40e0'0000'4040'0000 } }); // 3 7 3 7
    semantics::FMLA_element_vector(*cpu, 0x4f801000); // fmla v0.4s, v0.4s, v0.s[0]
    CHECK(cpu->v[0] == Vector { { 0x41e0'0000'4140'0000, 0x41e0'0000'4140'0000 } }); // 12 28 12 28
}

TEST_CASE("FCMP sets the flags; FCCMP does not look at its operands when the condition fails")
{
    auto const cpu = dirty_cpu();
    cpu->v[1] = Vector { { 0x7ff0'0000'0000'0001, 0 } }; // signalling NaN
    semantics::FCMP(*cpu, 0x1e612020); // fcmp d1, d1
    CHECK(cpu->nzcv == 0x3000'0000);
    CHECK(cpu->fpsr == 1);
    cpu->fpsr = 0;
    cpu->nzcv = 0;
    semantics::FCCMP(*cpu, 0x1e610425); // fccmp d1, d1, #5, eq
    CHECK(cpu->nzcv == 0x5000'0000);
    CHECK(cpu->fpsr == 0);
}

TEST_CASE("exceptions accumulate in FPSR and leave its other bits alone")
{
    auto const cpu = dirty_cpu();
    cpu->fpsr = 1u << 27 | 1u << 1; // QC and DZC
    cpu->v[1] = kOnes;
    cpu->v[2] = Vector { { 0x3300'0000, 0 } }; // 2^-25
    semantics::FADD_scalar(*cpu, 0x1e222820); // fadd s0, s1, s2
    CHECK(cpu->fpsr == (1u << 27 | 1u << 1 | 1u << 4));
}

TEST_CASE("half precision arithmetic and reserved encodings do not decode")
{
    for (uint32_t const word : {
             0x1ee22820u, // fadd h0, h1, h2
             0x1ea22820u, // ftype 2
             0x1ee7e000u, // fmov h0, #1.0
             0x1ee60020u, // fmov w0, h1
             0x1e660020u, // fmov with W and D
             0x9e260020u, // fmov with X and S
             0x1e634020u, // bfcvt
             0x1e62c020u, // fcvt d0, d1
             0x1e224020u, // fcvt s0, s1
             0x0e421420u, // fadd v0.4h, v1.4h, v2.4h
             0x0e62d420u, // fadd v0.1d, v1.1d, v2.1d
             0x0ee1a820u, // fcvtps v0.1d, v1.1d
             0x4fe11020u, // fmla v0.2d, v1.2d, v1.d[] with L set
             0x4f011020u, // fmla v0.8h, v1.8h, v1.h[0]
             0x4f10e420u, // scvtf v0.8h, v1.8h, #16
             0x0f40e420u, // scvtf v0.1d, v1.1d, #64
             0x1e020020u, // scvtf s0, w1, #64
             0x2e30f820u, // fmaxv of half precision
             0x2e216820u, // fcvtxn with single precision operands
         }) {
        INFO("word " << word);
        CHECK(isa::decode(word) == isa::Instruction::Unallocated);
    }
}

TEST_CASE("floating-point immediates are written in full")
{
    CHECK(isa::disassemble(0x1e7e1000, 0) == "fmov d0, #-1.0");
    CHECK(isa::disassemble(0x1e281000, 0) == "fmov s0, #0.125");
    CHECK(isa::disassemble(0x1e283000, 0) == "fmov s0, #0.1328125");
    CHECK(isa::disassemble(0x1e27f000, 0) == "fmov s0, #31.0");
}
