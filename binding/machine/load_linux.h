#pragma once

#include "arch/addresses.h"
#include "base/result.h"
#include "memory/flat_view.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace dormouse::machine {

// A kernel larger than this, unpacked, is taken for a decompression bomb.
constexpr uint64_t kMaxKernelBytes = uint64_t { 512 } << 20;
constexpr uint64_t kDtbReserve = uint64_t { 2 } << 20;

// An arm64 Linux Image, unpacked and checked. [Linux, Documentation/arch/arm64/booting.rst]
struct KernelImage {
    std::vector<uint8_t> bytes;
    uint64_t text_offset { 0 }; // from a 2 MiB boundary; below 2 MiB
    uint64_t image_size { 0 }; // memory it needs from its load address, with BSS; at least bytes.size()
    std::string_view packing; // "raw", "gzip", "zstd", "EFI zboot (gzip)", "EFI zboot (zstd)"
};

// Recognises a raw Image, one packed by gzip or zstd, and an EFI zboot file. Fails with InvalidArgument and one
// sentence that starts with `name` (the file's, for people) and says what the file is instead or what is wrong in it.
Result<KernelImage> read_kernel(std::span<uint8_t const> file, std::string_view name);
// The same without a copy of a raw Image.
Result<KernelImage> take_kernel(std::vector<uint8_t> file, std::string_view name);

struct GuestRange {
    arch::Gpa base;
    uint64_t size { 0 };
    uint64_t end() const { return base.value + size; }
    bool operator==(GuestRange const&) const = default;
};

// Where everything goes. Start the boot CPU at kernel.base with x0 = dtb.base and x1 = x2 = x3 = 0.
struct LinuxPlacement {
    GuestRange kernel;
    GuestRange initrd; // size 0: none
    GuestRange dtb; // kDtbReserve bytes, 2 MiB-aligned
    bool operator==(LinuxPlacement const&) const = default;
};

// Kernel low, initrd at half of RAM (at most 128 MiB up) or behind the kernel, device tree behind both; packed closely
// when RAM is scarce. Fails with InvalidArgument saying how much memory is needed.
Result<LinuxPlacement> place_linux(KernelImage const&, uint64_t initrd_bytes, uint64_t ram_bytes);

// Copies all three into guest memory and clears the kernel's BSS. `dtb` was written for this placement's initrd.
Result<void> load_linux(memory::FlatView const&, LinuxPlacement const&, KernelImage const&,
    std::span<uint8_t const> initrd, std::span<uint8_t const> dtb);

}
