#include "machine/load_linux_formats.h"

#include <algorithm>
#include <cstdio>

namespace dormouse::machine {

namespace {

    struct Magic {
        uint64_t offset;
        std::string_view bytes;
        char const* meaning;
    };

    using namespace std::string_view_literals;

    // The first match counts, so the specific ones come first.
    constexpr Magic kMagics[] = {
        { 0x202, "HdrS"sv, "is an x86-64 bzImage, not an arm64 kernel" },
        { 0x24, "\x18\x28\x6f\x01"sv, "is a 32-bit ARM zImage, not an arm64 kernel" },
        { 56, "RSC\x05"sv, "is a RISC-V kernel, not an arm64 kernel" },
        { 0, "\x27\x05\x19\x56"sv, "is a U-Boot image (uImage); give the Image inside it" },
        { 0, "\xd0\x0d\xfe\xed"sv, "is a device tree or a FIT image; give the Image itself" },
        { 0, "ANDROID!"sv, "is an Android boot image; give the kernel inside it" },
        { 0,
            "\xfd"
            "7zXZ\0"sv,
            "is packed with xz; unpack it first" },
        { 0, "BZh"sv, "is packed with bzip2; unpack it first" },
        { 0, "\x02\x21\x4c\x18"sv, "is packed with lz4; unpack it first" },
        { 0, "\x04\x22\x4d\x18"sv, "is packed with lz4; unpack it first" },
        { 0, "\x5d\0\0"sv, "is packed with lzma; unpack it first" },
        { 0, "070701"sv, "is a cpio archive: an initrd, not a kernel" },
        { 0, "070702"sv, "is a cpio archive: an initrd, not a kernel" },
        { 0, "QFI\xfb"sv, "is a qcow2 disk image, not a kernel" },
        { 257, "ustar"sv, "is a tar archive, not a kernel" },
        { 0, "!<arch>"sv, "is a Debian package or an ar archive, not a kernel" },
        { 0x8001, "CD001"sv, "is a CD image, not a kernel" },
    };

    std::string describe_elf(std::span<uint8_t const> file)
    {
        constexpr unsigned kAarch64 = 183;
        constexpr unsigned kX86_64 = 62;
        auto const machine = static_cast<unsigned>(file_field(file, 18, 2));
        if (machine == kAarch64)
            return "is an arm64 ELF file (vmlinux); give the Image that the kernel build makes from it";
        if (machine == kX86_64)
            return "is an x86-64 ELF file, not an arm64 kernel";
        return "is an ELF file for machine type " + std::to_string(machine) + ", not an arm64 kernel";
    }

    std::string describe_pe(std::span<uint8_t const> file)
    {
        uint64_t const header = file_field(file, 60, 4);
        if (!file_has(file, header, "PE\0\0"sv))
            return "is a DOS program, not an arm64 kernel";
        auto const machine = static_cast<unsigned>(file_field(file, header + 4, 2));
        if (machine == 0x8664)
            return "is an x86-64 EFI program, not an arm64 kernel";
        if (machine == 0xaa64)
            return "is an arm64 EFI program, but not a Linux kernel";
        char text[80];
        std::snprintf(text, sizeof text, "is an EFI program for machine type 0x%x, not an arm64 kernel", machine);
        return text;
    }

}

uint64_t file_field(std::span<uint8_t const> file, uint64_t offset, unsigned size)
{
    if (offset > file.size() || size > file.size() - offset)
        return 0;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i)
        value |= uint64_t { file[offset + i] } << (8 * i);
    return value;
}

bool file_has(std::span<uint8_t const> file, uint64_t offset, std::string_view bytes)
{
    if (offset > file.size() || bytes.size() > file.size() - offset)
        return false;
    return std::equal(bytes.begin(), bytes.end(), file.begin() + static_cast<ptrdiff_t>(offset),
        [](char expected, uint8_t found) { return static_cast<uint8_t>(expected) == found; });
}

std::string describe_foreign_kernel(std::span<uint8_t const> file)
{
    if (file.empty())
        return "is empty";
    for (auto const& magic : kMagics) {
        if (file_has(file, magic.offset, magic.bytes))
            return magic.meaning;
    }
    if (file_has(file, 0,
            "\x7f"
            "ELF"sv))
        return describe_elf(file);
    if (file_has(file, 0, "MZ"sv))
        return describe_pe(file);
    if (file.size() < 64)
        return "has only " + std::to_string(file.size()) + " bytes, less than the header of an arm64 kernel";
    return "is not an arm64 Linux kernel: the mark \"ARM\\x64\" is missing at byte 56";
}

}
