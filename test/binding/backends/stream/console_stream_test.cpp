#include "backends/stream/console_stream.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using dormouse::backends::ConsoleStream;

namespace {

std::span<uint8_t const> bytes(std::string const& text)
{
    return { reinterpret_cast<uint8_t const*>(text.data()), text.size() };
}

std::string text(ConsoleStream::Output const& output)
{
    return { output.bytes.begin(), output.bytes.end() };
}

std::string take(ConsoleStream& stream, size_t size)
{
    std::string out(size, '\0');
    out.resize(stream.read({ reinterpret_cast<uint8_t*>(out.data()), size }));
    return out;
}

}

TEST_CASE("console stream: input is bounded and refused bytes are asked for again")
{
    ConsoleStream stream { 4, 16 };
    int readable = 0;
    int room = 0;
    stream.on_readable([&] { ++readable; });
    stream.on_room([&] { ++room; });
    CHECK(stream.send(bytes("abcdef")) == 4);
    CHECK(stream.send(bytes("ef")) == 0);
    CHECK(readable == 1);
    CHECK(take(stream, 3) == "abc");
    CHECK(room == 1);
    CHECK(stream.send(bytes("ef")) == 2);
    CHECK(take(stream, 10) == "def");
    CHECK(room == 1);
    stream.send(bytes("old"));
    stream.discard_input();
    CHECK(take(stream, 10).empty());
}

TEST_CASE("console stream: output is told once a burst, kept as scrollback, and never grows")
{
    ConsoleStream stream { 4, 8 };
    int told = 0;
    stream.on_output([&] { ++told; });
    stream.write(bytes("abc"));
    stream.write(bytes("def"));
    CHECK(told == 1);
    CHECK(text(stream.drain(4)) == "abcd");
    stream.write(bytes("g"));
    CHECK(told == 1); // "ef" was still waiting
    CHECK(text(stream.drain(100)) == "efg");
    stream.write(bytes("0123456789"));
    CHECK(told == 2);
    auto const output = stream.drain(100);
    CHECK(output.position == 9); // "01" was lost
    CHECK(text(output) == "23456789");
    CHECK(text(stream.scrollback()) == "23456789");
    CHECK(stream.bytes_printed() == 17);
    stream.write({});
    CHECK(told == 2);
}

TEST_CASE("console stream: callbacks may call back")
{
    ConsoleStream stream;
    stream.on_output([&] { stream.send(bytes(text(stream.drain(100)))); });
    stream.on_readable([&] { stream.bytes_printed(); });
    stream.write(bytes("echo"));
    CHECK(take(stream, 10) == "echo");
}

TEST_CASE("console stream: bytes keep their order between threads")
{
    ConsoleStream stream { 64, 64 };
    std::string const all(20'000, 'x');
    std::string sent;
    for (size_t i = 0; i < all.size(); ++i)
        sent.push_back(static_cast<char>('a' + i % 26));
    std::thread writer([&] {
        for (size_t done = 0; done < sent.size();)
            done += stream.send(bytes(sent.substr(done, 100)));
    });
    std::string got;
    while (got.size() < sent.size())
        got += take(stream, 17);
    writer.join();
    CHECK(got == sent);
}
