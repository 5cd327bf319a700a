#include "machine/load_linux_unpack.h"

#include <algorithm>
#include <memory>
#include <string>
#include <zlib.h>
#ifdef DORMOUSE_HAVE_ZSTD
#include <zstd.h>
#endif

namespace dormouse::machine {

namespace {

    constexpr size_t kFirstChunk = size_t { 4 } << 20;

    Error damaged(std::string const& what)
    {
        return { Code::InvalidArgument, "is damaged (" + what + ")" };
    }

    Error too_large(uint64_t limit)
    {
        return { Code::InvalidArgument, "unpacks to more than " + std::to_string(limit >> 20) + " MiB" };
    }

    // Grows by halves, so that a bomb costs no more than what it has really unpacked so far, and never over the limit.
    bool grow(std::vector<uint8_t>& out, uint64_t limit)
    {
        if (out.size() >= limit)
            return false;
        out.resize(std::min<uint64_t>(limit, std::max<uint64_t>(kFirstChunk, out.size() + out.size() / 2)));
        return true;
    }

}

Result<std::vector<uint8_t>> gunzip(std::span<uint8_t const> packed, uint64_t limit)
{
    z_stream stream {};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) // 16: gzip wrapper
        return Error { Code::OutOfMemory, "cannot be unpacked, zlib got no memory" };
    std::unique_ptr<z_stream, decltype(&inflateEnd)> const cleanup { &stream, &inflateEnd };
    std::vector<uint8_t> out;
    size_t done = 0;
    size_t taken = 0;
    for (;;) {
        if (done == out.size() && !grow(out, limit))
            return too_large(limit);
        size_t const input = std::min<size_t>(packed.size() - taken, 1u << 30);
        size_t const room = std::min<size_t>(out.size() - done, 1u << 30);
        stream.next_in = const_cast<Bytef*>(packed.data() + taken);
        stream.avail_in = static_cast<uInt>(input);
        stream.next_out = out.data() + done;
        stream.avail_out = static_cast<uInt>(room);
        int const result = inflate(&stream, Z_NO_FLUSH);
        taken += input - stream.avail_in;
        done += room - stream.avail_out;
        if (result == Z_STREAM_END)
            break;
        if (result == Z_BUF_ERROR && taken == packed.size())
            return damaged("the gzip data ends early");
        if (result != Z_OK && result != Z_BUF_ERROR)
            return damaged(stream.msg ? stream.msg : "gzip");
    }
    out.resize(done);
    return out;
}

#ifdef DORMOUSE_HAVE_ZSTD
Result<std::vector<uint8_t>> unzstd(std::span<uint8_t const> packed, uint64_t limit)
{
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> const context { ZSTD_createDCtx(), &ZSTD_freeDCtx };
    if (!context)
        return Error { Code::OutOfMemory, "cannot be unpacked, libzstd got no memory" };
    // Kernels are packed with level 22, whose window is 128 MiB at most.
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 27);
    std::vector<uint8_t> out;
    ZSTD_inBuffer input { packed.data(), packed.size(), 0 };
    size_t done = 0;
    for (;;) {
        if (done == out.size() && !grow(out, limit))
            return too_large(limit);
        ZSTD_outBuffer output { out.data(), out.size(), done };
        size_t const before = input.pos;
        size_t const result = ZSTD_decompressStream(context.get(), &output, &input);
        if (ZSTD_isError(result))
            return damaged(ZSTD_getErrorName(result));
        bool const stuck = output.pos == done && input.pos == before;
        done = output.pos;
        if (result == 0)
            break;
        if (stuck || (input.pos == input.size && done < out.size()))
            return damaged("the zstd data ends early");
    }
    out.resize(done);
    return out;
}
#else
Result<std::vector<uint8_t>> unzstd(std::span<uint8_t const>, uint64_t)
{
    return Error { Code::Unsupported, "is packed with zstd, and this build has no libzstd" };
}
#endif

}
