#include "machine/fdt_writer.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <libfdt.h>
#include <string>
#include <unistd.h>

using namespace dormouse;
using namespace dormouse::machine;

namespace {

HardwareDescription board_with(unsigned cpus)
{
    HardwareDescription board;
    board.ram_bytes = uint64_t { 512 } << 20;
    for (unsigned cpu = 0; cpu < cpus; ++cpu)
        board.mpidrs.push_back(layout::mpidr_of_cpu(cpu));
    board.psci
        = { { "arm,psci-1.0", "arm,psci-0.2", "arm,psci" }, "hvc", 0xc400'0001, 0x8400'0002, 0xc400'0003, 0xc400'0005 };
    board.bootargs = "console=ttyAMA0 quiet";
    board.initrd = HardwareDescription::Initrd { 0x4800'0000, 0x1234 };
    for (size_t i = 0; i < board.rng_seed.size(); ++i)
        board.rng_seed[i] = static_cast<uint8_t>(i + 1);
    board.kaslr_seed[7] = 9;
    return board;
}

std::vector<uint8_t> written(HardwareDescription const& board)
{
    auto result = write_fdt(board);
    REQUIRE(result.ok());
    REQUIRE(fdt_check_full(result.value().data(), result.value().size()) == 0);
    return result.take();
}

std::string property(std::vector<uint8_t> const& tree, char const* path, char const* name)
{
    int const node = fdt_path_offset(tree.data(), path);
    REQUIRE_MESSAGE(node >= 0, path);
    int length = 0;
    auto const* data = static_cast<char const*>(fdt_getprop(tree.data(), node, name, &length));
    REQUIRE_MESSAGE(data, name);
    return { data, static_cast<size_t>(length) };
}

uint64_t number(std::string const& big_endian)
{
    uint64_t value = 0;
    for (char const byte : big_endian)
        value = value << 8 | static_cast<uint8_t>(byte);
    return value;
}

struct Verdict {
    int status { -1 };
    std::string words;
};

// What the device tree compiler, with all its checks, says of a blob.
Verdict ask_dtc(std::vector<uint8_t> const& tree)
{
    std::array<char, 32> path { "/tmp/dormouse-fdt-XXXXXX" };
    int const file = mkstemp(path.data());
    REQUIRE(file >= 0);
    REQUIRE(::write(file, tree.data(), tree.size()) == static_cast<ssize_t>(tree.size()));
    ::close(file);
    std::string const command = std::string("dtc -I dtb -O dts -o /dev/null ") + path.data() + " 2>&1";
    FILE* const pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe);
    Verdict verdict;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
        verdict.words.push_back(static_cast<char>(c));
    verdict.status = ::pclose(pipe);
    ::unlink(path.data());
    return verdict;
}

}

TEST_CASE("fdt: dtc has nothing to say about trees with 1, 4, 16 and 200 CPUs")
{
    for (unsigned const cpus : { 1u, 4u, 16u, 200u }) {
        auto const verdict = ask_dtc(written(board_with(cpus)));
        CHECK(verdict.status == 0);
        CHECK(verdict.words == "");
    }
}

