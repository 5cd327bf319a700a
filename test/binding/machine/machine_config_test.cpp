#include "machine/machine_config.h"

#include "base/units.h"
#include "machine/memory_layout.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::machine;

namespace {

MachineConfig good()
{
    MachineConfig config;
    config.memory_bytes = 16_MiB;
    config.kernel = "/some/kernel";
    return config;
}

std::string message(MachineConfig const& config)
{
    auto const result = validate(config);
    return result.ok() ? "" : result.error().message;
}

}

TEST_CASE("a sound config passes, at the limits as well")
{
    CHECK(message(good()).empty());
    auto most = good();
    most.cpus = layout::kMaxCpus;
    most.command_line = std::string(kMaxCommandLine, 'x');
    CHECK(message(most).empty());
}

TEST_CASE("each bad field is named with its value and what is possible")
{
    auto config = good();
    config.memory_bytes = 0;
    CHECK(message(config) == "memoryBytes is 0 MiB: at least 16 MiB are needed");
    config.memory_bytes = 16_MiB + 1;
    CHECK(message(config) == "memoryBytes is 16777217 bytes: it must be a multiple of 2 MiB");
    config.memory_bytes = 10_TiB;
    CHECK(message(config).find("memoryBytes is 10485760 MiB: this host has ") == 0);
    config = good();
    config.cpus = 0;
    CHECK(message(config) == "cpus is 0: this board has 1 to 635 vCPUs");
    config.cpus = layout::kMaxCpus + 1;
    CHECK(message(config).find("cpus is 636") == 0);
    config = good();
    config.command_line = std::string(kMaxCommandLine + 1, 'x');
    CHECK(message(config).find("commandLine has 2048 bytes") == 0);
    config.command_line = std::string(1, '\0');
    CHECK(message(config).find("commandLine contains a zero byte") == 0);
    config = good();
    config.kernel = "";
    CHECK(message(config).find("kernel is empty") == 0);
}
