#pragma once

#include "firmware/firmware.h"
#include "machine/board.h"
#include "machine/boot_image.h"
#include "machine/event_thread.h"
#include "machine/machine_clock.h"
#include "machine/machine_config.h"
#include "machine/machine_events.h"
#include "machine/machine_memory.h"
#include "machine/machine_statistics.h"
#include "machine/panic_watch.h"
#include "machine/preflight.h"
#include "machine/quiesce_gate.h"
#include "machine/sdei_injection.h"
#include "machine/state_file.h"
#include "machine/vcpu_thread.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dormouse::machine {

// One virtual machine: the board, its vCPU threads and its event thread.
//
// The public functions are the user's requests: callable from any thread except the machine's own, serialised with each
// other, and each waits until it is done. What the guest asks for (firmware::Platform) arrives on vCPU threads. Both
// change the machine only while they hold a Quiesced token, so they are ordered by the gate.
class Machine final : private firmware::Platform, private VcpuThread::Owner {
public:
    // Reads the kernel and the initrd, reserves memory and builds the board. `listener` outlives the machine.
    static Result<std::unique_ptr<Machine>> create(MachineConfig, MachineListener&);
    // The same with an engine and a boot image of the caller's.
    static Result<std::unique_ptr<Machine>> create(
        MachineConfig, std::unique_ptr<engine::Engine>, std::unique_ptr<BootImage>, MachineListener&);
    ~Machine() override; // close()s

    // Created -> Running, or Suspended when such a state was restored.
    Result<void> start();
    // Running or Suspended -> Paused: the vCPUs are parked and the guest's clock stands.
    Result<void> pause();
    // Paused -> what it was.
    Result<void> resume();
    // Suspended -> Running: ends the guest's SYSTEM_SUSPEND as an interrupt would.
    Result<void> wake();
    // To PolicyQuestion `id`. false: there is no such question, or it was answered. Never blocks.
    bool answer_policy(uint64_t id, bool allow) { return m_desk.answer(id, allow); }
    // What the host answers from the guest's next system-wide call on; a question that is open stays as it was asked.
    // Never blocks.
    void set_policy(Policy const& policy) { m_desk.set_policy(policy); }
    // Makes sure that no question delays a stop() or close() that follows. Never blocks.
    void prepare_to_stop() { m_desk.close(); }
    // Ends the machine without asking the guest; nothing happens when it has ended already.
    void stop();
    // Ends the machine and its threads. Idempotent.
    void close();

    // While Running or Suspended. Never blocks.
    Result<void> press_power_button();
    // Signals SDEI event `number` to one vCPU, or to each when `vcpu` is empty. While Running: the guest stands still
    // for a moment, so what is said is exact. One entry per vCPU, in order.
    Result<std::vector<SdeiInjection>> inject_sdei(uint32_t number, std::optional<unsigned> vcpu);
    // Queues bytes for the guest; returns how many there was room for.
    size_t console_write(std::span<uint8_t const> bytes) { return m_board->console.send(bytes); }
    backends::ConsoleStream& console() { return m_board->console; }

    // The whole machine as bytes. The guest stands still meanwhile. Not on an ended machine.
    Result<std::vector<uint8_t>> save();
    // Takes over a state that preflight() has nothing against; while Created or Paused. When it is refused nothing has
    // changed; when the bytes do not hold together a created machine is as before, and a paused one ends with
    // Outcome::Error once its memory was touched.
    Result<void> restore(std::span<uint8_t const> bytes);
    // The same with a file (machine/state_file.h).
    Result<void> save_file(std::string const& path, StateProgress const&);
    Result<void> restore_file(std::string const& path, StateProgress const&);
    // What would stand in the way of restore_file(), before anything is touched. Not on an ended machine.
    Result<Preflight> preflight_file(std::string const& path);

    // The slots and their generation. Any thread.
    MachineStatistics::MemoryMap memory_map() const;
    // Changes the slots as one transaction, while the guest stands still: see change_slots(). For this run alone,
    // resets included; gives the new map. Not on an ended machine.
    Result<MachineStatistics::MemoryMap> change_memory_map(std::span<SlotChange const>);
    // See machine_memory.h. The guest stands still for a moment, so every write before the call is in it.
    Result<std::vector<uint64_t>> take_dirty_log(std::string_view slot);

    MachineConfig const& config() const { return m_config; }
    MachineState state() const { return m_state.load(std::memory_order_acquire); }
    MachineStatistics statistics() const;
    // What the engine does, of the kinds that it has: see engine::Vm. Any thread; allowed on a machine that has ended.
    Result<void> trace_engine(std::span<std::string const> kinds) { return m_board->vm->select_trace(kinds); }
    std::vector<engine::TraceLine> engine_trace(uint64_t since) const { return m_board->vm->read_trace(since); }
    firmware::Trace const& firmware_trace() const { return m_firmware.trace(); }

private:
    Machine(MachineConfig, std::unique_ptr<BootImage>, MachineListener&);
    Result<void> build(std::unique_ptr<engine::Engine>);

    // firmware::Platform
    unsigned vcpu_count() const override { return m_config.cpus; }
    uint64_t mpidr(unsigned vcpu) const override;
    firmware::PowerState power_state(unsigned vcpu) const override { return m_threads[vcpu]->power(); }
    bool is_memory(arch::Gpa base, uint64_t length) const override;
    firmware::PowerState turn_on(unsigned vcpu, firmware::EntryPoint) override;
    void turn_off(unsigned caller) override { m_threads[caller]->turn_off(); }
    void power_down(unsigned caller, firmware::EntryPoint entry) override { m_threads[caller]->power_down(entry); }
    void look_for_events(unsigned vcpu) override { m_board->vcpus[vcpu]->kick(); }
    firmware::SystemVerdict request(unsigned caller, firmware::SystemCall const&) override;

