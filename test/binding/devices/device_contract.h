#pragma once

#include "devices/device.h"
#include "state/reader.h"
#include "state/writer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace dormouse::contract {

// What every device promises (devices/device.h). `poke` changes something a guest can see; `damages` are states that no
// device can have.
template <typename Device, typename Poke, typename State = typename Device::State>
void check_state_contract(Device& device, Poke poke, std::vector<State> const& damages)
{
    auto const before = device.save();
    poke(device);
    auto const poked = device.save();
    REQUIRE_FALSE(poked == before); // the poke must be visible, or the test proves nothing

    state::Writer writer;
    static_cast<devices::Device&>(device).save(writer);
    REQUIRE(device.restore(before).ok());
    CHECK(device.save() == before);

    // Through bytes, by the face the machine uses.
    state::Reader reader { std::string(device.name()), writer.data() };
    REQUIRE(static_cast<devices::Device&>(device).restore(reader).ok());
    CHECK(device.save() == poked);

    // Nothing shorter or longer is taken, and a refusal changes nothing.
    REQUIRE(device.restore(before).ok());
    size_t const step = writer.size() > 4096 ? 97 : 1;
    for (size_t size = 0; size < writer.size(); size += step) {
        state::Reader cut { "cut", std::span { writer.data() }.first(size) };
        CHECK_FALSE(static_cast<devices::Device&>(device).restore(cut).ok());
    }
    auto longer = writer.data();
    longer.push_back(0);
    state::Reader extended { "extended", longer };
    CHECK_FALSE(static_cast<devices::Device&>(device).restore(extended).ok());
    for (auto const& damaged : damages)
        CHECK_FALSE(device.restore(damaged).ok());
    CHECK(device.save() == before);

    REQUIRE(device.restore(poked).ok());
    device.reset();
    CHECK_FALSE(device.save() == poked);
}

// Every offset with every size, and afterwards a saved state that the device itself accepts.
template <typename Device> void check_bus_contract(Device& device, devices::MmioDevice& face, uint64_t size)
{
    std::mt19937_64 random { 0x5eed };
    uint64_t const stride = size > 0x4000 ? 7 : 1;
    for (unsigned access = 1; access <= 8; ++access) {
        for (uint64_t offset = 0; offset < size; offset += stride) {
            face.write(offset, access, random());
            face.read(offset, access);
        }
    }
    for (int i = 0; i < 50'000; ++i) {
        uint64_t const offset = random() % size;
        unsigned const access = 1u << (random() % 4);
        if (random() & 1)
            face.write(offset & ~uint64_t { access - 1 }, access, random());
        else
            face.read(offset & ~uint64_t { access - 1 }, access);
    }
    auto const state = device.save();
    CHECK(device.restore(state).ok());
    CHECK(device.save() == state);
}

}
