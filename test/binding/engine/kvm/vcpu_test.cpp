#include "engine/kvm/vcpu.h"

#include "arch/reset_state.h"
#include "arch/system_register_encoding.h"
#include "engine/kvm/fake_host.h"

#include <doctest/doctest.h>

#include <thread>

using namespace dormouse;
using namespace dormouse::kvm;
using abi::ExitReason;

namespace {

class Bus final : public wires::GuestBus {
public:
    Outcome mmio_read(arch::Gpa address, unsigned, uint64_t& value) override
    {
        value = 0x5a;
        during();
        return address.value == kDevice ? Outcome::Done : Outcome::NoDevice;
    }
    Outcome mmio_write(arch::Gpa address, unsigned size, uint64_t value) override
    {
        written = value;
        written_size = size;
        return address.value == kDevice ? Outcome::Done : Outcome::NoDevice;
    }
    static constexpr uint64_t kDevice = 0x900'0000;
    uint64_t written { 0 };
    unsigned written_size { 0 };
    std::function<void()> during { [] {} };
};

int leave(FakeHost& host, ExitReason reason)
{
    host.page.exit_reason = static_cast<uint32_t>(reason);
    return 0;
}

int access(FakeHost& host, uint64_t address, bool write, uint64_t value = 0)
{
    host.page.mmio.phys_addr = address;
    host.page.mmio.len = 4;
    host.page.mmio.is_write = write;
    std::memcpy(host.page.mmio.data, &value, 8);
    return leave(host, ExitReason::Mmio);
}

int hypercall(FakeHost& host, bool smc)
{
    host.page.hypercall.flags = smc ? abi::kHypercallSmc : 0;
    return leave(host, ExitReason::Hypercall);
}

engine::RegisterId const kSctlr = engine::system_register_id(arch::system_register(3, 0, 1, 0, 0));

struct Fixture {
    std::shared_ptr<FakeHost> host { std::make_shared<FakeHost>() };
    Descriptor vm { host, FakeHost::kVm };
    GuestCounter counter { vm, true };
    Bus bus;
    WritableMasks masks;
    std::unique_ptr<KvmVcpu> vcpu;