    // VcpuThread::Owner
    void starting(unsigned index) override;
    Result<bool> deliver_event(unsigned index) override;
    Result<firmware::Firmware::Next> hypercall(unsigned index, engine::ExitHypercall const&) override;
    void guest_lost(unsigned index, engine::ExitMemoryFault const&) override;
    void system_event(unsigned index, engine::ExitSystemEvent const&) override;
    void engine_failed(unsigned index, std::string const& message) override;
    void attention(unsigned index) override;
    bool sleep_until_wake(unsigned index, VcpuThread::Sleep) override;
    void system_woke(unsigned index) override;
    void resuming(unsigned index) override;
    void runs(unsigned index) override { m_firmware.psci().ledger().runs(index); }

    // A vCPU thread asks for the machine; empty when another request has ended or reset it first.
    struct Claim {
        wires::Quiesced token;
        bool superseded { false };
    };
    Claim claim(unsigned caller);
    // For requests that go on from where they find the machine, paused or not.
    template <typename T>
    Result<T> while_quiesced(char const* request, std::function<Result<T>(wires::Quiesced const&)> const&);
    wires::Quiesced quiesce() { return m_gate.request(QuiesceGate::Caller::Outsider); }

    // What stands in the way of a system-wide call; Committed: nothing. `ending` is set when the machine was ended
    // while the question was open.
    firmware::SystemVerdict decide(
        unsigned caller, firmware::SystemCall const&, std::optional<Ending>& ending, wires::Quiesced const&);
    PolicyDesk::Answer ask(unsigned caller, firmware::SystemCall const&, Policy const&, wires::Quiesced const&);
    // Gives what report() takes.
    std::optional<Ending> commit(unsigned caller, firmware::SystemCall const&, wires::Quiesced const&);
    bool others_are_off(unsigned caller, wires::Quiesced const&) const;
    std::optional<unsigned> system_sleeper(wires::Quiesced const&) const;
    bool wake_system(wires::Quiesced const&);

    void set_state(MachineState, wires::Quiesced const&);
    void set_clock_running(bool running, wires::Quiesced const&);
    // Gives the ending to be reported after the token is gone; empty when the machine has ended before.
    std::optional<Ending> end(Ending, wires::Quiesced const&);
    void report(std::optional<Ending> const&);
    void crash(unsigned index, std::string message, Outcome);
    CrashReport crash_report(unsigned index, std::string message, wires::Quiesced const&);
    void look_at_vcpus();
    void patrol();

    enum class Memory { Fresh, Clear, Keep }; // Fresh: never used, so clear as it is
    // Power-on state of everything, boot image in memory, boot vCPU about to start.
    Result<void> power_on(Memory, wires::Quiesced const&);
    Result<void> reset_in_place(ResetCause const&, wires::Quiesced const&);
    std::optional<ResetCause> last_reset() const;
    void set_last_reset(std::optional<ResetCause> const&);
    Result<void> write_state(state::Writer&, wires::Quiesced const&);
    Result<void> save_with(std::function<Result<void>(wires::Quiesced const&)> const&);
    MachineFacts facts() const;
    Result<void> set_counter_frequency(uint64_t hertz, wires::Quiesced const&);
    // The registers as they are now; their values count where they are fixed.
    Result<MachineOffer> offer(wires::Quiesced const&);
    Result<void> restore_with(state::Reader&, std::function<Result<void>()> const& read_memory);
    Result<void> read_state(
        SavedMachine&, std::function<Result<void>()> const& read_memory, bool& touched, wires::Quiesced const&);

    MachineConfig m_config;
    MachineListener& m_listener;
    std::unique_ptr<BootImage> m_boot_image;
    std::mutex m_operation; // serialises the user's requests
    std::atomic<MachineState> m_state { MachineState::Created };
    std::atomic<uint64_t> m_resets { 0 };
    mutable std::mutex m_reset_mutex; // of m_last_reset
    std::optional<ResetCause> m_last_reset;
    PolicyDesk m_desk { m_config.policy };
    std::atomic<bool> m_reported { false }; // the listener knows of the end
    std::atomic<uint64_t> m_epoch { 0 }; // changes with every reset, restore and end: makes older requests void
    MachineClock m_clock;
    QuiesceGate m_gate;
    EventThread m_events;
    PanicWatch m_panic_watch;
    Result<SdeiInjection> inject_sdei(unsigned vcpu, unsigned place, wires::Quiesced const&);
    std::unique_ptr<wires::TimerService::Timer> m_patrol; // null: the engine sees every fetch from nowhere
    std::vector<std::optional<arch::Gpa>> m_nowhere; // of each vCPU, when last looked at; by its own thread
    firmware::Firmware m_firmware;
    std::unique_ptr<Board> m_board;
    uint64_t m_counter_frequency_hz { 0 }; // CNTFRQ_EL0 of this run; a restored machine goes on with the saved one's
    std::vector<std::unique_ptr<VcpuThread>> m_threads;
    std::optional<wires::Quiesced> m_pause; // held while Paused
    bool m_closed { false };
};

}
