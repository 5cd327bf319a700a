#include "machine/preflight.h"

#include "arch/system_register_encoding.h"
#include "engine/registers/identification_fields.h"
#include "engine/registers/register_names.h"
#include "firmware/sdei/registers.h"
#include "machine/machine_config.h"
#include "machine/register_rules.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <map>

namespace dormouse::machine {

namespace {

    using engine::RegisterEntry;
    using engine::RegisterId;
    using Verdict = Finding::Verdict;
    using When = RegisterRule::WhenMissing;

    std::string hexadecimal(uint64_t value)
    {
        char text[24];
        std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
        return text;
    }

    std::string text_of(engine::RegisterValue value)
    {
        if (value.high == 0)
            return hexadecimal(value.low);
        char text[48];
        std::snprintf(text, sizeof(text), "0x%" PRIx64 "%016" PRIx64, value.high, value.low);
        return text;
    }

    // Fields of ID_AA64*_EL1 that could be loaded with something else, but not with this: a processor cannot be made to
    // have more than it has. What is larger is more, or says "none" with 0xf, which this one cannot say either.
    // [Arm DDI 0487, D22.1.3 "Principles of the ID scheme for fields in ID registers"]
    uint64_t fields_beyond(RegisterEntry const& saved, uint64_t offered)
    {
        constexpr RegisterId kFirst = engine::system_register_id(arch::system_register(3, 0, 0, 4, 0));
        constexpr RegisterId kLast = engine::system_register_id(arch::system_register(3, 0, 0, 7, 7));
        if (saved.id.value < kFirst.value || saved.id.value > kLast.value)
            return 0;
        uint64_t mask = 0;
        for (engine::IdentificationField const& field : engine::identification_fields(saved.id))
            if (field.of(saved.value.low) > field.of(offered))
                mask |= field.mask();
        return mask;
    }

    std::string list_of(std::vector<uint32_t> const& values)
    {
        std::string text;
        for (uint32_t const value : values)
            text += (text.empty() ? "" : ", ") + std::to_string(value);
        return text.empty() ? "none" : text;
    }

    class Comparison {
    public:
        void add(Finding finding)
        {
            if (std::find(m_findings.begin(), m_findings.end(), finding) == m_findings.end())
                m_findings.push_back(std::move(finding));
        }

        // A fact that both have.
        void same(char const* subject, std::string saved, std::string offered, char const* why = "")
        {
            if (saved == offered)
                return;
            std::string sentence = std::string { subject } + " is " + saved + ", this machine has " + offered + why;
            add({ Verdict::Refused, subject, "", std::move(saved), std::move(offered), std::move(sentence) });
        }

        void facts(MachineFacts const& saved, MachineOffer const& offer)
        {
            MachineFacts const& offered = offer.facts;
            same("cpus", std::to_string(saved.cpus), std::to_string(offered.cpus));
            same("memoryBytes", std::to_string(saved.memory_bytes), std::to_string(offered.memory_bytes));
            auto const version = [](auto v) { return std::string { firmware::psci::describe_version(v).name }; };
            same("PSCI_VERSION", version(saved.psci_version), version(offered.psci_version));
            same("cpuProfile", saved.cpu_profile, offered.cpu_profile);
            if (saved.sdei && !offered.sdei)
                add({ Verdict::Refused, "sdei", "", "true", "false",
                    "sdei is true, this machine has none: its guest may be waiting for events, or be in a handler" });
            else
                same("sdei", saved.sdei ? "true" : "false", offered.sdei ? "true" : "false");
            if (saved.sdei && offered.sdei)
                same("sdeiEvents", list_of(saved.sdei_events), list_of(offered.sdei_events));
            // Frequency and block size of an engine without either say nothing.
            if (saved.counter_frequency_hz != 0 && offered.counter_frequency_hz != 0)
                counter_frequency(
                    saved.counter_frequency_hz, offered.counter_frequency_hz, offer.any_counter_frequency);
            if (saved.zero_block_bytes != 0 && offered.zero_block_bytes != 0)
                same("DCZID_EL0.BS", std::to_string(saved.zero_block_bytes) + " bytes",
                    std::to_string(offered.zero_block_bytes) + " bytes",
                    ": a guest that clears memory with DC ZVA would clear too much or too little");
            same("gicLines", std::to_string(saved.gic_lines), std::to_string(offered.gic_lines));
            same("gicCpusPerRegion", list_of(saved.gic_cpus_per_region), list_of(offered.gic_cpus_per_region));
        }

        void vcpu(std::vector<RegisterEntry> const& saved, std::vector<MachineOffer::Register> const& offered)
        {
            std::map<RegisterId, MachineOffer::Register const*> here;
            for (auto const& each : offered)
                here[each.id] = &each;
            for (RegisterEntry const& entry : saved) {
                auto const found = here.find(entry.id);
                if (found == here.end()) {
                    missing_here(entry);
                    continue;
                }
                both(entry, *found->second);
                here.erase(found);
            }
            for (auto const& each : offered)
                if (here.contains(each.id))
                    missing_there(each);
        }

        std::vector<Finding> take()
        {
            std::stable_partition(m_findings.begin(), m_findings.end(),
                [](Finding const& finding) { return finding.verdict == Verdict::Refused; });
            return std::move(m_findings);
        }

    private:
        void counter_frequency(uint64_t saved, uint64_t offered, bool any)
        {
            if (saved == offered)
                return;
            Finding finding { Verdict::Refused, "CNTFRQ_EL0", "", std::to_string(saved), std::to_string(offered), "" };
            finding.reason = "CNTFRQ_EL0 is " + finding.saved + " Hz, this machine ";
            if (any && saved >= kMinCounterFrequency && saved <= kMaxCounterFrequency) {
                finding.verdict = Verdict::Adapted;
                finding.reason += "counts at " + finding.offered + " Hz until then and takes that over.";
            } else {
                finding.reason += "counts at " + finding.offered
                    + " Hz: the guest would measure time wrongly, and a host's counter cannot be scaled";
            }
            add(std::move(finding));
        }

