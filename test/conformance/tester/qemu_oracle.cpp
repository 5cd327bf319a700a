#include "tester/qemu_oracle.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace dormouse::conformance {

namespace {

    [[noreturn]] void die(char const* what)
    {
        std::perror(what);
        std::exit(1);
    }

}

QemuOracle::QemuOracle(std::string const& qemu, std::string const& cpu, std::string const& runner)
{
    int to_child[2];
    int from_child[2];
    if (pipe(to_child) != 0 || pipe(from_child) != 0)
        die("conformance: pipe");
    std::signal(SIGPIPE, SIG_IGN);
    m_child = fork();
    if (m_child < 0)
        die("conformance: fork");
    if (m_child == 0) {
        dup2(to_child[0], STDIN_FILENO);
        dup2(from_child[1], STDOUT_FILENO);
        for (int const descriptor : { to_child[0], to_child[1], from_child[0], from_child[1] })
            close(descriptor);
        if (qemu.empty())
            execlp(runner.c_str(), runner.c_str(), static_cast<char*>(nullptr));
        else
            execlp(qemu.c_str(), qemu.c_str(), "-cpu", cpu.c_str(), runner.c_str(), static_cast<char*>(nullptr));
        die("conformance: cannot start the oracle");
    }
    close(to_child[0]);
    close(from_child[1]);
    m_to_child = to_child[1];
    m_from_child = from_child[0];
}

QemuOracle::~QemuOracle()
{
    if (m_writer.joinable())
        m_writer.join();
    if (m_to_child >= 0)
        close(m_to_child);
    close(m_from_child);
    waitpid(m_child, nullptr, 0);
}

void QemuOracle::send(std::span<Instance const> instances)
{
    m_batch.clear();
    for (Instance const& instance : instances)
        m_batch.push_back(instance.record);
    // A thread, because the child may write results before it has read all.
    m_writer = std::thread([this] {
        auto const* at = reinterpret_cast<char const*>(m_batch.data());
        size_t left = m_batch.size() * sizeof(OracleRecord);
        while (left != 0) {
            ssize_t const put = write(m_to_child, at, left);
            if (put <= 0)
                return;
            at += put;
            left -= static_cast<size_t>(put);
        }
        if (m_batch.size() < kOracleSlots) {
            close(m_to_child);
            m_to_child = -1;
        }
    });
}

bool QemuOracle::receive(std::span<OracleRecord> results)
{
    auto* at = reinterpret_cast<char*>(results.data());
    size_t left = results.size_bytes();
    while (left != 0) {
        ssize_t const got = read(m_from_child, at, left);
        if (got <= 0)
            return false;
        at += got;
        left -= static_cast<size_t>(got);
    }
    m_writer.join();
    return true;
}

}
