#include "engine/emulator/jit/host_backend.h"

#include "engine/emulator/jit/a64/backend.h"
#include "engine/emulator/jit/x64/backend.h"

namespace dormouse::emulator::jit {

#if defined(__x86_64__)

std::unique_ptr<HostBackend> make_host_backend(
    CodeBuffer buffer, Cpu& cpu, FetchTlb const& fetch_tlb, LeftBehind& left_behind, std::vector<Link>& links)
{
    return std::make_unique<x64::Backend>(buffer, cpu, fetch_tlb, left_behind, links);
}

std::string_view why_no_host_backend()
{
    return {};
}

uint64_t most_code_bytes()
{
    return uint64_t { 1 } << 30;
}

#elif defined(__aarch64__)

std::unique_ptr<HostBackend> make_host_backend(
    CodeBuffer buffer, Cpu& cpu, FetchTlb const& fetch_tlb, LeftBehind& left_behind, std::vector<Link>& links)
{
    return std::make_unique<a64::Backend>(buffer, cpu, fetch_tlb, left_behind, links);
}

std::string_view why_no_host_backend()
{
    return {};
}

uint64_t most_code_bytes()
{
    return a64::Assembler::kBranchReach;
}

#else

std::unique_ptr<HostBackend> make_host_backend(CodeBuffer, Cpu&, FetchTlb const&, LeftBehind&, std::vector<Link>&)
{
    return nullptr;
}

std::string_view why_no_host_backend()
{
    return "The JIT makes code for x86-64 and arm64 hosts alone";
}

uint64_t most_code_bytes()
{
    return 0;
}

#endif

}
