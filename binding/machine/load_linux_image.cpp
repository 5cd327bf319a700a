#include "base/bits.h"
#include "base/units.h"
#include "machine/load_linux.h"
#include "machine/load_linux_formats.h"
#include "machine/load_linux_unpack.h"

#include <algorithm>
#include <string>

namespace dormouse::machine {

namespace {

    using namespace std::string_view_literals;
    using Bytes = std::span<uint8_t const>;

    constexpr uint64_t kHeaderSize = 64;
    constexpr auto kArm64Magic = "ARM\x64"sv;
    constexpr auto kGzipMagic = "\x1f\x8b"sv;
    constexpr auto kZstdMagic = "\x28\xb5\x2f\xfd"sv;
    constexpr uint64_t kOldTextOffset = 0x8'0000; // of kernels before 3.17, whose image_size is 0

    Error sentence(std::string_view name, std::string_view rest, Code code = Code::InvalidArgument)
    {
        Error error { code, std::string(name) };
        error.message.append(" ").append(rest);
        return error;
    }

    // How many bytes the EFI part of an Image's header says that there are; 0 for an Image without one. What lies
    // behind it (image_size) is BSS, so this alone shows a file that was cut off. [PE format, "Section Table"]
    uint64_t bytes_of_sections(Bytes image)
    {
        uint64_t const header = file_field(image, 60, 4);
        if (!file_has(image, 0, "MZ"sv) || !file_has(image, header, "PE\0\0"sv))
            return 0;
        uint64_t const count = file_field(image, header + 6, 2);
        uint64_t const first = header + 24 + file_field(image, header + 20, 2);
        uint64_t end = 0;
        for (uint64_t section = first; section < first + 40 * count; section += 40)
            end = std::max(end, file_field(image, section + 16, 4) + file_field(image, section + 20, 4));
        return end;
    }

    // The header of an unpacked Image; takes the bytes over.
    Result<KernelImage> check_image(std::vector<uint8_t> bytes, std::string_view packing, std::string_view name)
    {
        if (bytes.size() < kHeaderSize || !file_has(bytes, 56, kArm64Magic)) {
            auto const found = describe_foreign_kernel(bytes);
            return sentence(name, packing == "raw" ? found : "was unpacked, and what was in it " + found);
        }
        KernelImage image;
        image.text_offset = file_field(bytes, 8, 8);
        image.image_size = file_field(bytes, 16, 8);
        uint64_t const flags = file_field(bytes, 24, 8);
        if (flags & 1)
            return sentence(name, "is a big-endian arm64 kernel, which this machine cannot run");
        if (image.image_size == 0) {
            image.text_offset = kOldTextOffset;
            image.image_size = bytes.size();
        }
        if (image.text_offset >= 2_MiB || !is_aligned(image.text_offset, 4_KiB))
            return sentence(name, "has a damaged header: text_offset is " + std::to_string(image.text_offset));
        if (image.image_size > kMaxKernelBytes)
            return sentence(name, "has a damaged header: image_size is " + std::to_string(image.image_size));
        if (uint64_t const expected = bytes_of_sections(bytes); expected > bytes.size())
            return sentence(name,
                "is cut off: its header tells of " + std::to_string(expected) + " bytes, it has "
                    + std::to_string(bytes.size()));
        // A signature may follow the image, and memory for BSS is not in the file.
        image.image_size = std::max<uint64_t>(image.image_size, bytes.size());
        image.packing = packing;
        image.bytes = std::move(bytes);
        return image;
    }

    Result<KernelImage> read_packed(Bytes packed, bool zstd, std::string_view packing, std::string_view name)
    {
        auto unpacked = zstd ? unzstd(packed, kMaxKernelBytes) : gunzip(packed, kMaxKernelBytes);
        if (!unpacked)
            return sentence(name, unpacked.error().message, unpacked.error().code);
        return check_image(unpacked.take(), packing, name);
    }

    // An EFI program that carries a packed Image. [Linux, drivers/firmware/efi/libstub/zboot-header.S]
    Result<KernelImage> read_zboot(Bytes file, std::string_view name)
    {
        uint64_t const offset = file_field(file, 8, 4);
        uint64_t const size = file_field(file, 12, 4);
        if (offset < kHeaderSize || offset >= file.size() || size > file.size() - offset || size == 0)
            return sentence(name, "is an EFI zboot kernel that ends early or has a damaged header");
        Bytes const payload = file.subspan(offset, size);
        if (file_has(file, 24, "gzip\0"sv))
            return read_packed(payload, false, "EFI zboot (gzip)", name);
        if (file_has(file, 24, "zstd"sv))
            return read_packed(payload, true, "EFI zboot (zstd)", name);
        std::string method;
        for (uint64_t i = 24; i < 56 && file[i] > ' ' && file[i] < 0x7f; ++i)
            method.push_back(static_cast<char>(file[i]));
        return sentence(
            name, "is an EFI zboot kernel packed with \"" + method + "\", only gzip and zstd are supported");
    }

}

Result<KernelImage> read_kernel(Bytes file, std::string_view name)
{
    return take_kernel({ file.begin(), file.end() }, name);
}

Result<KernelImage> take_kernel(std::vector<uint8_t> file, std::string_view name)
{
    if (file_has(file, 0, "MZ"sv) && file_has(file, 4, "zimg"sv) && file.size() >= kHeaderSize)
        return read_zboot(file, name);
    if (file_has(file, 0, kGzipMagic))
        return read_packed(file, false, "gzip", name);
    if (file_has(file, 0, kZstdMagic))
        return read_packed(file, true, "zstd", name);
    if (file.size() > kMaxKernelBytes)
        return sentence(name, "is larger than any kernel (" + std::to_string(file.size() >> 20) + " MiB)");
    return check_image(std::move(file), "raw", name);
}

}
