#pragma once

#include "engine/emulator/jit/a64/block_translator.h"
#include "engine/emulator/jit/a64/thunks.h"
#include "engine/emulator/jit/host_backend.h"

namespace dormouse::emulator::jit::a64 {

class Backend final : public HostBackend {
public:
    Backend(CodeBuffer, Cpu&, FetchTlb const&, LeftBehind&, std::vector<Link>&);

    void restrict_to_base() override { m_translator.restrict_to({}); }
    void call_exceptions() override { m_translator.set_calls_exceptions(); }
    uint32_t emit_shared_code() override;
    std::optional<TranslatedBlock> translate(
        uint32_t position, CodePage const&, unsigned word_index, Block const&) override;
    std::optional<TranslatedBlock> translate_region(
        uint32_t position, CodePage const&, Region const&, Block const&) override;
    void count_rounds(uint32_t rounds) override { m_translator.count_rounds(rounds); }
    Flow execute(uint8_t const* code, uint64_t page) override;
    void patch(uint32_t site, uint32_t target) override;
    void replace_entry(uint32_t entry, uint32_t target) override;

private:
    using Enter = Flow (*)(uint8_t const* code, uint64_t page);

    std::optional<TranslatedBlock> translate(
        uint32_t position, CodePage const&, unsigned word_index, Block const&, Region const*);

    CodeBuffer m_buffer;
    Cpu& m_cpu;
    FetchTlb const& m_fetch_tlb;
    LeftBehind& m_left_behind;
    Thunks m_thunks {};
    Enter m_enter { nullptr };
    BlockTranslator m_translator;
};

}
