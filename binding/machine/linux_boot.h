#pragma once

#include "engine/engine.h"
#include "machine/boot_file.h"
#include "machine/boot_image.h"
#include "machine/load_linux.h"
#include "machine/machine_config.h"

#include <memory>
#include <optional>
#include <vector>

namespace dormouse::machine {

// Boots an arm64 Linux kernel directly, without firmware. What the files hold is in memory from create() to the first
// place() alone: a kernel is 30 MiB, and resets are rare.
class LinuxBoot final : public BootImage {
public:
    // Reads and checks the files of the config. Fails with NotFound, HostFailure or InvalidArgument; the sentence
    // starts with the field's name ("kernel" or "initrd").
    static Result<std::unique_ptr<LinuxBoot>> create(MachineConfig const&, engine::Capabilities const&);

    Result<firmware::EntryPoint> place(memory::FlatView const&, wires::Quiesced const&) override;

private:
    struct Files {
        KernelImage kernel;
        std::vector<uint8_t> initrd;
        LinuxPlacement placement;
    };

    LinuxBoot(MachineConfig const& config, bool has_pmu, BootFile kernel, std::optional<BootFile> initrd, Files files)
        : m_config(config)
        , m_has_pmu(has_pmu)
        , m_kernel_file(std::move(kernel))
        , m_initrd_file(std::move(initrd))
        , m_files(std::move(files))
    {
    }
    static Result<Files> read(BootFile& kernel, std::optional<BootFile>& initrd, uint64_t memory_bytes);
    Result<std::vector<uint8_t>> device_tree(LinuxPlacement const&);

    MachineConfig m_config;
    bool m_has_pmu;
    BootFile m_kernel_file;
    std::optional<BootFile> m_initrd_file;
    std::optional<Files> m_files; // read, and not placed yet
    uint64_t m_boots { 0 };
};

}
