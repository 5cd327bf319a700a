#include "machine/machine_config.h"

#include "base/sys/mapping.h"
#include "firmware/sdei/event.h"
#include "machine/memory_layout.h"

namespace dormouse::machine {

static Error invalid(std::string message)
{
    return { Code::InvalidArgument, std::move(message) };
}

// Whole MiB as people write them; anything else to the byte.
static std::string amount(uint64_t bytes)
{
    return bytes % (1 << 20) == 0 ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes) + " bytes";
}

static Result<void> validate_events(std::vector<uint32_t> const& events)
{
    using namespace firmware::sdei;
    if (events.size() > kMaxVendorEvents)
        return invalid("sdeiEvents has " + std::to_string(events.size()) + " entries: at most "
            + std::to_string(kMaxVendorEvents) + " are possible");
    for (size_t i = 0; i < events.size(); ++i) {
        if (events[i] < kFirstVendorEvent || events[i] > kLastVendorEvent)
            return invalid("sdeiEvents has " + std::to_string(events[i])
                + ": vendor events are numbered from 0x40000000 to 0x40ffffff");
        for (size_t k = 0; k < i; ++k)
            if (events[k] == events[i])
                return invalid("sdeiEvents has " + std::to_string(events[i]) + " twice");
    }
    return {};
}

Result<void> validate(MachineConfig const& config)
{
    if (config.cpus < 1 || config.cpus > layout::kMaxCpus)
        return invalid("cpus is " + std::to_string(config.cpus) + ": this board has 1 to "
            + std::to_string(layout::kMaxCpus) + " vCPUs");
    uint64_t const frequency = config.counter_frequency_hz;
    if (frequency != 0 && (frequency < kMinCounterFrequency || frequency > kMaxCounterFrequency))
        return invalid("counterFrequencyHz is " + std::to_string(frequency) + ": "
            + std::to_string(kMinCounterFrequency) + " to " + std::to_string(kMaxCounterFrequency) + " are possible");
    std::string const memory = "memoryBytes is " + amount(config.memory_bytes);
    if (config.memory_bytes < kMinMemory)
        return invalid(memory + ": at least " + amount(kMinMemory) + " are needed");
    // Rounded down, so that the advice is one the user can follow.
    uint64_t const host = sys::host_memory_bytes() >> 20 << 20;
    if (config.memory_bytes > host)
        return invalid(memory + ": this host has " + amount(host));
    if (config.memory_bytes % kMemoryGranule != 0)
        return invalid(memory + ": it must be a multiple of " + amount(kMemoryGranule));
    if (config.command_line.size() > kMaxCommandLine)
        return invalid("commandLine has " + std::to_string(config.command_line.size()) + " bytes: at most "
            + std::to_string(kMaxCommandLine) + " are allowed");
    if (config.command_line.find('\0') != std::string::npos)
        return invalid("commandLine contains a zero byte");
    TRY(validate_events(config.sdei_events));
    if (config.kernel.empty())
        return invalid("kernel is empty: the path of an arm64 Linux kernel is needed");
    return {};
}

}
