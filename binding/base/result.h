#pragma once

#include <string>
#include <utility>
#include <variant>

namespace dormouse {

// What kind of thing went wrong on the host or in a file, so that callers and the user interface can react.
// A guest's own mistakes never become an Error: they get the architecture's answer (see style rule 8 in
// CONTRIBUTING.md).
enum class Code {
    InvalidArgument, // a value given by the user or a file is out of its range; the message names the field
    InvalidState, // the operation is not allowed now (for example resume() on a machine that runs)
    NotFound,
    Unsupported, // this host, engine or build cannot do it
    OutOfMemory,
    HostFailure, // the operating system refused; the message carries its words
    Corrupt, // a file or a saved state does not hold together
    Superseded, // another request of the same kind was committed first, this one has no object any more
};

// An error is a sentence for a person plus a code for a program. The sentence starts with a capital, carries the facts
// and does not repeat its cause.
struct Error {
    Code code { Code::HostFailure };
    std::string message;
};

// Either a value or an Error. Results cannot be dropped silently.
template <typename T> class [[nodiscard]] Result {
public:
    Result(T value) : m_content(std::in_place_index<0>, std::move(value)) { }
    Result(Error error) : m_content(std::in_place_index<1>, std::move(error)) { }

    bool ok() const { return m_content.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() & { return *std::get_if<0>(&m_content); }
    T const& value() const& { return *std::get_if<0>(&m_content); }
    T&& take() { return std::move(*std::get_if<0>(&m_content)); }
    Error const& error() const { return *std::get_if<1>(&m_content); }

private:
    std::variant<T, Error> m_content;
};

template <> class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : m_error(std::move(error)), m_ok(false) { }

    bool ok() const { return m_ok; }
    explicit operator bool() const { return ok(); }
    Error const& error() const { return m_error; }

private:
    Error m_error;
    bool m_ok { true };
};

}

#define DORMOUSE_CONCAT_INNER(a, b) a##b
#define DORMOUSE_CONCAT(a, b) DORMOUSE_CONCAT_INNER(a, b)

// TRY(expression): returns the error of a Result<void>, or goes on.
#define TRY(...)                                                                 \
    do {                                                                         \
        if (auto dormouse_try_result = (__VA_ARGS__); !dormouse_try_result.ok()) \
            return dormouse_try_result.error();                                  \
    } while (false)

// TRY_PUT(name, expression): returns the error, or leaves the value in the new variable `name`.
#define TRY_PUT(name, ...)                                            \
    auto DORMOUSE_CONCAT(dormouse_result_, __LINE__) = (__VA_ARGS__); \
    if (!DORMOUSE_CONCAT(dormouse_result_, __LINE__).ok())            \
        return DORMOUSE_CONCAT(dormouse_result_, __LINE__).error();   \
    auto name = DORMOUSE_CONCAT(dormouse_result_, __LINE__).take()
