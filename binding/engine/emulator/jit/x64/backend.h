#pragma once

#include "engine/emulator/jit/host_backend.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/thunks.h"

namespace dormouse::emulator::jit::x64 {

class Backend final : public HostBackend {
public:
    Backend(CodeBuffer, Cpu&, FetchTlb const&, LeftBehind&, std::vector<Link>&);

    void restrict_to_base() override { m_translator.restrict_to(HostFeatures {}); }
    uint32_t emit_shared_code() override;
    std::optional<TranslatedBlock> translate(
        uint32_t position, CodePage const&, unsigned word_index, Block const&, Region const*) override;
    void count_rounds(uint32_t rounds) override { m_translator.count_rounds(rounds); }
    void store_flags() override { m_translator.set_stores_flags(); }
    void call_exceptions() override { m_translator.set_calls_exceptions(); }
    bool can_execute(Block const&) const override;
    bool suits(uint32_t purpose) const override;
    std::vector<std::string> describe_registers() const override { return m_translator.describe_registers(); }
    void patch(uint32_t site, uint32_t target) override;
    void replace_entry(uint32_t entry, uint32_t target) override;

private:
    Thunks m_thunks {};
    BlockTranslator m_translator;
};

}
