#pragma once

#include "engine/register_id.h"
#include "machine/machine_events.h"
#include "machine/machine_facts.h"
#include "machine/vcpu_thread.h"
#include "state/section.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dormouse::machine {

struct SavedVcpu {
    VcpuThread::Power power;
    std::vector<engine::RegisterEntry> registers; // no id twice
};

// The section "machine" of a saved state, taken apart: all of a machine but its memory. Nothing of it has been compared
// with any machine yet.
struct SavedMachine {
    MachineFacts facts;
    uint64_t clock_ns { 0 };
    std::vector<engine::RegisterEntry> firmware;
    std::optional<ResetCause> last_reset;
    std::vector<SavedVcpu> vcpus; // facts.cpus of them
    // By name: "psci", the devices, and whatever else a part of the machine keeps for itself.
    std::map<std::string, state::Reader, std::less<>> parts;

    // The reader of a part, which must be there.
    Result<state::Reader> part(std::string_view name) const;
};

// Of the section's version.
constexpr uint32_t kMachineFormat = 1;

void save_registers(state::Writer&, std::vector<engine::RegisterEntry> const&);
void save_power(state::Writer&, VcpuThread::Power const&);
void save_last_reset(state::Writer&, std::optional<ResetCause> const&);

// `machine`: the contents of the section. The result's readers look into the same bytes, which must outlive it.
Result<SavedMachine> parse_machine(state::Reader& machine);

}
