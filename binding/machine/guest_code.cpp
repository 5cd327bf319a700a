#include "machine/guest_code.h"

#include "arch/system_register_encoding.h"
#include "base/bits.h"
#include "engine/emulator/isa/instruction.h"

#include <cinttypes>
#include <cstdio>

namespace dormouse::machine {

static uint64_t system_register(
    engine::Vcpu const& vcpu, unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    auto const value = vcpu.read_register(engine::system_register_id(arch::system_register(op0, op1, crn, crm, op2)));
    return value.ok() ? value.value().low : 0;
}

namespace {

    // The half of the address space an address belongs to.
    struct Half {
        uint64_t table { 0 };
        unsigned size_bits { 0 }; // TnSZ
        unsigned page_bits { 12 };
    };

}

static Half half_of(engine::Vcpu const& vcpu, uint64_t address)
{
    uint64_t const tcr = system_register(vcpu, 3, 0, 2, 0, 2);
    constexpr uint64_t kBaseMask = 0x0000'ffff'ffff'fffe;
    if (bit<55>(address)) {
        constexpr unsigned kPageBits[] { 12, 14, 12, 16 }; // TG1
        return { system_register(vcpu, 3, 0, 2, 0, 1) & kBaseMask, static_cast<unsigned>(bits<21, 16>(tcr)),
            kPageBits[bits<31, 30>(tcr)] };
    }
    constexpr unsigned kPageBits[] { 12, 16, 14, 12 }; // TG0
    return { system_register(vcpu, 3, 0, 2, 0, 0) & kBaseMask, static_cast<unsigned>(bits<5, 0>(tcr)),
        kPageBits[bits<15, 14>(tcr)] };
}

std::optional<arch::Gpa> translate(engine::Vcpu const& vcpu, memory::FlatView const& memory, arch::Gva address)
{
    bool const mmu_on = bit<0>(system_register(vcpu, 3, 0, 1, 0, 0)); // SCTLR_EL1.M
    if (!mmu_on)
        return arch::Gpa { address.value };

    Half const half = half_of(vcpu, address.value);
    unsigned const stride = half.page_bits - 3;
    unsigned const address_bits = 64 - half.size_bits;
    if (half.size_bits < 12 || address_bits <= half.page_bits)
        return std::nullopt;
    unsigned const levels = (address_bits - half.page_bits + stride - 1) / stride;
    uint64_t const in_range = address.value & low_mask(address_bits);

    uint64_t table = half.table;
    for (unsigned left = levels; left > 0; --left) {
        unsigned const shift = half.page_bits + stride * (left - 1);
        uint64_t const index = left == levels ? in_range >> shift : (in_range >> shift) & low_mask(stride);
        uint64_t descriptor = 0;
        if (!memory.read({ table + index * 8 }, &descriptor, sizeof(descriptor)) || !bit<0>(descriptor))
            return std::nullopt;
        uint64_t const output = descriptor & low_mask(48);
        bool const leaf = left == 1 ? bit<1>(descriptor) : !bit<1>(descriptor);
        if (leaf)
            return arch::Gpa { align_down(output, uint64_t { 1 } << shift) | (in_range & low_mask(shift)) };
        if (left == 1)
            return std::nullopt;
        table = align_down(output, uint64_t { 1 } << half.page_bits);
    }
    return std::nullopt;
}

uint16_t immediate_of_call(engine::Vcpu const& vcpu, memory::FlatView const& memory)
{
    constexpr uint32_t kFixedBits = 0xffe0'001f;
    constexpr uint32_t kHvc = 0xd400'0002;
    constexpr uint32_t kSmc = 0xd400'0003;
    auto const pc = vcpu.read_register(engine::kRegisterPc);
    if (!pc.ok())
        return 0;
    auto const physical = translate(vcpu, memory, { pc.value().low - 4 });
    uint32_t word = 0;
    if (!physical || !memory.read(*physical, &word, sizeof(word)))
        return 0;
    bool const is_call = (word & kFixedBits) == kHvc || (word & kFixedBits) == kSmc;
    return is_call ? static_cast<uint16_t>(bits<20, 5>(word)) : uint16_t { 0 };
}

static bool is_wait(uint32_t word)
{
    constexpr uint32_t kWfi = 0xd503'207f;
    constexpr uint32_t kWfit = 0xd503'1020;
    return word == kWfi || (word & 0xffff'ffe0) == kWfit;
}

Glimpse glimpse(engine::Vcpu const& vcpu, memory::FlatView const& memory)
{
    auto const pc = vcpu.read_register(engine::kRegisterPc);
    auto const pstate = vcpu.read_register(engine::kRegisterPstate);
    if (!pc.ok() || !pstate.ok())
        return {};
    Glimpse seen;
    seen.pc = pc.value().low;
    // An engine stops before the WFI or after it, as it likes.
    bool waits = false;
    for (uint64_t const address : { seen.pc - 4, seen.pc }) {
        auto const physical = translate(vcpu, memory, { address });
        uint32_t word = 0;
        bool const is_there = physical && memory.read(*physical, &word, sizeof(word));
        waits = waits || (is_there && is_wait(word));
        if (address == seen.pc && physical && !is_there)
            seen.nowhere = physical;
    }
    seen.in_kernel = bits<3, 2>(pstate.value().low) != 0 && !waits;
    return seen;
}

std::vector<std::string> disassemble_around(
    engine::Vcpu const& vcpu, memory::FlatView const& memory, uint64_t pc, unsigned before, unsigned after)
{
    std::vector<std::string> lines;
    for (uint64_t at = pc - 4 * uint64_t { before }, count = 0; count < before + after + 1; at += 4, ++count) {
        auto const physical = translate(vcpu, memory, { at });
        uint32_t word = 0;
        if (!physical || !memory.read(*physical, &word, sizeof(word)))
            continue;
        char head[64];
        std::snprintf(head, sizeof(head), "%s 0x%016" PRIx64 ": %08" PRIx32 "  ", at == pc ? "=>" : "  ", at, word);
        lines.push_back(head + emulator::isa::disassemble(word, at));
    }
    return lines;
}

}
