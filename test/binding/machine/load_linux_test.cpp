#include "machine/load_linux.h"

#include "base/units.h"
#include "machine/memory_layout.h"
#include "memory/backing.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <zlib.h>
#if __has_include(<zstd.h>)
#include <zstd.h>
#endif

using namespace dormouse;
using namespace dormouse::machine;

namespace {

using Bytes = std::vector<uint8_t>;

void put(Bytes& bytes, size_t offset, uint64_t value, unsigned size)
{
    if (bytes.size() < offset + size)
        bytes.resize(offset + size);
    for (unsigned i = 0; i < size; ++i)
        bytes[offset + i] = static_cast<uint8_t>(value >> (8 * i));
}

void put(Bytes& bytes, size_t offset, std::string const& text)
{
    if (bytes.size() < offset + text.size())
        bytes.resize(offset + text.size());
    std::memcpy(bytes.data() + offset, text.data(), text.size());
}

Bytes image(uint64_t text_offset = 0, uint64_t image_size = 0x20'0000, uint64_t flags = 0xa)
{
    Bytes bytes(0x10000);
    for (size_t i = 64; i < bytes.size(); ++i)
        bytes[i] = static_cast<uint8_t>(i * 7);
    put(bytes, 8, text_offset, 8);
    put(bytes, 16, image_size, 8);
    put(bytes, 24, flags, 8);
    put(bytes, 56, "ARM\x64");
    return bytes;
}

Bytes gzip(Bytes const& plain)
{
    z_stream stream {};
    REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    Bytes out(plain.size() / 2 + 4096);
    stream.next_in = const_cast<Bytef*>(plain.data());
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

Bytes zboot(Bytes const& payload, std::string const& method)
{
    Bytes bytes(0x400);
    put(bytes, 0, std::string("MZ\0\0zimg", 8));
    put(bytes, 8, bytes.size(), 4);
    put(bytes, 12, payload.size(), 4);
    put(bytes, 24, method);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    bytes.resize(bytes.size() + 100); // sections of the EFI program follow
    return bytes;
}

std::string refusal(Bytes const& file)
{
    auto const result = read_kernel(file, "vmlinuz");
    REQUIRE(!result.ok());
    return result.error().message;
}

KernelImage kernel_of(Bytes const& file)
{
    auto result = read_kernel(file, "vmlinuz");
    REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().message));
    return result.take();
}

}

TEST_CASE("load_linux: raw, gzip and EFI zboot give the same Image")
{
    auto const plain = image();
    CHECK(kernel_of(plain).packing == "raw");
    auto const unpacked = kernel_of(gzip(plain));
    CHECK(unpacked.packing == "gzip");
    CHECK(unpacked.bytes == plain);
    CHECK(unpacked.image_size == 0x20'0000);
    auto const boot = kernel_of(zboot(gzip(plain), std::string("gzip\0", 5)));
    CHECK(boot.packing == "EFI zboot (gzip)");
    CHECK(boot.bytes == plain);
}

#if __has_include(<zstd.h>)
TEST_CASE("load_linux: zstd, alone and in EFI zboot")
{
    auto const plain = image();
    Bytes packed(ZSTD_compressBound(plain.size()));
    size_t const size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3);
    REQUIRE(!ZSTD_isError(size));
    packed.resize(size);
    CHECK(kernel_of(packed).bytes == plain);
    CHECK(kernel_of(zboot(packed, "zstd22")).bytes == plain);
    auto cut = packed;
    cut.resize(cut.size() / 2);
    CHECK(refusal(cut) == "vmlinuz is damaged (the zstd data ends early)");
}
#endif

