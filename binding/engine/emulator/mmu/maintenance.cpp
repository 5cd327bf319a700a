#include "engine/emulator/mmu/maintenance.h"

#include "engine/emulator/cpu/cpu.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace dormouse::emulator {

namespace {

    constexpr unsigned kSpinRounds = 200;
    constexpr auto kNap = std::chrono::microseconds { 20 };

    template <size_t Words> void set_bit(std::array<std::atomic<uint64_t>, Words>& bits, uint64_t hash)
    {
        std::atomic<uint64_t>& word = bits[hash / 64 % Words];
        uint64_t const bit = uint64_t { 1 } << hash % 64;
        if (word.load(std::memory_order_relaxed) & bit)
            return;
        word.fetch_or(bit, std::memory_order_seq_cst);
        // What is read from guest memory next must not be older than this bit; see broadcast().
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }

    template <size_t Words> bool has_bit(std::array<std::atomic<uint64_t>, Words> const& bits, uint64_t hash)
    {
        return bits[hash / 64 % Words].load(std::memory_order_seq_cst) >> hash % 64 & 1;
    }

}

MaintenancePort::MaintenancePort(
    std::shared_ptr<MaintenanceNetwork> network, Target& target, std::atomic<uint32_t>& pending)
    : m_network(std::move(network))
    , m_target(target)
    , m_pending(pending)
{
    m_network->join(*this);
}

MaintenancePort::~MaintenancePort()
{
    m_network->leave(*this);
}

void MaintenancePort::enter()
{
    // Sequentially consistent against complete(): either the other side sees that we run and waits, or we see its
    // request here.
    m_running.store(true, std::memory_order_seq_cst);
    if (m_pending.load(std::memory_order_seq_cst) & kPendingTlb)
        serve();
}

void MaintenancePort::leave()
{
    m_running.store(false, std::memory_order_seq_cst);
}

void MaintenancePort::serve()
{
    uint64_t served;
    {
        std::lock_guard const lock(m_mutex);
        m_pending.fetch_and(~uint32_t { kPendingTlb }, std::memory_order_seq_cst);
        m_scratch.swap(m_queue);
        served = m_posted;
    }
    for (MaintenanceRequest const& request : m_scratch)
        m_target.apply(request);
    m_scratch.clear();
    m_served.store(served, std::memory_order_release);
}

bool MaintenancePort::concerns(MaintenanceRequest const& request) const
{
    using Kind = MaintenanceRequest::Kind;
    switch (request.kind) {
    case Kind::Asid: return has_bit(m_asids, request.asid);
    case Kind::Page:
        // Global entries, which any ASID's request removes, live in the upper half.
        return (request.address >> 55 & 1) || has_bit(m_asids, request.asid)
            || m_lower_half_has_global.load(std::memory_order_seq_cst);
    case Kind::CodeLine: return has_bit(m_code_pages, request.address >> kTlbPageBits);
    case Kind::Everything:
    case Kind::AllPages:
    case Kind::PageOfAllAsids:
    case Kind::AllCode: break;
    }
    return true;
}

uint64_t MaintenancePort::enqueue(MaintenanceRequest const& request)
{
    std::lock_guard const lock(m_mutex);
    if (m_queue.size() >= kQueueLimit) {
        m_queue.clear();
        m_queue.push_back({ MaintenanceRequest::Kind::Everything, 0, 0 });
    } else {
        m_queue.push_back(request);
    }
    m_pending.fetch_or(kPendingTlb, std::memory_order_seq_cst);
    return ++m_posted;
}

void MaintenancePort::broadcast(MaintenanceRequest const& request)
{
    auto const& ports = m_network->ports();
    if (ports.size() < 2)
        return;
    // The guest's stores to its tables come before what the filters of the others say: a vCPU that notes an ASID after
    // we looked reads the new tables.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (MaintenancePort* const port : ports) {
        if (port == this || !port->concerns(request))
            continue;
        uint64_t const sequence = port->enqueue(request);
        auto const known = std::find_if(
            m_awaited.begin(), m_awaited.end(), [&](Awaited const& awaited) { return awaited.port == port; });
        if (known == m_awaited.end())
            m_awaited.push_back({ port, sequence });
        else
            known->sequence = sequence;
    }
}

bool MaintenancePort::has_served(uint64_t sequence) const
{
    // A vCPU outside run() serves its queue before it executes the next instruction.
    return m_served.load(std::memory_order_acquire) >= sequence || !m_running.load(std::memory_order_seq_cst);
}

void MaintenancePort::complete()
{
    unsigned rounds = 0;
    while (!m_awaited.empty()) {
        std::erase_if(m_awaited, [](Awaited const& awaited) { return awaited.port->has_served(awaited.sequence); });
        if (m_awaited.empty())
            return;
        // Two vCPUs that wait for each other serve each other here.
        if (m_pending.load(std::memory_order_relaxed) & kPendingTlb)
            serve();
        // A running vCPU answers within a block. One whose thread has lost its core needs ours, and a mere yield would
        // give it only the rest of a time slice that the scheduler soon hands back.
        if (++rounds > kSpinRounds)
            std::this_thread::sleep_for(kNap);
    }
}

void MaintenancePort::note_asid(uint16_t asid)
{
    set_bit(m_asids, asid);
}

void MaintenancePort::forget_asids_but(uint16_t asid)
{
    for (auto& word : m_asids)
        word.store(0, std::memory_order_release);
    m_lower_half_has_global.store(false, std::memory_order_release);
    set_bit(m_asids, asid);
}

bool MaintenancePort::note_global_page_in_lower_half()
{
    return !m_lower_half_has_global.load(std::memory_order_relaxed)
        && !m_lower_half_has_global.exchange(true, std::memory_order_seq_cst);
}

void MaintenancePort::note_code_page(uint64_t physical)
{
    set_bit(m_code_pages, physical >> kTlbPageBits);
}

void MaintenancePort::forget_code_pages()
{
    for (auto& word : m_code_pages)
        word.store(0, std::memory_order_release);
}

MaintenanceNetwork::MaintenanceNetwork()
{
    publish({});
}

void MaintenanceNetwork::publish(std::vector<MaintenancePort*> ports)
{
    m_lists.push_back(std::make_unique<std::vector<MaintenancePort*> const>(std::move(ports)));
    m_current.store(m_lists.back().get(), std::memory_order_release);
}

void MaintenanceNetwork::join(MaintenancePort& port)
{
    std::lock_guard const lock(m_mutex);
    auto ports = *m_lists.back();
    ports.push_back(&port);
    publish(std::move(ports));
}

void MaintenanceNetwork::leave(MaintenancePort& port)
{
    std::lock_guard const lock(m_mutex);
    auto ports = *m_lists.back();
    std::erase(ports, &port);
    publish(std::move(ports));
}

}
