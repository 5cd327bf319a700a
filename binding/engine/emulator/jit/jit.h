#pragma once

#include "base/counter.h"
#include "base/result.h"
#include "base/sys/executable_memory.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/jit/host_backend.h"
#include "engine/emulator/jit/perf_map.h"
#include "engine/emulator/jit/translation_timer.h"
#include "engine/emulator/jit/waiting_blocks.h"
#include "engine/emulator/mmu/mmu.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dormouse::emulator::jit {

struct Settings {
    // Host memory for translated code of one vCPU; a multiple of the host's page size, at most
    // most_code_bytes(). Full, it is emptied as a whole.
    uint64_t code_bytes { uint64_t { 64 } << 20 };
    // How often the interpreter executes a block before it is translated.
    uint32_t threshold { 16 };
    // So many blocks wait for each other and are translated in one go, or sooner once those that wait have executed as
    // often; at least 1, which waits for nothing.
    uint32_t batch { 16 };
    // How often a block jumps back to another one before their loop is translated as a region; 0: never. Less than
    // 2^31.
    uint32_t hot_rounds { 512 };
    // For tests: keep condition flags in memory where they could be made again.
    bool stores_flags { false };
    // For tests: SVC and ERET are calls of their semantic functions.
    bool calls_exceptions { false };
    // For tests: use no feature of the host beyond the base of its architecture.
    bool base_features_only { false };
    std::shared_ptr<PerfMap> perf_map {}; // told of every block; may be null
};

// Why this host has no JIT; empty when it has one.
std::string why_unavailable();

// The translator of one vCPU: code buffer, links between blocks, and the way in and out. Everything on the vCPU's
// thread, or under wires::Quiesced.
class Jit final : public Translator {
public:
    // All must outlive it. Fails with Unsupported on hosts without a JIT, with HostFailure when the host refuses memory
    // for code.
    static Result<std::unique_ptr<Jit>> create(Cpu&, Mmu&, CodeCache&, Settings const&);

    bool is_translated(Block&) override;
    Flow execute(Block const&) override;
    void unlink(Block&) override;
    void forget_all() override;

    // Any thread may read them. Every entry ends in one of the exits, or goes on.
    struct Counters {
        Counter blocks; // translated
        Counter regions; // loops of several blocks that were translated as one
        Counter instructions; // in them
        Counter flushes; // of the full code buffer
        Counter unlinked; // blocks whose guest code has changed
        Counter bytes_used; // of the code buffer, shared code included
        Counter links; // jumps between blocks that were made direct
        Counter entries; // from the run loop into translated code
        Counter exits_pending; // an interrupt, a kick or maintenance was to be looked at
        Counter exits_exception; // an instruction raised one
        Counter exits_stop; // an instruction ended the run: a hypercall, WFI
        // To a block of the same page that was not translated when this one was, or in a loop that may become a region.
        Counter exits_unlinked_jump;
        Counter exits_invalidated; // into a block whose guest code has changed
        Counter exits_unknown_jump; // an indirect jump, or one to another page, that the jump cache did not know
        // A block that the run loop has to interpret now: FP that traps, FPCR that is not translated.
        Counter exits_refused;
    };
    Counters const& counters() const { return m_counters; }
    TranslationTimer::Counters const& times() const { return m_timer.counters(); }
    std::array<CalledFunction, static_cast<size_t>(isa::Instruction::Count)> const& called_functions() const
    {
        return m_left_behind.functions;
    }
    uint64_t code_bytes() const { return m_memory.size(); }

private:
    Jit(Cpu&, Mmu&, CodeCache&, Settings const&, sys::ExecutableMemory);

    void translate_waiting();
    bool translate(WaitingBlocks::Entry const&);
    bool translate_region(Block&);
    std::optional<bool> has_short_rounds(unsigned length);
    void finish(WaitingBlocks::Entry const&, uint32_t header, TranslatedBlock const&);
    void link_to(Block const&);
    bool left_hot_loop() const;
    void stop_counting();
    void count_exit(Flow);
    void tell_of(WaitingBlocks::Entry const&, TranslatedBlock const&);
    WaitingBlocks::Entry entry_of(Block&) const;
    uint32_t position_of(uint8_t const* code) const { return static_cast<uint32_t>(code - m_memory.executable()); }

    Cpu& m_cpu;
    Mmu& m_mmu;
    CodeCache& m_code_cache;
    Settings m_settings;
    sys::ExecutableMemory m_memory;
    WaitingBlocks m_waiting;
    LeftBehind m_left_behind;
    std::vector<Link> m_links;
    std::unique_ptr<HostBackend> m_backend;
    uint32_t m_first { 0 }; // position after the shared code
    uint32_t m_used { 0 };
    uint32_t m_finished { 0 }; // up to here code is executed and hardly written any more
    Counters m_counters;
    TranslationTimer m_timer;
};

}
