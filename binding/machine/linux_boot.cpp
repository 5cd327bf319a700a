#include "machine/linux_boot.h"

#include "firmware/psci/device_tree.h"
#include "machine/fdt_writer.h"
#include "machine/memory_layout.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

namespace dormouse::machine {

static Result<std::vector<uint8_t>> read_file(std::string const& field, std::string const& path, uint64_t limit)
{
    namespace fs = std::filesystem;
    std::string const what = field + " " + path;
    std::error_code error;
    auto const status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found)
        return Error { Code::NotFound, what + ": there is no such file" };
    if (error)
        return Error { Code::HostFailure, what + ": " + error.message() };
    if (!fs::is_regular_file(status))
        return Error { Code::InvalidArgument, what + ": this is not a file" };
    uint64_t const size = fs::file_size(path, error);
    if (error)
        return Error { Code::HostFailure, what + ": " + error.message() };
    if (size == 0 || size > limit)
        return Error { Code::InvalidArgument,
            what + ": the file has " + std::to_string(size) + " bytes, expected 1 to " + std::to_string(limit) };
    errno = 0;
    std::ifstream stream { path, std::ios::binary };
    std::vector<uint8_t> bytes(size);
    if (!stream || !stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
        return Error { Code::HostFailure, what + ": " + (errno ? std::strerror(errno) : "the file could not be read") };
    return bytes;
}

Result<std::unique_ptr<LinuxBoot>> LinuxBoot::create(MachineConfig const& config, engine::Capabilities const& engine)
{
    TRY_PUT(file, read_file("kernel", config.kernel, kMaxKernelBytes));
    TRY_PUT(kernel, read_kernel(file, "kernel " + config.kernel));
    std::vector<uint8_t> initrd;
    if (config.initrd) {
        TRY_PUT(bytes, read_file("initrd", *config.initrd, config.memory_bytes));
        initrd = std::move(bytes);
    }
    TRY_PUT(placement, place_linux(kernel, initrd.size(), config.memory_bytes));
    return std::unique_ptr<LinuxBoot>(
        new LinuxBoot(config, engine.pmu, std::move(kernel), std::move(initrd), placement));
}

// Bytes that repeat for the same seed and boot number. [Steele, Lea, Flood: SplitMix, OOPSLA 2014]
static void fill(std::span<uint8_t> bytes, uint64_t& state)
{
    for (uint8_t& byte : bytes) {
        state += 0x9e37'79b9'7f4a'7c15;
        uint64_t z = state;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
        byte = static_cast<uint8_t>(z ^ (z >> 31));
    }
}

static void fill(std::span<uint8_t> bytes, std::random_device& random)
{
    for (uint8_t& byte : bytes)
        byte = static_cast<uint8_t>(random());
}

static PsciNode psci_node(firmware::psci::Version version)
{
    auto const source = firmware::psci::device_tree_node(version);
    PsciNode node;
    node.compatible = source.compatible;
    node.method = source.method;
    for (auto const& [property, id] : source.function_ids) {
        if (property == "cpu_suspend")
            node.cpu_suspend = id;
        else if (property == "cpu_off")
            node.cpu_off = id;
        else if (property == "cpu_on")
            node.cpu_on = id;
        else if (property == "migrate")
            node.migrate = id;
    }
    return node;
}

Result<std::vector<uint8_t>> LinuxBoot::device_tree()
{
    HardwareDescription board;
    board.ram_bytes = m_config.memory_bytes;
    for (unsigned cpu = 0; cpu < m_config.cpus; ++cpu)
        board.mpidrs.push_back(layout::mpidr_of_cpu(cpu));
    board.has_pmu = m_has_pmu;
    board.psci = psci_node(m_config.psci_version);
    board.idle_states = firmware::psci::idle_states(m_config.psci_version, m_config.idle_states);
    if (m_config.sdei)
        board.sdei_method = "hvc";
    board.bootargs = m_config.command_line;
    if (m_placement.initrd.size != 0)
        board.initrd = { m_placement.initrd.base.value, m_placement.initrd.size };
    if (m_config.seed) {
        uint64_t state = *m_config.seed + m_boots;
        fill(board.kaslr_seed, state);
        fill(board.rng_seed, state);
    } else {
        std::random_device random;
        fill(board.kaslr_seed, random);
        fill(board.rng_seed, random);
    }
    ++m_boots;
    return write_fdt(board);
}

Result<firmware::EntryPoint> LinuxBoot::place(memory::FlatView const& memory, wires::Quiesced const&)
{
    TRY_PUT(dtb, device_tree());
    TRY(load_linux(memory, m_placement, m_kernel, m_initrd, dtb));
    return firmware::EntryPoint { m_placement.kernel.base.value, m_placement.dtb.base.value };
}

}
