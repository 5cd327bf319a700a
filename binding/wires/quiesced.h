#pragma once

#include <functional>
#include <utility>

namespace dormouse::wires {

// Proof that every vCPU is parked at an instruction boundary outside its engine and that no device callback runs.
// Functions that change machine-wide state take `Quiesced const&`, so the compiler keeps the rule. Only
// machine/quiesce_gate.h mints tokens (tests mint their own through for_tests()); destroying the token lets the machine
// go on.
class [[nodiscard]] Quiesced {
public:
    Quiesced(Quiesced&& other) noexcept : m_release(std::exchange(other.m_release, nullptr)) { }
    Quiesced(Quiesced const&) = delete;
    Quiesced& operator=(Quiesced const&) = delete;
    Quiesced& operator=(Quiesced&&) = delete;
    ~Quiesced()
    {
        if (m_release)
            m_release();
    }

    static Quiesced for_tests()
    {
        return Quiesced { [] {} };
    }

private:
    friend class QuiescedMint;
    explicit Quiesced(std::function<void()> release) : m_release(std::move(release)) { }

    std::function<void()> m_release;
};

// The one door for machine/quiesce_gate.cpp.
class QuiescedMint {
    friend struct QuiesceGateAccess;
    static Quiesced mint(std::function<void()> release) { return Quiesced { std::move(release) }; }
};

}
