#pragma once

#include "base/counter.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/interpreter/code_cache.h"
#include "engine/emulator/isa/instruction.h"
#include "engine/emulator/jit/region.h"
#include "engine/emulator/mmu/fetch_tlb.h"
#include "generated/a64_instruction.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the JIT needs of a code generator. There is one per kind of host, in a folder of its own.
namespace dormouse::emulator::jit {

// A jump from one block to another of the same page that can be pointed at the other's code.
struct Link {
    CodePage const* page;
    uint32_t site; // position of the jump; the backend knows which field it patches
    uint16_t offset; // of the target in the page
    bool is_entry { false }; // what an unlinked block's first instruction became
    // Not 0: of a jump back that counts its rounds, and leaves when they are many. The counting begins at `site` and
    // ends before this position.
    uint32_t counted_until { 0 };
    uint64_t retired_when_hot { 0 }; // Cpu::instructions_retired when it last left because its rounds were many
};

// A semantic function, and how often translated code has called it.
struct CalledFunction {
    isa::Handler handler { nullptr };
    Counter calls;
};
static_assert(sizeof(CalledFunction) == 16);

// What translated code leaves behind for C++.
struct LeftBehind {
    static constexpr uint32_t kNoLink = ~uint32_t { 0 };
    static constexpr uint32_t kUnknownJump = kNoLink - 1; // nobody knew the code at Cpu::pc
    uint32_t link { kNoLink }; // index of the jump that should go straight to the block at Cpu::pc
    // By isa::Instruction. Code reaches a function through its entry.
    std::array<CalledFunction, static_cast<size_t>(isa::Instruction::Count)> functions {};
};

// The code buffer of a vCPU. Positions are byte offsets in it; the two addresses are views of the same memory.
struct CodeBuffer {
    uint8_t* writable;
    uint8_t const* executable;
    uint32_t size; // bytes
};

struct TranslatedBlock {
    uint32_t entry; // position of the code
    uint32_t end; // position behind it
    uint32_t unlinked; // where the first instruction is to jump when the block is gone
    uint32_t purpose { 0 }; // for suits(): what state of the vCPU the code is for, in the backend's own words
};

class HostBackend {
public:
    virtual ~HostBackend() = default;

    // For tests: from now on as on a host that has no more than the base of its architecture.
    virtual void restrict_to_base() = 0;
    // For tests: condition flags are put in memory where they could be made again.
    virtual void store_flags() { }
    // For tests: SVC and ERET are calls of their semantic functions.
    virtual void call_exceptions() = 0;
    // Writes the code that all blocks share at the start of the buffer; the position behind it.
    virtual uint32_t emit_shared_code() = 0;
    // Adds what the block's jumps need to the links. `region`: what the block's code is to cover if that is more than
    // the block, or null. Nothing when the buffer is too small.
    virtual std::optional<TranslatedBlock> translate(
        uint32_t position, CodePage const&, unsigned word_index, Block const&, Region const* region)
        = 0;
    // From now on code of blocks counts down Block::executions with each jump back. At zero it makes them `rounds`
    // again and leaves with the link of that jump, whose place in the loop is at Cpu::pc.
    virtual void count_rounds(uint32_t rounds) = 0;
    // False: in the vCPU's present state the block is to be interpreted, translated or not.
    virtual bool can_execute(Block const&) const { return true; }
    // False: code translated for this purpose is not for the vCPU's present state, but translated anew it would be.
    virtual bool suits(uint32_t purpose) const
    {
        static_cast<void>(purpose);
        return true;
    }
    // Runs the block whose code starts there. `page`: virtual address of the 4 KiB page that Cpu::pc is in. The poll of
    // Cpu::pending is left out: the caller has done what was pending, and an interrupt that is masked stays so.
    Flow execute(uint8_t const* code, uint64_t page) const { return m_enter(code + m_poll_bytes, page); }
    // What was decided about registers in the block that was translated last, for people: a line each.
    virtual std::vector<std::string> describe_registers() const
    {
        return { "every guest register where it always is" };
    }
    // Points the jump at `site` to `target`. These two and translate() write code: inside a sys::CodeWriteWindow.
    virtual void patch(uint32_t site, uint32_t target) = 0;
    // Makes the first instruction of the code at `entry` a jump to `target`.
    virtual void replace_entry(uint32_t entry, uint32_t target) = 0;

protected:
    // `poll_bytes`: length of the poll of Cpu::pending, with which the code of each block begins.
    HostBackend(CodeBuffer buffer, Cpu& cpu, FetchTlb const& fetch_tlb, LeftBehind& left_behind, uint32_t poll_bytes)
        : m_buffer(buffer)
        , m_cpu(cpu)
        , m_fetch_tlb(fetch_tlb)
        , m_left_behind(left_behind)
        , m_poll_bytes(poll_bytes)
    {
    }
    // The shared code's way in, from C++.
    void enter_at(uint32_t position)
    {
        m_enter = reinterpret_cast<Enter>(const_cast<uint8_t*>(m_buffer.executable) + position);
    }

    CodeBuffer m_buffer;
    Cpu& m_cpu;
    FetchTlb const& m_fetch_tlb;
    LeftBehind& m_left_behind;

private:
    using Enter = Flow (*)(uint8_t const* code, uint64_t page);

    Enter m_enter { nullptr };
    uint32_t m_poll_bytes;
};

// Null on hosts that have none. All must outlive it.
std::unique_ptr<HostBackend> make_host_backend(
    CodeBuffer, Cpu&, FetchTlb const&, LeftBehind&, std::vector<Link>& links);

// Why this build has no backend; empty when it has one.
std::string_view why_no_host_backend();

// Size of the largest code buffer in which every jump reaches every other place.
uint64_t most_code_bytes();

}
