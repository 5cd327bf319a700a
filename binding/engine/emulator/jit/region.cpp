#include "engine/emulator/jit/region.h"

#include "engine/emulator/jit/decoded_block.h"
#include "generated/a64_instruction.h"

#include <algorithm>
#include <array>

namespace dormouse::emulator::jit {

namespace {

    constexpr unsigned kWindow = 2 * kRegionReach;
    constexpr unsigned kNowhere = ~0u;

    struct Node {
        CodeCache::Decoded decoded;
        std::array<unsigned, 2> next { kNowhere, kNowhere };
        bool is_reached { false };
        bool leads_back { false };
    };

    // The instructions from `low` to `high` of the page, and where each goes on, as far as direct jumps lead from
    // `entry`.
    std::vector<Node> reached_from(
        CodeCache const& cache, CodePage const& page, unsigned low, unsigned high, unsigned entry, bool may_use_fp)
    {
        std::vector<Node> nodes(high - low);
        std::vector<unsigned> waiting { entry };
        nodes[entry].is_reached = true;
        while (!waiting.empty()) {
            unsigned const here = waiting.back();
            waiting.pop_back();
            Node& node = nodes[here];
            node.decoded = cache.decode(page, low + here);
            if (node.decoded.uses_fp && !may_use_fp)
                continue;
            Operation const& operation = node.decoded.operation;
            auto const jump = branch_offset(operation.instruction, operation.word);
            if (operation.instruction == isa::Instruction::BL || (node.decoded.ends_block && !jump))
                continue;
            int64_t const target = static_cast<int64_t>(here) + jump.value_or(0) / 4;
            if (operation.instruction != isa::Instruction::B)
                node.next[0] = here + 1;
            if (jump && target >= 0 && target < static_cast<int64_t>(nodes.size()))
                node.next[1] = static_cast<unsigned>(target);
            for (unsigned& next : node.next) {
                if (next >= nodes.size())
                    next = kNowhere;
                else if (!nodes[next].is_reached) {
                    nodes[next].is_reached = true;
                    waiting.push_back(next);
                }
            }
        }
        return nodes;
    }

    // From which of them the entry is reached.
    void find_ways_back(std::vector<Node>& nodes, unsigned entry)
    {
        for (bool changed = true; changed;) {
            changed = false;
            for (size_t here = nodes.size(); here-- > 0;) {
                Node& node = nodes[here];
                if (!node.is_reached || node.leads_back)
                    continue;
                for (unsigned const next : node.next) {
                    if (next != kNowhere && (next == entry || nodes[next].leads_back))
                        node.leads_back = changed = true;
                }
            }
        }
    }

    // A block that jumps to its own start, and otherwise only forward, out of that loop: it is a loop by itself, and
    // its code is no worse than that of a region around it.
    bool is_single_block(std::vector<Node> const& nodes, unsigned start, unsigned end)
    {
        if (end - start >= CodeCache::kMaxBlockLength)
            return false;
        for (unsigned here = start; here <= end; ++here) {
            unsigned const target = nodes[here].next[1];
            bool const stays = target != kNowhere && nodes[target].leads_back;
            if (!nodes[here].leads_back || (stays && target != start && target <= end))
                return false;
        }
        return true;
    }

    bool has_block_loop(std::vector<Node> const& nodes, unsigned entry)
    {
        for (unsigned here = 0; here < nodes.size(); ++here) {
            unsigned const target = nodes[here].leads_back ? nodes[here].next[1] : kNowhere;
            // Where a round begins inside that block, two loops share it, and neither stays in its own for long.
            if (target <= entry && entry <= here)
                continue;
            if (target <= here && nodes[target].leads_back && is_single_block(nodes, target, here))
                return true;
        }
        return false;
    }

}

unsigned Region::length() const
{
    return static_cast<unsigned>(
        std::count_if(places.begin(), places.end(), [](Place const& place) { return place.inside; }));
}

bool find_region(CodeCache const& cache, CodePage const& page, unsigned word_index, bool may_use_fp, Region& region)
{
    unsigned const low = word_index < kRegionReach ? 0 : word_index - kRegionReach;
    unsigned const high = std::min(CodePage::kWords, low + kWindow);
    unsigned const entry = word_index - low;
    std::vector<Node> nodes = reached_from(cache, page, low, high, entry, may_use_fp);
    find_ways_back(nodes, entry);
    if (!nodes[entry].leads_back)
        return false;
    region.has_block_loop = has_block_loop(nodes, entry);
    auto const leads_back = [](Node const& node) { return node.leads_back; };
    auto const first = std::find_if(nodes.begin(), nodes.end(), leads_back);
    auto const end = std::find_if(nodes.rbegin(), nodes.rend(), leads_back).base();
    region.first = low + static_cast<unsigned>(first - nodes.begin());
    region.entry = word_index - region.first;
    region.places.clear();
    for (auto node = first; node != end; ++node)
        region.places.push_back({ node->decoded.operation, node->leads_back });
    return true;
}

}
