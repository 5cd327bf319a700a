#pragma once

#include "tester/instance.h"

#include <span>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace dormouse::conformance {

// qemu-aarch64 with the oracle runner as a child process.
class QemuOracle {
public:
    // `qemu`: path of qemu-aarch64, or empty on an arm64 host, where the processor itself is the oracle.
    // `cpu`: value of its option -cpu.
    QemuOracle(std::string const& qemu, std::string const& cpu, std::string const& runner);
    ~QemuOracle();
    QemuOracle(QemuOracle const&) = delete;
    QemuOracle& operator=(QemuOracle const&) = delete;

    // Sends a batch, in the order of the slots; the child works on it until receive(). A batch of fewer than
    // kOracleSlots records must be the last one.
    void send(std::span<Instance const>);
    // False when the child has died.
    bool receive(std::span<OracleRecord>);

private:
    pid_t m_child { -1 };
    int m_to_child { -1 };
    int m_from_child { -1 };
    std::vector<OracleRecord> m_batch;
    std::thread m_writer;
};

}
