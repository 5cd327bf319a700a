// Loads and stores of SIMD&FP registers: addressing, order in memory, what a fault leaves behind.
#include "engine/emulator/mmu/guest_fixture.h"
#include "engine/emulator/semantics/simd_machine.h"

#include <vector>

using namespace dormouse::emulator;
using namespace dormouse::emulator::test;

namespace {

constexpr uint64_t kPage = 0x7000;
constexpr uint64_t kMiddle = kPage + 0x800;

// One page of ordinary memory that the TLB knows. Byte i of it holds i modulo 256.
struct MemoryMachine : SimdMachine {
    MemoryMachine() : page(kTlbPageSize), tlb(kTlbEntries)
    {
        for (unsigned i = 0; i < kTlbEntries; i++)
            tlb[i] = { invalid_tlb_tag(i), 0, invalid_tlb_tag(i) };
        for (unsigned i = 0; i < kTlbPageSize; i++)
            page[i] = static_cast<uint8_t>(i);
        tlb[tlb_index(kPage)] = { kPage, reinterpret_cast<uint64_t>(page.data()) - kPage, kPage };
        cpu.tlb = tlb.data();
        cpu.tlb_unprivileged = tlb.data();
        cpu.x[1] = kMiddle;
        for (Vector& v : cpu.v)
            v = Vector { { ~uint64_t { 0 }, ~uint64_t { 0 } } };
    }

    uint8_t& at(uint64_t address) { return page[address - kPage]; }

    std::vector<uint8_t> page;
    std::vector<TlbEntry> tlb;
};

}

