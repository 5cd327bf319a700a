#pragma once

#include "engine/engine.h"
#include "machine/boot_image.h"
#include "machine/load_linux.h"
#include "machine/machine_config.h"

#include <memory>
#include <optional>
#include <vector>

namespace dormouse::machine {

// Boots an arm64 Linux kernel directly, without firmware. The files are read once, so a reset finds the same kernel
// even when somebody has replaced the file meanwhile.
class LinuxBoot final : public BootImage {
public:
    // Reads and checks the files of the config. Fails with NotFound, HostFailure or InvalidArgument; the sentence
    // starts with the field's name ("kernel" or "initrd").
    static Result<std::unique_ptr<LinuxBoot>> create(MachineConfig const&, engine::Capabilities const&);

    Result<firmware::EntryPoint> place(memory::FlatView const&, wires::Quiesced const&) override;

private:
    LinuxBoot(MachineConfig const& config, bool has_pmu, KernelImage kernel, std::vector<uint8_t> initrd,
        LinuxPlacement placement)
        : m_config(config)
        , m_has_pmu(has_pmu)
        , m_kernel(std::move(kernel))
        , m_initrd(std::move(initrd))
        , m_placement(placement)
    {
    }
    Result<std::vector<uint8_t>> device_tree();

    MachineConfig m_config;
    bool m_has_pmu;
    KernelImage m_kernel;
    std::vector<uint8_t> m_initrd;
    LinuxPlacement m_placement;
    uint64_t m_boots { 0 };
};

}
