#pragma once

#include "engine/kvm/abi.h"
#include "engine/kvm/host.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace dormouse::kvm {

// A kernel that remembers what it was asked, keeps registers, attributes and memory slots as KVM does, and whose
// KVM_RUN is a C++ function. One vCPU.
class FakeHost final : public Host {
public:
    static constexpr int kSystem = 100;
    static constexpr int kVm = 101;
    static constexpr int kVcpu = 102;
    static constexpr int kDevice = 103;

    // --- What a test sets ---
    int open_result { kSystem };
    std::map<abi::Cap, int> caps { { abi::Cap::MaxVcpus, 512 }, { abi::Cap::OneReg, 1 }, { abi::Cap::ReadonlyMem, 1 },
        { abi::Cap::DeviceCtrl, 1 }, { abi::Cap::ImmediateExit, 1 }, { abi::Cap::ArmVmIpaSize, 44 },
        { abi::Cap::ArmNisvToUser, 1 }, { abi::Cap::ArmSystemSuspend, 1 }, { abi::Cap::CounterOffset, 1 },
        { abi::Cap::ArmPmuV3, 1 } };
    bool has_gic { true };
    bool has_filter { true };
    std::function<int(FakeHost&)> program { [](FakeHost&) { return -EIO; } };
    uint64_t host_count { 1'000'000 };
    uint32_t mp_state { 0 }; // KVM_MP_STATE_RUNNABLE
    unsigned fail_slot_change { 0 }; // the how many-th KVM_SET_USER_MEMORY_REGION fails; 0: none

    // --- What it sees ---
    std::map<uint64_t, uint64_t> registers;
    std::map<std::pair<uint32_t, uint64_t>, uint64_t> attributes;
    std::map<uint32_t, abi::UserspaceMemoryRegion> slots;
    std::map<uint32_t, std::vector<uint64_t>> dirty_pages; // by slot
    std::vector<std::string> log;
    abi::Run page {};
    unsigned runs { 0 };
    unsigned open_descriptors { 0 };
    uint64_t guest_offset { 777 };

    void count_is(uint64_t value) { host_count = value; }
    bool immediate_exit() { return std::atomic_ref<uint8_t> { page.immediate_exit }.load(); }
    // A guest that computes until it is interrupted.
    int spin()
    {
        std::unique_lock lock { m_mutex };
        m_changed.wait(lock, [this] { return m_interrupted; });
        m_interrupted = false;
        page.exit_reason = static_cast<uint32_t>(abi::ExitReason::Intr);
        return -EINTR;
    }
    bool is_running() const { return m_running; }

    int open(char const*) override
    {
        open_descriptors += open_result >= 0;
        return open_result;
    }
    int close(int) override
    {
        --open_descriptors;
        return 0;
    }
    void* map(int, size_t) override { return &page; }
    void unmap(void*, size_t) override { }
    std::thread::native_handle_type accept_interrupts() override { return {}; }
    void interrupt(std::thread::native_handle_type) override
    {
        std::lock_guard const lock { m_mutex };
        m_interrupted = true;
        m_changed.notify_all();
    }

    int ioctl(int fd, uint32_t request, uint64_t argument) override
    {
        using abi::Request;
        switch (static_cast<Request>(request)) {
        case Request::GetApiVersion: return abi::kApiVersion;
        case Request::GetVcpuMmapSize: return 4096;
        case Request::CheckExtension: {
            auto const found = caps.find(static_cast<abi::Cap>(argument));
            return found == caps.end() ? 0 : found->second;
        }
        case Request::CreateVm: return opened(kVm);
        case Request::CreateVcpu: return opened(kVcpu);
        case Request::CreateDevice:
            if (!has_gic)
                return -ENODEV;
            if (at<abi::CreateDevice>(argument).flags == 0)
                at<abi::CreateDevice>(argument).fd = static_cast<uint32_t>(opened(kDevice));
            return 0;
        case Request::HasDeviceAttr: return has_filter ? 0 : -ENXIO;
        case Request::SetDeviceAttr: return set_attribute(at<abi::DeviceAttr>(argument));
        case Request::GetDeviceAttr: return get_attribute(at<abi::DeviceAttr>(argument));
        case Request::GetDirtyLog: return take_dirty_log(at<abi::DirtyLog>(argument));
        case Request::SetUserMemoryRegion: return set_region(at<abi::UserspaceMemoryRegion>(argument));
        case Request::GetOneReg: return get_register(at<abi::OneReg>(argument));
        case Request::SetOneReg: return set_register(at<abi::OneReg>(argument));
        case Request::GetRegList: return list(reinterpret_cast<uint64_t*>(argument));
        case Request::ArmSetCounterOffset: guest_offset = at<abi::CounterOffset>(argument).counter_offset; return 0;
        case Request::GetMpState: at<uint32_t>(argument) = mp_state; return 0;
        case Request::SetMpState: log.push_back("mp state " + std::to_string(at<uint32_t>(argument))); return 0;
        case Request::ArmVcpuInit:
            log.push_back("init " + std::to_string(at<abi::VcpuInit>(argument).features[0]));
            return 0;
        case Request::Run: return run();
        case Request::EnableCap:
        case Request::ArmPreferredTarget:
        case Request::IrqLine: return 0;
        default: return fd < 0 ? -EBADF : -ENOTTY;
        }
    }

private:
    template <typename T> static T& at(uint64_t argument) { return *reinterpret_cast<T*>(argument); }
    int opened(int fd)
    {
        ++open_descriptors;
        return fd;
    }

