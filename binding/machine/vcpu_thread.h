#pragma once

#include "engine/vcpu.h"
#include "firmware/firmware.h"
#include "firmware/platform.h"
#include "machine/exit_log.h"
#include "machine/quiesce_gate.h"
#include "wires/quiesced.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace dormouse::machine {

// The thread that owns one vCPU, its run loop and its power state.
//
//   OFF ---- turn_on() ----> ON_PENDING ---- the thread resets the vCPU ----> ON <---- interrupt ---- SUSPENDED
//   OFF <---- turn_off() by itself ---- ON ---- suspend call ----> SUSPENDED
//
// A vCPU that sleeps in standby goes on where it was; one that was powered down is reset and starts at its entry point,
// but is never ON_PENDING: to the guest it was on all the time.
//
// While OFF or parked the thread sleeps and costs nothing. Nobody else runs the vCPU or reads its registers, except a
// holder of wires::Quiesced.
class VcpuThread {
public:
    // How a suspended vCPU sleeps.
    enum class Sleep : uint8_t {
        Standby, // context is kept
        PowerDown, // starts at the entry point when it wakes
        System, // the same, for the whole machine: SYSTEM_SUSPEND
        Waking, // was powered down and starts as soon as it may
    };

    // What the run loop needs of the machine. Called on the vCPU's thread, as a participant of the quiesce gate.
    class Owner {
    public:
        virtual ~Owner() = default;
        // Serves HVC and SMC. May quiesce the machine; surrender() is called then.
        virtual Result<firmware::Firmware::Next> hypercall(unsigned index, engine::ExitHypercall const&) = 0;
        // The vCPU is about to start at its entry point.
        virtual void starting(unsigned index) = 0;
        // Enters the handler of an SDEI event that may interrupt the vCPU now; says whether it did.
        virtual Result<bool> deliver_event(unsigned index) = 0;
        // The guest is in the weeds. Quiesces and ends the machine.
        virtual void guest_lost(unsigned index, engine::ExitMemoryFault const&) = 0;
        virtual void system_event(unsigned index, engine::ExitSystemEvent const&) = 0;
        virtual void engine_failed(unsigned index, std::string const& message) = 0;
        // Somebody called ask_attention().
        virtual void attention(unsigned index) = 0;
        // Sleeps until a kick or until something wakes the vCPU out of this kind of sleep; says whether something does.
        virtual bool sleep_until_wake(unsigned index, Sleep) = 0;
        // SYSTEM_SUSPEND is over. Quiesces and makes the power state Sleep::Waking.
        virtual void system_woke(unsigned index) = 0;
        // The vCPU is about to resume at its entry point after a power-down.
        virtual void resuming(unsigned index) = 0;
        // The vCPU runs again.
        virtual void runs(unsigned index) = 0;
    };

    VcpuThread(unsigned index, engine::Vcpu& vcpu, QuiesceGate& gate, Owner& owner)
        : m_index(index)
        , m_vcpu(vcpu)
        , m_gate(gate)
        , m_owner(owner)
    {
    }
    ~VcpuThread() { join(); }
    VcpuThread(VcpuThread const&) = delete;
    VcpuThread& operator=(VcpuThread const&) = delete;

    void start();
    // After the gate was closed. Not from the thread itself.
    void join();

    firmware::PowerState power() const { return m_power.load(std::memory_order_acquire); }
    // Returns the state it found; only Off makes the vCPU start. Any thread.
    firmware::PowerState turn_on(firmware::EntryPoint);
    // By the thread itself.
    void turn_off();
    // By the thread itself: Sleep::PowerDown.
    void power_down(firmware::EntryPoint);

    // Whole power state, for reset and restore.
    struct Power {
        firmware::PowerState state { firmware::PowerState::Off };
        firmware::EntryPoint entry {}; // of ON_PENDING, and of SUSPENDED in a power-down
        Sleep sleep { Sleep::Standby }; // of SUSPENDED
    };
    Power power(wires::Quiesced const&) const { return { m_power.load(), m_entry, m_sleep }; }
    void set_power(Power, wires::Quiesced const&);

    // By the thread itself: the machine takes over its place in the gate (QuiesceGate::Caller::Participant).
    void surrender() { m_inside = false; }
    // And gives it back (QuiesceGate::rejoin()).
    void rejoin() { m_inside = true; }
    // Makes the thread call Owner::attention() soon, if it runs the guest. Any thread.
    void ask_attention();

    ExitLog const& exits() const { return m_exits; }

private:
    void loop();
    bool wait_until_on();
    void step();
    void begin(bool resume);
    Result<void> lose_context(bool keep_timers);
    void sleep();
    bool take_event();
    void run();
    void hypercall(engine::ExitHypercall const&);

    unsigned m_index;
    engine::Vcpu& m_vcpu;
    QuiesceGate& m_gate;
    Owner& m_owner;
    std::mutex m_mutex; // transitions of m_power, m_entry, m_sleep
    std::condition_variable m_power_changed;
    std::atomic<firmware::PowerState> m_power { firmware::PowerState::Off };
    firmware::EntryPoint m_entry;
    Sleep m_sleep { Sleep::Standby };
    bool m_joining { false };
    std::atomic<bool> m_attention { false };
    bool m_inside { false }; // of the thread itself
    ExitLog m_exits;
    std::thread m_thread;
};

}

static_assert(std::atomic<dormouse::firmware::PowerState>::is_always_lock_free);
