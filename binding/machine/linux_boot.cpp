#include "machine/linux_boot.h"

#include "firmware/psci/device_tree.h"
#include "machine/fdt_writer.h"
#include "machine/memory_layout.h"

#include <random>
#include <utility>

namespace dormouse::machine {

Result<LinuxBoot::Files> LinuxBoot::read(BootFile& kernel_file, std::optional<BootFile>& initrd_file, uint64_t memory)
{
    TRY_PUT(packed, kernel_file.take());
    TRY_PUT(kernel, take_kernel(std::move(packed), kernel_file.name()));
    std::vector<uint8_t> initrd;
    if (initrd_file) {
        TRY_PUT(bytes, initrd_file->take());
        initrd = std::move(bytes);
    }
    TRY_PUT(placement, place_linux(kernel, initrd.size(), memory));
    return Files { std::move(kernel), std::move(initrd), placement };
}

Result<std::unique_ptr<LinuxBoot>> LinuxBoot::create(MachineConfig const& config, engine::Capabilities const& engine)
{
    TRY_PUT(kernel_file, BootFile::open("kernel", config.kernel, kMaxKernelBytes));
    std::optional<BootFile> initrd_file;
    if (config.initrd) {
        TRY_PUT(file, BootFile::open("initrd", *config.initrd, config.memory_bytes));
        initrd_file.emplace(std::move(file));
    }
    TRY_PUT(files, read(kernel_file, initrd_file, config.memory_bytes));
    return std::unique_ptr<LinuxBoot>(
        new LinuxBoot(config, engine.pmu, std::move(kernel_file), std::move(initrd_file), std::move(files)));
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

Result<std::vector<uint8_t>> LinuxBoot::device_tree(LinuxPlacement const& placement)
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
    if (placement.initrd.size != 0)
        board.initrd = { placement.initrd.base.value, placement.initrd.size };
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
    if (!m_files) {
        TRY_PUT(files, read(m_kernel_file, m_initrd_file, m_config.memory_bytes));
        m_files = std::move(files);
    }
    // Kept until they are in the guest's memory, where the guest may do with them what it likes.
    Files const files = std::move(*m_files);
    m_files.reset();
    LinuxPlacement const& placement = files.placement;
    TRY_PUT(dtb, device_tree(placement));
    TRY(load_linux(memory, placement, files.kernel, files.initrd, dtb));
    return firmware::EntryPoint { placement.kernel.base.value, placement.dtb.base.value };
}

}