TEST_CASE("LDR of each size clears the rest of the register")
{
    MemoryMachine machine;
    machine.execute("ldr q0, [x1, #0x10]", 0x3dc00420);
    CHECK(machine.cpu.v[0] == bytes("101112131415161718191a1b1c1d1e1f"));
    machine.cpu.x[2] = 0xffffffff00000003;
    machine.execute("ldr h0, [x1, w2, sxtw #1]", 0x7c62d820);
    CHECK(machine.cpu.v[0] == bytes("0607"));
    machine.cpu.x[2] = static_cast<uint64_t>(-1);
    machine.execute("ldr q0, [x1, x2, lsl #4]", 0x3ce27820);
    CHECK(machine.cpu.v[0] == bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
    machine.cpu.pc = kMiddle;
    machine.execute("ldr d0, 0x7808", 0x5c000040);
    CHECK(machine.cpu.v[0] == bytes("08090a0b0c0d0e0f"));
}

TEST_CASE("writeback moves the base, SP included")
{
    MemoryMachine machine;
    machine.execute("ldr q0, [x1], #-0x10", 0x3cdf0420);
    CHECK(machine.cpu.v[0] == bytes("000102030405060708090a0b0c0d0e0f"));
    CHECK(machine.cpu.x[1] == kMiddle - 16);
    machine.cpu.sp = kMiddle;
    machine.execute("str b0, [sp, #0x1]!", 0x3c001fe0);
    CHECK(machine.cpu.sp == kMiddle + 1);
    CHECK(machine.at(kMiddle + 1) == 0);
    CHECK(machine.at(kMiddle + 2) == 2);
}

TEST_CASE("a misaligned SP faults as a base when SCTLR_EL1.SA says so")
{
    MemoryMachine machine;
    machine.cpu.system(SystemRegister::SCTLR_EL1) = 1 << 3;
    machine.cpu.sp = kMiddle + 8;
    Vector const before = machine.cpu.v[0];
    CHECK(machine.execute("ldr q0, [sp]", 0x3dc003e0) == Flow::Exception);
    CHECK(machine.cpu.exception.exception_class == ExceptionClass::SpAlignment);
    CHECK(machine.cpu.v[0] == before);
}

TEST_CASE("pairs")
{
    MemoryMachine machine;
    machine.execute("ldp s0, s1, [x1, #0x8]", 0x2d410420);
    CHECK(machine.cpu.v[0] == bytes("08090a0b"));
    CHECK(machine.cpu.v[1] == bytes("0c0d0e0f"));
    machine.execute("ldnp d0, d1, [x1]", 0x6c400420);
    CHECK(machine.cpu.v[1] == bytes("08090a0b0c0d0e0f"));
    machine.cpu.v[0] = bytes("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    machine.cpu.v[1] = bytes("b0b1b2b3b4b5b6b7b8b9babbbcbdbebf");
    machine.execute("stp q0, q1, [x1, #-0x20]!", 0xadbf0420);
    CHECK(machine.cpu.x[1] == kMiddle - 32);
    CHECK(machine.at(kMiddle - 32) == 0xa0);
    CHECK(machine.at(kMiddle - 1) == 0xbf);
}

TEST_CASE("LD1 is consecutive, its register list wraps, post-index without a register adds the bytes transferred")
{
    MemoryMachine machine;
    machine.execute("ld1 { v31.8b, v0.8b }, [x1], #0x10", 0x0cdfa03f);
    CHECK(machine.cpu.v[31] == bytes("0001020304050607"));
    CHECK(machine.cpu.v[0] == bytes("08090a0b0c0d0e0f"));
    CHECK(machine.cpu.x[1] == kMiddle + 16);
}

TEST_CASE("LD3, LD4 and ST2 take structures apart and put them together")
{
    MemoryMachine machine;
    machine.cpu.x[2] = 5;
    machine.execute("ld4 { v0.16b, v1.16b, v2.16b, v3.16b }, [x1], x2", 0x4cc20020);
    CHECK(machine.cpu.v[0] == bytes("0004080c1014181c2024282c3034383c"));
    CHECK(machine.cpu.v[3] == bytes("03070b0f13171b1f23272b2f33373b3f"));
    CHECK(machine.cpu.x[1] == kMiddle + 5);
    machine.cpu.x[1] = kMiddle;
    machine.execute("ld3 { v0.8h, v1.8h, v2.8h }, [x1]", 0x4c404420);
    CHECK(machine.cpu.v[1] == bytes("020308090e0f14151a1b202126272c2d"));

    machine.cpu.v[0] = bytes("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    machine.cpu.v[1] = bytes("b0b1b2b3b4b5b6b7b8b9babbbcbdbebf");
    machine.execute("st2 { v0.4s, v1.4s }, [x1]", 0x4c008820);
    CHECK(machine.at(kMiddle + 3) == 0xa3);
    CHECK(machine.at(kMiddle + 4) == 0xb0);
    CHECK(machine.at(kMiddle + 8) == 0xa4);
    CHECK(machine.at(kMiddle + 31) == 0xbf);
}

TEST_CASE("a single lane leaves the others; replication fills them")
{
    MemoryMachine machine;
    machine.cpu.x[2] = 8;
    machine.execute("ld1 { v0.d }[1], [x1], x2", 0x4dc28420);
    CHECK(machine.cpu.v[0] == bytes("ffffffffffffffff0001020304050607"));
    CHECK(machine.cpu.x[1] == kMiddle + 8);
    machine.cpu.v[2] = bytes("404142434445464748494a4b4c4d4e4f");
    machine.execute("st3 { v0.b, v1.b, v2.b }[9], [x1], #0x3", 0x4d9f2420);
    CHECK(machine.at(kMiddle + 8) == 0x01);
    CHECK(machine.at(kMiddle + 9) == 0xff);
    CHECK(machine.at(kMiddle + 10) == 0x49);
    CHECK(machine.cpu.x[1] == kMiddle + 11);
    machine.cpu.x[1] = kMiddle;
    machine.execute("ld2r { v0.4h, v1.4h }, [x1]", 0x0d60c420);
    CHECK(machine.cpu.v[0] == bytes("0001000100010001"));
    CHECK(machine.cpu.v[1] == bytes("0203020302030203"));
}

TEST_CASE("a load that runs off the memory changes neither registers nor base")
{
    GuestMemory memory;
    MmuGuest guest(memory);
    Vector const before { { 1, 2 } };
    uint64_t const last = kRamBase + kRamSize - 16; // one register of the list fits
    for (uint32_t const word : { 0x4cdf2020u, 0xacc10420u }) {
        CAPTURE(word); // ld1 { v0.16b - v3.16b }, [x1], #0x40; ldp q0, q1, [x1], #0x20
        guest.cpu.v[0] = before;
        guest.cpu.x[1] = last;
        guest.device.answers = false;
        CHECK(isa::info(isa::decode(word)).handler(guest.cpu, word) != Flow::Next);
        CHECK(guest.cpu.v[0] == before);
        CHECK(guest.cpu.x[1] == last);
    }
}
