#pragma once

#include "base/units.h"
#include "machine/fake_engine.h"
#include "machine/machine.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

namespace dormouse::machine {

// resources/guests of the checkout this was built from, or where DORMOUSE_GUESTS says that they are: a test program may
// run on another machine than the one that built it.
inline std::filesystem::path guests_folder()
{
    char const* const elsewhere = std::getenv("DORMOUSE_GUESTS");
    return elsewhere ? elsewhere : DORMOUSE_GUESTS_BUILT_FROM;
}

// Our own guest on a real machine, with the emulator or the engine that DORMOUSE_TEST_ENGINE names.
// [resources/guests/tiny]
struct TinyGuest {
    RecordingListener listener;
    std::unique_ptr<Machine> machine;

    explicit TinyGuest(unsigned cpus)
    {
        MachineConfig config;
        if (char const* const engine = std::getenv("DORMOUSE_TEST_ENGINE"))
            config.engine = engine;
        config.cpus = cpus;
        config.memory_bytes = 64_MiB;
        config.kernel = guests_folder() / "tiny/tiny.Image";
        config.seed = 1;
        auto created = Machine::create(config, listener);
        REQUIRE_MESSAGE(created.ok(), (created.ok() ? std::string {} : created.error().message));
        machine = created.take();
    }
    std::string printed() const
    {
        auto const output = machine->console().scrollback();
        return { output.bytes.begin(), output.bytes.end() };
    }
    size_t count(std::string_view text) const
    {
        std::string const all = printed();
        size_t found = 0;
        for (size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1))
            ++found;
        return found;
    }
    bool prints(std::string_view text, size_t times = 1)
    {
        return eventually([&] { return count(text) >= times || machine->state() == MachineState::Ended; })
            && count(text) >= times;
    }
    void type(std::string_view line)
    {
        std::string const text = std::string { line } + "\r";
        machine->console_write({ reinterpret_cast<uint8_t const*>(text.data()), text.size() });
    }
};

}
