#include "machine/load_linux.h"

#include "base/bits.h"
#include "base/units.h"
#include "machine/memory_layout.h"

#include <algorithm>
#include <string>

namespace dormouse::machine {

namespace {

    constexpr uint64_t kKernelAlignment = 2_MiB;
    constexpr uint64_t kInitrdAlignment = 64_KiB; // whatever page size the kernel was built for
    constexpr uint64_t kFarthestInitrd = 128_MiB;
    // Kernel and initrd must lie in one 32 GiB window that starts on 1 GiB. [Linux, arch/arm64/booting.rst]
    constexpr uint64_t kWindow = 32_GiB;

    std::string mib(uint64_t bytes)
    {
        return std::to_string(align_up(bytes, 1_MiB) >> 20) + " MiB";
    }

    LinuxPlacement placement_with(GuestRange kernel, uint64_t initrd_base, uint64_t initrd_bytes)
    {
        GuestRange const initrd { { initrd_bytes ? initrd_base : 0 }, initrd_bytes };
        uint64_t const before = initrd_bytes ? initrd.end() : kernel.end();
        return { kernel, initrd, { { align_up(before, 2_MiB) }, kDtbReserve } };
    }

}

Result<LinuxPlacement> place_linux(KernelImage const& image, uint64_t initrd_bytes, uint64_t ram_bytes)
{
    if (initrd_bytes >= kWindow - 1_GiB)
        return Error { Code::InvalidArgument,
            "The initrd has " + mib(initrd_bytes) + ", a kernel takes at most 31 GiB" };
    // A kernel that wants to be at the very start gets 2 MiB less: the first page stays free, as QEMU leaves it.
    uint64_t const offset = image.text_offset < 4_KiB ? kKernelAlignment + image.text_offset : image.text_offset;
    GuestRange const kernel { { layout::kRamBase + offset }, image.image_size };
    uint64_t const ram_end = layout::kRamBase + ram_bytes;
    uint64_t const behind_kernel = align_up(kernel.end(), kInitrdAlignment);

    uint64_t const half = layout::kRamBase + std::min(ram_bytes / 2, kFarthestInitrd);
    auto const roomy = placement_with(kernel, std::max(align_up(half, kInitrdAlignment), behind_kernel), initrd_bytes);
    if (roomy.dtb.end() <= ram_end)
        return roomy;
    auto const tight = placement_with(kernel, behind_kernel, initrd_bytes);
    if (tight.dtb.end() <= ram_end)
        return tight;
    std::string const initrd_text = initrd_bytes ? ", the initrd " + mib(initrd_bytes) : std::string();
    return Error { Code::InvalidArgument,
        "The machine has " + mib(ram_bytes) + " of memory, this kernel needs at least "
            + mib(tight.dtb.end() - layout::kRamBase) + " to start (the kernel takes " + mib(image.image_size)
            + initrd_text + ")" };
}

Result<void> load_linux(memory::FlatView const& view, LinuxPlacement const& placement, KernelImage const& image,
    std::span<uint8_t const> initrd, std::span<uint8_t const> dtb)
{
    if (initrd.size() != placement.initrd.size || dtb.size() > placement.dtb.size)
        return Error { Code::InvalidArgument,
            "The initrd or the device tree is not the one the placement was made for" };
    uint8_t* const kernel = view.host(placement.kernel.base, placement.kernel.size, true);
    bool const initrd_written = initrd.empty() || view.write(placement.initrd.base, initrd.data(), initrd.size());
    if (!kernel || !initrd_written || !view.write(placement.dtb.base, dtb.data(), dtb.size()))
        return Error { Code::InvalidArgument, "Kernel, initrd and device tree do not lie in the machine's memory" };
    std::copy(image.bytes.begin(), image.bytes.end(), kernel);
    std::fill(kernel + image.bytes.size(), kernel + placement.kernel.size, uint8_t { 0 });
    return {};
}

}