TEST_CASE("fdt: chosen carries arguments, initrd, console and seeds")
{
    auto const tree = written(board_with(4));
    CHECK(property(tree, "/chosen", "bootargs") == std::string("console=ttyAMA0 quiet") + '\0');
    CHECK(number(property(tree, "/chosen", "linux,initrd-start")) == 0x4800'0000);
    CHECK(number(property(tree, "/chosen", "linux,initrd-end")) == 0x4800'1234);
    CHECK(property(tree, "/chosen", "stdout-path") == std::string("/pl011@9000000") + '\0');
    CHECK(number(property(tree, "/chosen", "kaslr-seed")) == 9);
    CHECK(property(tree, "/chosen", "rng-seed").size() == 32);
    auto board = board_with(1);
    board.initrd.reset();
    auto const without = written(board);
    CHECK(fdt_getprop(without.data(), fdt_path_offset(without.data(), "/chosen"), "linux,initrd-start", nullptr)
        == nullptr);
}

TEST_CASE("fdt: memory, CPUs, topology and firmware are what was asked for")
{
    auto const tree = written(board_with(20));
    auto const memory = property(tree, "/memory@40000000", "reg");
    CHECK(number(memory.substr(0, 8)) == 0x4000'0000);
    CHECK(number(memory.substr(8)) == uint64_t { 512 } << 20);
    CHECK(number(property(tree, "/cpus/cpu@103", "reg")) == 0x103);
    CHECK(property(tree, "/cpus/cpu@103", "enable-method") == std::string("psci") + '\0');
    CHECK(property(tree, "/cpus/cpu-map/socket0/cluster1/core3", "cpu") == property(tree, "/cpus/cpu@103", "phandle"));
    CHECK(property(tree, "/psci", "compatible").find("arm,psci-0.2") != std::string::npos);
    CHECK(property(tree, "/psci", "method") == std::string("hvc") + '\0');
    CHECK(number(property(tree, "/psci", "cpu_on")) == 0xc400'0003);
    auto board = board_with(1);
    CHECK(fdt_path_offset(tree.data(), "/firmware") == -FDT_ERR_NOTFOUND);
    board.sdei_method = "hvc";
    auto const with_sdei = write_fdt(board).take();
    CHECK(property(with_sdei, "/firmware/sdei", "compatible") == std::string("arm,sdei-1.0") + '\0');
    CHECK(property(with_sdei, "/firmware/sdei", "method") == std::string("hvc") + '\0');
    board.psci = {};
    auto const bare = written(board);
    CHECK(fdt_path_offset(bare.data(), "/psci") == -FDT_ERR_NOTFOUND);
}

TEST_CASE("fdt: idle states are there when they are asked for, in the format of the version")
{
    using firmware::psci::IdleStates;
    using firmware::psci::Version;
    auto board = board_with(2);
    board.idle_states = firmware::psci::idle_states(Version::V1_3, IdleStates::None);
    auto const without = written(board);
    CHECK(fdt_path_offset(without.data(), "/cpus/idle-states") == -FDT_ERR_NOTFOUND);
    CHECK(fdt_getprop(without.data(), fdt_path_offset(without.data(), "/cpus/cpu@0"), "cpu-idle-states", nullptr)
        == nullptr);

    struct Case {
        Version version;
        uint32_t standby;
        uint32_t power_down;
    };
    for (Case const& expected : { Case { Version::V0_1, 0, 0x0001'0000 }, Case { Version::V0_2, 0, 0x0001'0000 },
             Case { Version::V1_3, 1, 0x4000'0003 } }) {
        board.idle_states = firmware::psci::idle_states(expected.version, IdleStates::PowerDown);
        auto const tree = written(board);
        auto const verdict = ask_dtc(tree);
        CHECK(verdict.words == "");
        CHECK(property(tree, "/cpus/idle-states", "entry-method") == std::string("psci") + '\0');
        CHECK(number(property(tree, "/cpus/idle-states/cpu-standby", "arm,psci-suspend-param")) == expected.standby);
        CHECK(number(property(tree, "/cpus/idle-states/cpu-power-down", "arm,psci-suspend-param"))
            == expected.power_down);
        CHECK(property(tree, "/cpus/cpu@1", "cpu-idle-states")
            == property(tree, "/cpus/idle-states/cpu-standby", "phandle")
                + property(tree, "/cpus/idle-states/cpu-power-down", "phandle"));
    }
    board.idle_states = firmware::psci::idle_states(Version::V1_3, IdleStates::Standby);
    CHECK(property(written(board), "/cpus/cpu@1", "cpu-idle-states").size() == 4);
}

TEST_CASE("fdt: the GIC has a second redistributor region from CPU 123 on")
{
    CHECK(property(written(board_with(123)), "/intc@8000000", "reg").size() == 32);
    auto const tree = written(board_with(124));
    auto const reg = property(tree, "/intc@8000000", "reg");
    REQUIRE(reg.size() == 48);
    CHECK(number(reg.substr(16, 8)) == 0x080a'0000);
    CHECK(number(reg.substr(24, 8)) == 0xf6'0000);
    CHECK(number(reg.substr(32, 8)) == 0x40'0000'0000);
    CHECK(number(property(tree, "/intc@8000000", "#redistributor-regions")) == 2);
    CHECK(number(property(tree, "/pl011@9000000", "interrupts")) == (uint64_t { 1 } << 32 | 4));
}

TEST_CASE("fdt: what cannot be written is refused with its name")
{
    auto board = board_with(1);
    board.bootargs.assign(kMaxBootargs + 1, 'x');
    auto const result = write_fdt(board);
    REQUIRE(!result.ok());
    CHECK(result.error().message.find("command line has 2048") != std::string::npos);
    board.bootargs = std::string("a\0b", 3);
    CHECK(!write_fdt(board).ok());
    CHECK(!write_fdt(board_with(0)).ok());
    CHECK(!write_fdt(board_with(layout::kMaxCpus + 1)).ok());
    CHECK(write_fdt(board_with(layout::kMaxCpus)).ok());
}