TEST_CASE("load_linux: what is no arm64 kernel is called by its name")
{
    CHECK(refusal({}) == "vmlinuz is empty");
    CHECK(refusal({ 'h', 'i' }) == "vmlinuz has only 2 bytes, less than the header of an arm64 kernel");
    Bytes bzimage(0x1000);
    put(bzimage, 0, "MZ");
    put(bzimage, 0x202, "HdrS");
    CHECK(refusal(bzimage) == "vmlinuz is an x86-64 bzImage, not an arm64 kernel");
    Bytes zimage(0x1000);
    put(zimage, 0x24, 0x016f'2818, 4);
    CHECK(refusal(zimage) == "vmlinuz is a 32-bit ARM zImage, not an arm64 kernel");
    Bytes elf(0x1000);
    put(elf, 0,
        "\x7f"
        "ELF");
    put(elf, 18, 183, 2);
    CHECK(refusal(elf).find("is an arm64 ELF file (vmlinux)") != std::string::npos);
    put(elf, 18, 62, 2);
    CHECK(refusal(elf) == "vmlinuz is an x86-64 ELF file, not an arm64 kernel");
    Bytes riscv(0x1000);
    put(riscv, 56, "RSC\x05");
    CHECK(refusal(riscv).find("RISC-V") != std::string::npos);
    CHECK(refusal(gzip(riscv)) == "vmlinuz was unpacked, and what was in it is a RISC-V kernel, not an arm64 kernel");
    CHECK(refusal(Bytes(4096, 'x')).find("ARM\\x64") != std::string::npos);
    CHECK(refusal(zboot(gzip(image()), "lz4")).find("\"lz4\"") != std::string::npos);
    CHECK(refusal(image(0, 0x20'0000, 1)).find("big-endian") != std::string::npos);
    CHECK(refusal(image(3)).find("text_offset is 3") != std::string::npos);
    CHECK(refusal(image(0, uint64_t { 1 } << 40)).find("image_size") != std::string::npos);
}

TEST_CASE("load_linux: every truncation of a packed kernel is refused")
{
    auto const packed = gzip(image());
    for (size_t size = 0; size + 9 < packed.size(); size += 13)
        refusal({ packed.begin(), packed.begin() + static_cast<ptrdiff_t>(size) });
    auto const boot = zboot(packed, std::string("gzip\0", 5));
    for (size_t size = 0; size < 0x400 + packed.size(); size += 13)
        refusal({ boot.begin(), boot.begin() + static_cast<ptrdiff_t>(size) });
}

TEST_CASE("load_linux: a raw kernel that was cut off is refused, whatever its BSS")
{
    auto file = image();
    constexpr size_t kPe = 0x100;
    put(file, 0, "MZ");
    put(file, 60, kPe, 4);
    put(file, kPe, std::string("PE\0\0", 4));
    put(file, kPe + 6, 2, 2); // sections
    put(file, kPe + 20, 0x70, 2); // bytes of the optional header before them
    for (size_t section = 0; section < 2; ++section) {
        put(file, kPe + 24 + 0x70 + 40 * section + 16, 0x6000, 4); // SizeOfRawData
        put(file, kPe + 24 + 0x70 + 40 * section + 20, 0x4000 + 0x6000 * section, 4); // PointerToRawData
    }
    CHECK(kernel_of(file).image_size == 0x20'0000);
    file.pop_back();
    CHECK(refusal(file) == "vmlinuz is cut off: its header tells of 65536 bytes, it has 65535");
    CHECK(refusal(gzip(file)).find("is cut off") != std::string::npos);
    put(file, kPe + 6, 0xffff, 2);
    refusal(file);
}

TEST_CASE("load_linux: a decompression bomb stops at the limit")
{
    // 513 MiB of zeros in a file of about two MiB.
    z_stream stream {};
    REQUIRE(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    Bytes const zeros(1 << 20);
    Bytes out(16 << 20);
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    for (int mib = 0; mib < 513; ++mib) {
        stream.next_in = const_cast<Bytef*>(zeros.data());
        stream.avail_in = static_cast<uInt>(zeros.size());
        REQUIRE(deflate(&stream, mib == 512 ? Z_FINISH : Z_NO_FLUSH) >= Z_OK);
    }
    out.resize(stream.total_out);
    deflateEnd(&stream);
    CHECK(refusal(out) == "vmlinuz unpacks to more than 512 MiB");
}

TEST_CASE("load_linux: kernels before 3.17 have no image_size")
{
    auto const old = kernel_of(image(0, 0));
    CHECK(old.text_offset == 0x8'0000);
    CHECK(old.image_size == 0x10000);
    auto const placed = place_linux(old, 0, 64_MiB);
    REQUIRE(placed.ok());
    CHECK(placed.value().kernel.base.value == 0x4008'0000);
}

TEST_CASE("load_linux: roomy machines put the initrd where QEMU does, small ones pack it")
{
    auto const kernel = kernel_of(image(0, 40_MiB));
    auto const roomy = place_linux(kernel, 10_MiB, 1_GiB);
    REQUIRE(roomy.ok());
    CHECK(roomy.value()
        == LinuxPlacement { { { 0x4020'0000 }, 40_MiB }, { { 0x4800'0000 }, 10_MiB }, { { 0x48a0'0000 }, 2_MiB } });
    auto const tight = place_linux(kernel, 30_MiB, 74_MiB);
    REQUIRE(tight.ok());
    CHECK(tight.value().initrd.base.value == 0x42a0'0000);
    CHECK(tight.value().dtb.end() == layout::kRamBase + 74_MiB);
    auto const bare = place_linux(kernel, 0, 64_MiB);
    REQUIRE(bare.ok());
    CHECK(bare.value().initrd.size == 0);
}

TEST_CASE("load_linux: too little memory says how much is needed, and that much is enough")
{
    auto const kernel = kernel_of(image(0, 40_MiB));
    auto const small = place_linux(kernel, 30_MiB, 64_MiB);
    REQUIRE(!small.ok());
    CHECK(small.error().message
        == "The machine has 64 MiB of memory, this kernel needs at least 74 MiB to start (the kernel takes 40 MiB, the "
           "initrd 30 MiB)");
    CHECK(place_linux(kernel, 30_MiB, 74_MiB).ok());
    CHECK(!place_linux(kernel, 30_MiB, 73_MiB).ok());
    CHECK(!place_linux(kernel, 0, 0).ok());
    CHECK(!place_linux(kernel, ~uint64_t { 0 }, 1_TiB).ok());
}

TEST_CASE("load_linux: everything lands in memory and BSS is cleared")
{
    auto backing = memory::Backing::create_anonymous(64_MiB);
    REQUIRE(backing.ok());
    auto const owner = backing.value();
    std::memset(owner->data(), 0xaa, 64_MiB);
    memory::FlatView const view { { { { layout::kRamBase }, 64_MiB, owner->data(), false, owner } }, 1 };
    auto const kernel = kernel_of(image());
    Bytes const initrd(5000, 0x11);
    Bytes const dtb(300, 0x22);
    auto const placement = place_linux(kernel, initrd.size(), 64_MiB);
    REQUIRE(placement.ok());
    auto const& at = placement.value();
    REQUIRE(load_linux(view, at, kernel, initrd, dtb).ok());
    auto const* ram = owner->data();
    CHECK(std::memcmp(ram + 2_MiB, kernel.bytes.data(), kernel.bytes.size()) == 0);
    CHECK(ram[2_MiB + kernel.bytes.size()] == 0);
    CHECK(ram[2_MiB + kernel.image_size - 1] == 0);
    CHECK(ram[2_MiB + kernel.image_size] == 0xaa);
    CHECK(ram[at.initrd.base.value - layout::kRamBase + 4999] == 0x11);
    CHECK(ram[at.dtb.base.value - layout::kRamBase] == 0x22);
    CHECK(!load_linux(view, at, kernel, Bytes(10), dtb).ok());
    auto const far = place_linux(kernel, 0, 4_GiB);
    memory::FlatView const nothing { {}, 2 };
    CHECK(!load_linux(nothing, far.value(), kernel, {}, dtb).ok());
}