    // As the kernel does it: complete what is in flight, look at immediate_exit, run.
    int run()
    {
        ++runs;
        if (std::exchange(m_in_flight, false))
            log.push_back("completed " + std::to_string(page.mmio.data[0]));
        if (immediate_exit())
            return -EINTR;
        m_running = true;
        int const result = program(*this);
        m_running = false;
        m_in_flight = result == 0 && page.exit_reason == static_cast<uint32_t>(abi::ExitReason::Mmio);
        return result;
    }

    int set_attribute(abi::DeviceAttr const& request)
    {
        // 64-bit values: filters, addresses, ICC registers. The rest has 32 bits.
        bool const wide = request.group == abi::vgic::kCpuSysregs;
        uint64_t value = 0;
        if (request.addr)
            std::memcpy(&value, reinterpret_cast<void const*>(request.addr), wide ? 8 : 4);
        attributes[{ request.group, request.attr }] = value;
        log.push_back("attribute " + std::to_string(request.group) + "/" + std::to_string(request.attr));
        return 0;
    }
    int get_attribute(abi::DeviceAttr const& request)
    {
        bool const wide = request.group == abi::vgic::kCpuSysregs;
        uint64_t const value = attributes[{ request.group, request.attr }];
        std::memcpy(reinterpret_cast<void*>(request.addr), &value, wide ? 8 : 4);
        return 0;
    }

    int take_dirty_log(abi::DirtyLog const& request)
    {
        auto const found = slots.find(request.slot);
        if (found == slots.end() || !(found->second.flags & abi::kMemLogDirtyPages))
            return -ENOENT;
        auto* const words = reinterpret_cast<uint64_t*>(request.dirty_bitmap);
        for (uint64_t const page : std::exchange(dirty_pages[request.slot], {}))
            words[page / 64] |= uint64_t { 1 } << (page % 64);
        return 0;
    }

    int set_region(abi::UserspaceMemoryRegion const& region)
    {
        if (fail_slot_change != 0 && --fail_slot_change == 0)
            return -ENOMEM;
        auto const found = slots.find(region.slot);
        if (region.memory_size == 0) {
            if (found == slots.end())
                return -EINVAL;
            slots.erase(found);
            dirty_pages.erase(region.slot);
            log.push_back("delete " + std::to_string(region.slot));
            return 0;
        }
        if (found != slots.end()) {
            constexpr uint32_t kLog = abi::kMemLogDirtyPages;
            abi::UserspaceMemoryRegion const& old = found->second;
            if (old.guest_phys_addr != region.guest_phys_addr || old.memory_size != region.memory_size
                || old.userspace_addr != region.userspace_addr || (old.flags & ~kLog) != (region.flags & ~kLog))
                return -EINVAL;
            found->second = region;
            dirty_pages[region.slot].clear();
            log.push_back("flags " + std::to_string(region.slot));
            return 0;
        }
        for (auto const& [id, other] : slots)
            if (region.guest_phys_addr < other.guest_phys_addr + other.memory_size
                && other.guest_phys_addr < region.guest_phys_addr + region.memory_size)
                return -EEXIST;
        slots[region.slot] = region;
        log.push_back("create " + std::to_string(region.slot));
        return 0;
    }

    int get_register(abi::OneReg const& request)
    {
        if (request.id == abi::kRegVirtualCount || request.id == abi::kRegPhysicalCount) {
            at<uint64_t>(request.addr) = host_count - guest_offset;
            return 0;
        }
        auto const found = registers.find(request.id);
        if (found == registers.end())
            return -ENOENT;
        std::memcpy(reinterpret_cast<void*>(request.addr), &found->second, bytes(request.id));
        return 0;
    }
    int set_register(abi::OneReg const& request)
    {
        if (request.id == abi::kRegVirtualCount) {
            guest_offset = host_count - at<uint64_t>(request.addr);
            return 0;
        }
        auto const found = registers.find(request.id);
        if (found == registers.end())
            return -ENOENT;
        if (request.id == refused_register)
            return -EINVAL;
        std::memcpy(&found->second, reinterpret_cast<void const*>(request.addr), bytes(request.id));
        return 0;
    }
    static size_t bytes(uint64_t id)
    {
        size_t const size = size_t { 1 } << ((id >> 52) & 15);
        return size < 8 ? size : 8;
    }
    int list(uint64_t* list)
    {
        uint64_t const room = list[0];
        list[0] = registers.size();
        if (room < registers.size())
            return -E2BIG;
        size_t i = 1;
        for (auto const& [id, value] : registers)
            list[i++] = id;
        return 0;
    }

public:
    uint64_t refused_register { 0 };

private:
    bool m_in_flight { false };
    std::atomic<bool> m_running { false };
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_interrupted { false };
};

}
