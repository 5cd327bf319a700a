#pragma once

#include "engine/kvm/host.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>

namespace dormouse::kvm {

// Gets a vCPU out of KVM_RUN, from any thread and at any time. A kick is never lost: it leaves a flag in the page that
// the kernel reads when KVM_RUN begins, and a signal for the thread that is inside already.
class Kick {
public:
    Kick(Host& host, uint8_t& immediate_exit) : m_host(host), m_immediate_exit(immediate_exit) { }

    void kick()
    {
        m_kicked.store(true);
        m_immediate_exit.store(1);
        std::lock_guard const lock { m_mutex };
        if (m_inside)
            m_host.interrupt(m_thread);
    }

    // By the vCPU's thread: was there a kick since the last time? One that comes in between ends the next KVM_RUN,
    // which may find no kick left; nobody minds.
    bool take()
    {
        m_immediate_exit.store(0);
        return m_kicked.exchange(false);
    }
    // So that the next KVM_RUN returns as soon as it has completed what is in flight. Undone by take() or spare().
    void force() { m_immediate_exit.store(1); }
    void spare()
    {
        m_immediate_exit.store(0);
        if (m_kicked.load())
            m_immediate_exit.store(1);
    }

    // Around KVM_RUN. A thread that left cannot be interrupted any more, so it may end.
    void enter()
    {
        if (m_owner != std::this_thread::get_id()) {
            m_owner = std::this_thread::get_id();
            m_handle = m_host.accept_interrupts();
        }
        std::lock_guard const lock { m_mutex };
        m_thread = m_handle;
        m_inside = true;
    }
    void leave()
    {
        std::lock_guard const lock { m_mutex };
        m_inside = false;
    }

private:
    Host& m_host;
    std::atomic_ref<uint8_t> m_immediate_exit;
    std::atomic<bool> m_kicked { false };
    std::mutex m_mutex; // of the two below
    bool m_inside { false };
    std::thread::native_handle_type m_thread {};
    std::thread::id m_owner; // of the thread inside, as the next
    std::thread::native_handle_type m_handle {};
};

}
