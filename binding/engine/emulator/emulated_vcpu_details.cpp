// What the emulator counts. src/common/vm/counters.ts says in words what each of these is.
#include "engine/emulator/emulated_vcpu.h"

namespace dormouse::emulator {

namespace {

    using Details = std::vector<engine::NamedCounter>;

    void add_code(Details& details, CodeCache const& code)
    {
        CodeCache::Counters const& counters = code.counters();
        details.push_back({ "blocksDecoded", counters.blocks.value() });
        details.push_back({ "instructionsDecoded", counters.instructions.value() });
        details.push_back({ "blocksInvalidated", counters.invalidated.value() });
        details.push_back({ "decodedClears", counters.clears.value() });
        details.push_back({ "decodedBytes", counters.bytes_used.value() });
        details.push_back({ "decodedBytesMost", code.limit_bytes() });
    }

    void add_memory(Details& details, Interpreter::Counters const& fetches, Mmu::Counters const& counters)
    {
        details.push_back({ "accessesSlow", counters.slow_accesses.value() });
        details.push_back({ "accessesCrossingPages", counters.page_crossings.value() });
        details.push_back({ "accessesToDevices", counters.device_accesses.value() });
        details.push_back({ "accessesFaulting", counters.faults.value() });
        details.push_back({ "fetchTlbMisses", fetches.fetch_misses.value() });
        details.push_back({ "secondLevelTlbMisses", counters.second_level_misses.value() });
        details.push_back({ "tableWalks", counters.walks.value() });
    }

    void add_translator(Details& details, jit::Jit const& jit)
    {
        jit::Jit::Counters const& counters = jit.counters();
        details.push_back({ "blocksTranslated", counters.blocks.value() });
        details.push_back({ "regionsTranslated", counters.regions.value() });
        details.push_back({ "instructionsTranslated", counters.instructions.value() });
        details.push_back({ "translationTimedNs", jit.times().ns.value() });
        details.push_back({ "translationTimedInstructions", jit.times().instructions.value() });
        details.push_back({ "translationsUnlinked", counters.unlinked.value() });
        details.push_back({ "codeClears", counters.flushes.value() });
        details.push_back({ "codeBytes", counters.bytes_used.value() });
        details.push_back({ "codeBytesMost", jit.code_bytes() });
        details.push_back({ "jumpsLinked", counters.links.value() });
        details.push_back({ "entries", counters.entries.value() });
        details.push_back({ "exitsPending", counters.exits_pending.value() });
        details.push_back({ "exitsException", counters.exits_exception.value() });
        details.push_back({ "exitsStop", counters.exits_stop.value() });
        details.push_back({ "exitsUnlinkedJump", counters.exits_unlinked_jump.value() });
        details.push_back({ "exitsInvalidated", counters.exits_invalidated.value() });
        details.push_back({ "exitsUnknownJump", counters.exits_unknown_jump.value() });
        details.push_back({ "exitsRefused", counters.exits_refused.value() });
        auto const& functions = jit.called_functions();
        for (size_t index = 0; index < functions.size(); ++index) {
            if (uint64_t const calls = functions[index].calls.value())
                details.push_back(
                    { std::string { "calls." } + isa::info(static_cast<isa::Instruction>(index)).name, calls });
        }
    }

}

std::vector<engine::NamedCounter> EmulatedVcpu::details() const
{
    Interpreter::Counters const& run_loop = m_interpreter.counters();
    Details details;
    details.push_back({ "pendingServed", run_loop.pending.value() });
    add_code(details, m_interpreter.code());
    add_memory(details, run_loop, m_mmu.counters());
    if (m_jit) {
        details.push_back({ "blocksInterpreted", run_loop.interpreted_blocks.value() });
        add_translator(details, *m_jit);
    }
    return details;
}

}
