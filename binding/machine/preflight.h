#pragma once

#include "machine/saved_machine.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dormouse::machine {

// What a machine that may take over a saved state is and has.
struct MachineOffer {
    struct Register {
        engine::RegisterId id;
        engine::RegisterValue value; // after reset
        uint64_t fixed { 0 }; // bits of value.low that cannot be loaded with anything else
    };
    MachineFacts facts;
    std::vector<std::vector<Register>> vcpus; // in loading order
    bool any_counter_frequency { false }; // it can take over that of the saved machine
};

// One thing in which saved machine and offer differ.
struct Finding {
    enum class Verdict {
        Refused, // the guest would miss what it was promised, or lose state
        Adapted, // it makes no difference to the guest; `reason` says why
    };
    Verdict verdict { Verdict::Refused };
    std::string subject; // "ID_AA64ISAR0_EL1", "counterFrequencyHz"
    std::string field; // "Atomic"; empty when the subject has none
    std::string saved; // values as text; empty: it has no such thing
    std::string offered;
    std::string reason; // a sentence with all of the above

    bool operator==(Finding const&) const = default;
};

// What one machine would say about one saved state.
struct Preflight {
    MachineFacts saved;
    MachineFacts offered;
    std::vector<Finding> findings;
};

// Everything that stands between a saved machine and the offer, refusals first; the same for several vCPUs is said
// once. Nothing is touched. No refusal: restoring will do, as far as anybody can know before.
std::vector<Finding> preflight(SavedMachine const&, MachineOffer const&);

// The value to load where `offered` has this register, and where the saved machine has none.
engine::RegisterValue adapted(engine::RegisterEntry const& saved, MachineOffer::Register const& offered);
engine::RegisterValue value_if_absent(MachineOffer::Register const& offered);

}