        void missing_here(RegisterEntry const& entry)
        {
            bool const is_zero = entry.value == engine::RegisterValue {};
            RegisterRule const* const rule = register_rule(entry.id);
            std::string const name = engine::register_name(entry.id);
            std::string const saved = text_of(entry.value);
            bool const may_go = rule
                && (rule->when_missing == When::Drop
                    || (rule->when_missing == When::DropIfEqual
                        && entry.value == engine::RegisterValue { rule->value, 0 }));
            if (may_go) {
                add({ Verdict::Adapted, name, "", saved, "", name + " is left behind. " + rule->reason });
            } else if (is_zero && engine::is_identification(entry.id)) {
                return; // Unlisted ones read as zero. [Arm DDI 0487, D22.3.1]
            } else if (engine::is_identification(entry.id)) {
                fields(entry, 0, ~uint64_t { 0 });
            } else {
                add({ Verdict::Refused, name, "", saved, "",
                    name + " is " + saved + ", this machine has no such register"
                        + (rule && *rule->reason ? std::string { ". " } + rule->reason : "") });
            }
        }

        void missing_there(MachineOffer::Register const& offered)
        {
            RegisterRule const* const rule = register_rule(offered.id);
            std::string const name = engine::register_name(offered.id);
            std::string const here = text_of(offered.value);
            if (rule && rule->may_be_absent) {
                add({ Verdict::Adapted, name, "", "", here, name + " was not saved. " + rule->reason });
            } else if (engine::is_identification(offered.id)) {
                fields({ offered.id, {} }, offered.value.low, offered.fixed);
            } else {
                add({ Verdict::Refused, name, "", "", here,
                    name + " is " + here + " on this machine, and the saved one has no such register" });
            }
        }

        void both(RegisterEntry const& entry, MachineOffer::Register const& offered)
        {
            uint64_t const binding = offered.fixed | fields_beyond(entry, offered.value.low);
            uint64_t const differs = (entry.value.low ^ offered.value.low) & binding;
            if (differs == 0)
                return;
            RegisterRule const* const rule = register_rule(entry.id);
            uint64_t const ignored = rule ? rule->ignored : 0;
            std::string const name = engine::register_name(entry.id);
            std::string const saved = text_of(entry.value);
            std::string const here = text_of(offered.value);
            if ((differs & ~ignored) == 0) {
                add({ Verdict::Adapted, name, "", saved, here,
                    name + " loses bits " + hexadecimal(differs) + ". " + rule->reason });
            } else if (engine::is_identification(entry.id)) {
                fields(entry, offered.value.low, binding);
            } else {
                add({ Verdict::Refused, name, "", saved, here,
                    name + " is " + saved + ", this machine fixes bits " + hexadecimal(differs & ~ignored) + " as "
                        + hexadecimal(offered.value.low & differs & ~ignored) });
            }
        }

        // Field by field where the register has names for them, and one finding for all the bits that have none.
        void fields(RegisterEntry const& entry, uint64_t offered, uint64_t fixed)
        {
            std::string const name = engine::register_name(entry.id);
            uint64_t rest = (entry.value.low ^ offered) & fixed;
            for (engine::IdentificationField const& field : engine::identification_fields(entry.id)) {
                if ((rest & field.mask()) == 0)
                    continue;
                rest &= ~field.mask();
                std::string const saved = std::to_string(field.of(entry.value.low));
                std::string const here = std::to_string(field.of(offered));
                add({ Verdict::Refused, name, field.name, saved, here,
                    name + "." + field.name + " is " + saved + ", this machine offers " + here });
            }
            if (rest != 0)
                add({ Verdict::Refused, name, "", hexadecimal(entry.value.low), hexadecimal(offered),
                    name + " is " + hexadecimal(entry.value.low) + ", this machine offers " + hexadecimal(offered) });
        }

        std::vector<Finding> m_findings;
    };

}

std::vector<Finding> preflight(SavedMachine const& saved, MachineOffer const& offer)
{
    Comparison comparison;
    comparison.facts(saved.facts, offer);
    // How many registers SDEI has follows from its events: one reason is enough.
    bool const same_events = saved.facts.sdei == offer.facts.sdei && saved.facts.sdei_events == offer.facts.sdei_events;
    auto const is_told = [&](auto const& each) { return !same_events && firmware::sdei::is_sdei_register(each.id); };
    for (size_t index = 0; index < saved.vcpus.size() && index < offer.vcpus.size(); ++index) {
        auto there = saved.vcpus[index].registers;
        auto here = offer.vcpus[index];
        std::erase_if(there, is_told);
        std::erase_if(here, is_told);
        comparison.vcpu(there, here);
    }
    return comparison.take();
}

engine::RegisterValue adapted(RegisterEntry const& saved, MachineOffer::Register const& offered)
{
    RegisterRule const* const rule = register_rule(saved.id);
    uint64_t const ours = offered.fixed & (rule ? rule->ignored : 0);
    return { (saved.value.low & ~ours) | (offered.value.low & ours), saved.value.high };
}

engine::RegisterValue value_if_absent(MachineOffer::Register const& offered)
{
    RegisterRule const* const rule = register_rule(offered.id);
    return rule && offered.fixed == 0 ? engine::RegisterValue { rule->value, 0 } : offered.value;
}

}