    explicit Fixture(bool starts_stopped = false)
    {
        host->registers = { { engine::kRegisterPc.value, 0x4000'0000 }, { engine::x_register(0).value, 1 },
            { engine::kRegisterFpsr.value, 2 }, { abi::kRegVirtualControl, 1 }, { abi::kRegVirtualCompare, 50 },
            { abi::kRegPsciVersion, 0x1'0003 }, { 0x6080'0000'0015'0000, 0 }, { kSctlr.value, 0xc5'0078 } };
        auto page = std::make_unique<RunPage>(host, &host->page, 4096);
        abi::VcpuInit init {};
        init.features[0] = abi::kFeaturePsci02;
        auto made = KvmVcpu::create({ host, FakeHost::kVcpu }, std::move(page),
            { starts_stopped ? 1u : 0u, init, starts_stopped }, counter, masks);
        REQUIRE(made.ok());
        vcpu = made.take();
        vcpu->wire({ &bus, nullptr, nullptr, nullptr, nullptr });
    }
    template <typename T> T run()
    {
        auto const exit = vcpu->run();
        REQUIRE(std::holds_alternative<T>(exit));
        return std::get<T>(exit);
    }
};

}

TEST_CASE("a device answers inside run(), and the kernel completes the access before anything else happens")
{
    Fixture f;
    unsigned step = 0;
    f.host->program = [&](FakeHost& host) {
        switch (step++) {
        case 0: return access(host, Bus::kDevice, false);
        case 1: return access(host, Bus::kDevice, true, 0x1234);
        default: return hypercall(host, true);
        }
    };
    // A kick in the middle of the access: it must not come between the access and its completion.
    f.bus.during = [&] { f.vcpu->kick(); };
    f.run<engine::ExitInterrupted>();
    CHECK(f.host->log.back() == "completed 90");
    CHECK(f.host->runs == 2);
    CHECK(f.run<engine::ExitHypercall>().conduit == engine::Conduit::Smc);
    CHECK(f.bus.written == 0x1234);
    CHECK(f.bus.written_size == 4);
    CHECK(f.vcpu->counters().mmio_reads == 1);
    CHECK(f.vcpu->counters().mmio_writes == 1);
}

TEST_CASE("an access that nothing answers stays at its instruction; a reset makes the kernel finish first")
{
    Fixture f;
    f.host->program = [&](FakeHost& host) { return access(host, 0xdead'0000, true, 7); };
    auto const fault = f.run<engine::ExitMemoryFault>();
    CHECK(fault.address.value == 0xdead'0000);
    CHECK(fault.kind == engine::AccessKind::Write);
    CHECK(fault.size == 4);
    CHECK_FALSE(fault.virtual_address.has_value());
    CHECK(f.host->runs == 1);
    CHECK(f.vcpu->read_register(engine::kRegisterPc).ok());
    CHECK(f.host->runs == 1);

    f.host->log.clear();
    f.vcpu->reset();
    CHECK(f.host->log == std::vector<std::string> { "completed 7", "init 4" });
    CHECK_FALSE(f.host->immediate_exit());
    f.host->program = [&](FakeHost& host) { return hypercall(host, false); };
    auto const call = f.run<engine::ExitHypercall>();
    CHECK(call.conduit == engine::Conduit::Hvc);
    CHECK_FALSE(call.immediate_known);
}

TEST_CASE("what KVM cannot do becomes the exits that every engine has")
{
    Fixture f;
    f.host->program = [&](FakeHost& host) {
        host.page.arm_nisv = { 1u << 6, 0xbad'0000 };
        return leave(host, ExitReason::ArmNisv);
    };
    auto const nisv = f.run<engine::ExitMemoryFault>();
    CHECK(nisv.address.value == 0xbad'0000);
    CHECK(nisv.kind == engine::AccessKind::Write);

    f.host->program = [&](FakeHost& host) {
        host.page.internal.suberror = 3;
        return leave(host, ExitReason::InternalError);
    };
    CHECK(f.run<engine::ExitInternalError>().message == "KVM reported an internal error, number 3");
    f.host->program = [&](FakeHost& host) {
        host.page.fail_entry.hardware_entry_failure_reason = 1;
        return leave(host, ExitReason::FailEntry);
    };
    CHECK(f.run<engine::ExitInternalError>().message == "KVM could not enter the guest, reason 0x1");
    f.host->program = [&](FakeHost& host) {
        host.page.memory_fault = { 0, 0x4711'0000, 0x1000 };
        leave(host, ExitReason::MemoryFault);
        return -EFAULT;
    };
    CHECK(f.run<engine::ExitInternalError>().message.find("EFAULT (Bad address) for guest physical address 0x47110000")
        != std::string::npos);
    f.host->program = [&](FakeHost& host) {
        leave(host, ExitReason::Unknown);
        return -ENOSYS;
    };
    CHECK(f.run<engine::ExitInternalError>().message.find("ENOSYS") != std::string::npos);
    f.host->program = [&](FakeHost& host) { return leave(host, static_cast<ExitReason>(99)); };
    CHECK(f.run<engine::ExitInternalError>().message.find("99") != std::string::npos);
    f.host->program = [&](FakeHost& host) {
        host.page.system_event = { static_cast<uint32_t>(abi::SystemEvent::Reset), 1, { 1 } };
        return leave(host, ExitReason::SystemEvent);
    };
    auto const event = f.run<engine::ExitSystemEvent>();
    CHECK(event.type == 2);
    CHECK(event.flags == 1);
}

TEST_CASE("no kick is lost, whenever it comes")
{
    Fixture f;
    f.host->program = [](FakeHost& host) { return host.spin(); };
    f.vcpu->kick(); // before entry
    f.run<engine::ExitInterrupted>();
    for (int round = 0; round < 2000; ++round) {
        std::thread kicker { [&] {
            if (round % 2) // sometimes while it runs for certain, sometimes at any moment
                while (!f.host->is_running())
                    std::this_thread::yield();
            f.vcpu->kick();
        } };
        f.run<engine::ExitInterrupted>();
        kicker.join();
    }
}

TEST_CASE("a wait ends with an interrupt or with a kick, and the vCPU can run again")
{
    Fixture f;
    f.host->program = [](FakeHost& host) {
        host.page.system_event = { static_cast<uint32_t>(abi::SystemEvent::Wakeup), 0, {} };
        return leave(host, ExitReason::SystemEvent);
    };
    f.host->log.clear();
    CHECK(f.vcpu->wait_for_interrupt() == engine::Vcpu::Wake::Interrupt);
    CHECK(f.host->log == std::vector<std::string> { "mp state 10", "mp state 0" });
    f.vcpu->kick();
    CHECK(f.vcpu->wait_for_interrupt() == engine::Vcpu::Wake::Kick);
    CHECK(f.host->log.back() == "mp state 0");
}

TEST_CASE("registers: ours are listed, firmware's and those too wide for us are not")
{
    Fixture f;
    auto const list = f.vcpu->register_list();
    auto const has = [&](uint64_t id) { return std::count(list.begin(), list.end(), engine::RegisterId { id }) == 1; };
    CHECK(list.size() == 6);
    CHECK(has(engine::kRegisterPc.value));
    CHECK_FALSE(has(abi::kRegPsciVersion));
    CHECK_FALSE(f.vcpu->read_register({ abi::kRegPsciVersion }).ok());

    REQUIRE(f.vcpu->write_register(engine::x_register(0), { 0x1122'3344'5566'7788, 0 }).ok());
    CHECK(f.vcpu->read_register(engine::x_register(0)).value().low == 0x1122'3344'5566'7788);
    auto const wide = f.vcpu->write_register(engine::kRegisterFpsr, { 0x1'0000'0000, 0 });
    REQUIRE_FALSE(wide.ok());
    CHECK(wide.error().message.find("wider than 4 bytes") != std::string::npos);
    auto const unknown = f.vcpu->write_register({ 0x6030'0000'0013'1234 }, {});
    REQUIRE_FALSE(unknown.ok());
    CHECK(unknown.error().code == Code::InvalidArgument);
    CHECK(unknown.error().message == "Unknown vCPU register 0x6030000000131234");
    f.host->refused_register = engine::kRegisterPc.value;
    auto const refused = f.vcpu->write_register(engine::kRegisterPc, { 3, 0 });
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("KVM refuses the value 0x3: EINVAL") != std::string::npos);
}

TEST_CASE("while the clock stands, counters and timers answer as of that moment")
{
    Fixture f;
    CHECK(f.vcpu->write_register({ abi::kRegVirtualCount }, { 49, 0 }).ok());
    CHECK(f.vcpu->read_register({ abi::kRegVirtualControl }).value().low == 1);
    CHECK(f.vcpu->write_register({ abi::kRegVirtualCount }, { 50, 0 }).ok());
    CHECK(f.vcpu->read_register({ abi::kRegVirtualControl }).value().low == 5);
    CHECK(f.vcpu->read_register({ abi::kRegVirtualCount }).value().low == 50);
}

TEST_CASE("SCTLR_EL1 of a vCPU that is made or reset is the same as on the emulator")
{
    Fixture f;
    CHECK(f.vcpu->read_register(kSctlr).value().low == arch::kSctlrEl1Reset);
    CHECK(f.vcpu->write_register(kSctlr, { 0x30d0'199d, 0 }).ok());
    f.vcpu->reset();
    CHECK(f.vcpu->read_register(kSctlr).value().low == arch::kSctlrEl1Reset);
    f.host->refused_register = kSctlr.value;
    f.vcpu->reset();
    CHECK(std::holds_alternative<engine::ExitInternalError>(f.vcpu->run()));
}

TEST_CASE("with firmware in the kernel the other vCPUs start stopped")
{
    Fixture f { true };
    CHECK(f.host->log.back() == "init 5");
    f.vcpu->reset();
    CHECK(f.host->log.back() == "init 5");
}

TEST_CASE("a vCPU that the kernel's firmware holds is off, and one that sleeps is on")
{
    Fixture f { true };
    auto const is_on = [&f](abi::MpState state) {
        f.host->mp_state = static_cast<uint32_t>(state);
        return f.vcpu->is_on();
    };
    CHECK_FALSE(is_on(abi::MpState::Stopped));
    CHECK(is_on(abi::MpState::Runnable));
    CHECK(is_on(abi::MpState::Suspended));
}
