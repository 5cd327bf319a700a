#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace dormouse::emulator {

// One act of TLB or instruction cache maintenance, as it travels from the vCPU that executed it to the others.
struct MaintenanceRequest {
    enum class Kind : uint8_t { Everything, AllPages, Asid, Page, PageOfAllAsids, CodeLine, AllCode };
    Kind kind { Kind::Everything };
    uint16_t asid { 0 };
    uint64_t address { 0 }; // virtual, without tag; for CodeLine the physical address of the 64-byte line
};

class MaintenanceNetwork;

// A vCPU's place in the broadcast of maintenance. Requests wait in a queue until the vCPU's own thread serves them at a
// block boundary (kPendingTlb tells it to look), in a wait of its own, or on entry to run(). Nobody reaches into the
// tables of a running vCPU, because it may be using them.
class MaintenancePort {
public:
    class Target {
    public:
        virtual ~Target() = default;
        virtual void apply(MaintenanceRequest const&) = 0; // on the vCPU's thread
    };

    // `pending`: Cpu::pending.
    MaintenancePort(std::shared_ptr<MaintenanceNetwork>, Target&, std::atomic<uint32_t>& pending);
    ~MaintenancePort();
    MaintenancePort(MaintenancePort const&) = delete;
    MaintenancePort& operator=(MaintenancePort const&) = delete;

    // All on the vCPU's thread:
    void enter(); // the vCPU starts to execute guest code
    void leave(); // it does not execute guest code: nobody needs to wait for it
    void serve(); // does what waits in the queue
    void broadcast(MaintenanceRequest const&); // to every other vCPU that may be concerned
    void complete(); // DSB: returns when the others have done all that was broadcast before
    // What this vCPU may hold, so that others can skip it. Must be said before the first use.
    void note_asid(uint16_t asid);
    void forget_asids_but(uint16_t asid);
    // A page below the halfway line that belongs to every ASID. True the first time: then walk the tables again,
    // because maintenance that was broadcast in between has passed this vCPU by.
    bool note_global_page_in_lower_half();
    void note_code_page(uint64_t physical);
    void forget_code_pages();

private:
    friend class MaintenanceNetwork;
    static constexpr size_t kQueueLimit = 64; // more become one request for everything

    bool concerns(MaintenanceRequest const&) const;
    uint64_t enqueue(MaintenanceRequest const&);
    bool has_served(uint64_t sequence) const;

    std::shared_ptr<MaintenanceNetwork> m_network;
    Target& m_target;
    std::atomic<uint32_t>& m_pending;

    std::mutex m_mutex;
    std::vector<MaintenanceRequest> m_queue; // under m_mutex
    uint64_t m_posted { 0 }; // under m_mutex
    std::atomic<uint64_t> m_served { 0 };
    std::atomic<bool> m_running { false };
    std::vector<MaintenanceRequest> m_scratch; // serve() works on it

    struct Awaited {
        MaintenancePort* port;
        uint64_t sequence;
    };
    std::vector<Awaited> m_awaited; // what complete() has to wait for

    // Bit sets hashed by ASID and by physical page; may say yes too often, never no too often.
    std::array<std::atomic<uint64_t>, 64> m_asids {};
    std::atomic<bool> m_lower_half_has_global { false };
    std::array<std::atomic<uint64_t>, 1024> m_code_pages {};
};

// The ports of one machine. A port joins and leaves while no vCPU executes.
class MaintenanceNetwork {
public:
    MaintenanceNetwork();
    void join(MaintenancePort&);
    void leave(MaintenancePort&);
    std::vector<MaintenancePort*> const& ports() const { return *m_current.load(std::memory_order_acquire); }

private:
    void publish(std::vector<MaintenancePort*>);

    std::mutex m_mutex;
    std::vector<std::unique_ptr<std::vector<MaintenancePort*> const>> m_lists; // old ones stay for late readers
    std::atomic<std::vector<MaintenancePort*> const*> m_current { nullptr };
};

}
