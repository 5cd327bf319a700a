#include "flat_memory.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace dormouse::emulator::semantics::test {

constexpr uint64_t kPage = FlatMemory::kPage;

namespace {

    // x1 is the base of the page, x3 the data; x0 takes results, x2 the status.
    struct Prepared : FlatMemory {
        explicit Prepared(uint64_t data = 0)
        {
            cpu.x[1] = kPage;
            cpu.x[3] = data;
        }
    };

}

TEST_CASE("a store exclusive needs its load")
{
    Prepared machine(9);
    machine.put<uint64_t>(0, 5);
    CHECK(machine.run(0xc802'7c23) == Flow::Next); // stxr w2, x3, [x1]
    CHECK(machine.cpu.x[2] == 1);
    CHECK(machine.get<uint64_t>(0) == 5);
    machine.run(0xc85f'7c20); // ldxr x0, [x1]
    machine.run(0xc802'7c23);
    CHECK(machine.cpu.x[0] == 5);
    CHECK(machine.cpu.x[2] == 0);
    CHECK(machine.get<uint64_t>(0) == 9);
    machine.run(0xc802'7c23); // a second one has no reservation any more
    CHECK(machine.cpu.x[2] == 1);
}

TEST_CASE("a store exclusive fails when memory changed, at another address, or at another size")
{
    Prepared machine(9);
    machine.run(0xc85f'7c20);
    machine.put<uint64_t>(0, 1);
    machine.run(0xc802'7c23);
    CHECK(machine.cpu.x[2] == 1);
    CHECK(machine.get<uint64_t>(0) == 1);
    CHECK_FALSE(machine.cpu.exclusive.armed);

    machine.run(0xc85f'7c20);
    machine.cpu.x[1] += 8;
    machine.run(0xc802'7c23);
    CHECK(machine.cpu.x[2] == 1);
    machine.cpu.x[1] -= 8;

    machine.run(0xc85f'7c20);
    machine.run(0x8802'7c23); // stxr w2, w3, [x1]
    CHECK(machine.cpu.x[2] == 1);
}

TEST_CASE("exclusive pairs")
{
    Prepared machine(3);
    machine.put<uint64_t>(16, 0x1111);
    machine.put<uint64_t>(24, 0x2222);
    machine.cpu.x[1] = kPage + 16;
    machine.run(0xc87f'1020); // ldxp x0, x4, [x1]
    CHECK(machine.cpu.x[0] == 0x1111);
    CHECK(machine.cpu.x[4] == 0x2222);
    machine.run(0xc822'1023); // stxp w2, x3, x4, [x1]
    CHECK(machine.cpu.x[2] == 0);
    CHECK(machine.get<uint64_t>(16) == 3);
    CHECK(machine.get<uint64_t>(24) == 0x2222);
    machine.cpu.x[4] = 0x5'0000'0006;
    machine.run(0x887f'1420); // ldxp w0, w5, [x1]
    machine.run(0x8822'1023); // stxp w2, w3, w4, [x1]
    CHECK(machine.cpu.x[2] == 0);
    CHECK(machine.get<uint64_t>(16) == 0x6'0000'0003);
}

TEST_CASE("read-modify-write operations")
{
    auto const memory_after = [](uint32_t word, uint64_t before, uint64_t operand) {
        Prepared machine(operand);
        machine.put<uint64_t>(0, before);
        CHECK(machine.run(word) == Flow::Next);
        return machine.get<uint64_t>(0);
    };
    CHECK(memory_after(0xf823'0020, 5, 3) == 8); // ldadd x3, x0, [x1]
    CHECK(memory_after(0xf823'1020, 0xff, 0x0f) == 0xf0); // ldclr
    CHECK(memory_after(0xf823'2020, 0xff, 0x0f) == 0xf0); // ldeor
    CHECK(memory_after(0xf823'3020, 0xf0, 0x0f) == 0xff); // ldset
    CHECK(memory_after(0xf823'4020, 5, ~0ull) == 5); // ldsmax
    CHECK(memory_after(0xf823'5020, 5, ~0ull) == ~0ull); // ldsmin
    CHECK(memory_after(0xf823'6020, 5, ~0ull) == ~0ull); // ldumax
    CHECK(memory_after(0xf823'7020, 5, ~0ull) == 5); // ldumin
    CHECK(memory_after(0xf823'8020, 5, 77) == 77); // swp
    CHECK(memory_after(0x3823'0020, 0x1ff, 1) == 0x100); // ldaddb leaves the neighbours alone
    CHECK(memory_after(0x3823'4020, 0x80, 0x7f) == 0x7f); // ldsmaxb
}

TEST_CASE("the old value comes back in the size of the access")
{
    Prepared machine(1);
    machine.put<uint64_t>(0, 0xffff'ffff'ffff'ffff);
    machine.run(0x7823'0020); // ldaddh w3, w0, [x1]
    CHECK(machine.cpu.x[0] == 0xffff);
    machine.run(0xb823'0020); // ldadd w3, w0, [x1]
    CHECK(machine.cpu.x[0] == 0xffff'0000);
}

TEST_CASE("compare and swap")
{
    Prepared machine(9);
    machine.put<uint64_t>(0, 5);
    machine.cpu.x[2] = 4;
    machine.run(0xc8a2'7c23); // cas x2, x3, [x1]
    CHECK(machine.cpu.x[2] == 5);
    CHECK(machine.get<uint64_t>(0) == 5);
    machine.run(0xc8a2'7c23);
    CHECK(machine.cpu.x[2] == 5);
    CHECK(machine.get<uint64_t>(0) == 9);

    machine.put<uint64_t>(16, 1);
    machine.put<uint64_t>(24, 2);
    machine.cpu.x[1] = kPage + 16;
    machine.cpu.x[4] = 1;
    machine.cpu.x[5] = 2;
    machine.cpu.x[6] = 10;
    machine.cpu.x[7] = 20;
    machine.run(0x4824'7c26); // casp x4, x5, x6, x7, [x1]
    CHECK(machine.get<uint64_t>(16) == 10);
    CHECK(machine.get<uint64_t>(24) == 20);
    machine.run(0x4824'7c26);
    CHECK(machine.cpu.x[4] == 10);
    CHECK(machine.cpu.x[5] == 20);
}

TEST_CASE("misaligned atomics, exclusives and ordered accesses fault")
{
    for (uint32_t const word : { 0xc85f'7c20u, 0xc802'7c23u, 0xf823'0020u, 0xc8a2'7c23u, 0xc8df'fc20u, 0xc89f'fc23u,
             0xf8bf'c020u, 0xd940'0020u, 0xc87f'1020u, 0x4824'7c26u }) {
        Prepared machine;
        machine.cpu.x[1] = kPage + 4;
        CHECK(machine.run(word) == Flow::Exception);
        CHECK(machine.cpu.exception.far == kPage + 4);
    }
}

// Two vCPUs on one page: no increment may get lost.
TEST_CASE("increments from two threads add up")
{
    constexpr unsigned kRounds = 20'000;
    Prepared first(1);
    Prepared second(1);
    second.cpu.tlb = first.cpu.tlb;
    auto const increment = [](Cpu& cpu) {
        auto const run = [&](uint32_t word) { isa::info(isa::decode(word)).handler(cpu, word); };
        for (unsigned i = 0; i < kRounds; ++i) {
            run(0xf823'0024); // ldadd x3, x4, [x1]
            do {
                run(0xc85f'7c20); // ldxr x0, [x1]
                run(0x9100'0405); // add x5, x0, #1
                run(0xc802'7c25); // stxr w2, x5, [x1]
            } while (cpu.x[2] != 0);
        }
    };
    std::thread other([&] { increment(second.cpu); });
    increment(first.cpu);
    other.join();
    CHECK(first.get<uint64_t>(0) == 4 * kRounds);
}

}
