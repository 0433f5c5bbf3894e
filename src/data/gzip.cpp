#include "data/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

namespace signflip {
namespace {

constexpr int kGzipWindow = 15 + 16;  // with a gzip header and trailer, in zlib's encoding
constexpr std::size_t kChunk = std::numeric_limits<uInt>::max() / 4;

/// Owns an initialised inflate stream.
class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK; }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

std::string count_text(std::size_t count) { return std::to_string(count); }

}  // namespace

bool looks_like_gzip(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

Result<std::vector<std::uint8_t>> gunzip(std::span<const std::uint8_t> bytes, std::string_view name,
                                         std::size_t max_bytes) {
  return gunzip(bytes, name, [=](std::span<const std::uint8_t>) { return max_bytes; });
}

Result<std::vector<std::uint8_t>> gunzip(std::span<const std::uint8_t> bytes, std::string_view name,
                                         const SizeOf& size_of) {
  const std::string who(name);
  if (!looks_like_gzip(bytes)) return Error{who + " is not a gzip file"};
  Inflater inflater;
  if (!inflater.ready()) return Error{who + " cannot be unpacked: zlib has no memory"};
  z_stream& z = inflater.stream();

  std::vector<std::uint8_t> out(std::size_t{1} << 16);  // grows: most files are small
  std::optional<std::size_t> max_bytes;                 // known once there is a beginning
  const auto limit = [&](std::size_t written) -> Status {
    if (!max_bytes) {
      const auto size = size_of(std::span<const std::uint8_t>(out).first(written));
      if (!size) return size.error();
      max_bytes = std::min(*size, kMaxFileBytes);
    }
    if (written <= *max_bytes) return {};
    return Error{who + " unpacks to more than " + count_text(*max_bytes) + " bytes"};
  };
  std::size_t written = 0;
  std::size_t read = 0;
  while (true) {
    const std::size_t room = std::min(out.size() - written, kChunk);
    const std::size_t rest = std::min(bytes.size() - read, kChunk);
    z.next_in = const_cast<Bytef*>(bytes.data() + read);  // zlib only reads it
    z.avail_in = static_cast<uInt>(rest);
    z.next_out = out.data() + written;
    z.avail_out = static_cast<uInt>(room);
    const int code = inflate(&z, Z_NO_FLUSH);
    read += rest - z.avail_in;
    written += room - z.avail_out;

    if (written >= kBeginning || max_bytes) {
      if (const Status fits = limit(written); !fits) return fits.error();
    }
    if (code == Z_STREAM_END) {
      const auto tail = bytes.subspan(read);
      if (std::all_of(tail.begin(), tail.end(), [](std::uint8_t b) { return b == 0; })) break;
      if (!looks_like_gzip(tail)) {
        return Error{who + " is corrupt: " + count_text(tail.size()) +
                     " bytes that are not gzip follow its compressed data"};
      }
      if (inflateReset(&z) != Z_OK) return Error{who + " cannot be unpacked"};
    } else if (code == Z_OK || code == Z_BUF_ERROR) {
      if (z.avail_out == 0) {
        const std::size_t most = max_bytes ? *max_bytes + 1 : kBeginning;
        if (written == out.size()) out.resize(std::min(out.size() * 2, most));
      } else if (read == bytes.size()) {
        return Error{who + " is truncated: its gzip data stops after " + count_text(read) +
                     " bytes without an end"};
      }
    } else {
      return Error{who + " is corrupt: its gzip data is damaged at byte " + count_text(read)};
    }
  }
  if (const Status fits = limit(written); !fits) return fits.error();
  out.resize(written);
  return out;
}

std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes) {
  z_stream z{};
  std::vector<std::uint8_t> out;
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return out;
  }
  out.resize(1 << 16);
  std::size_t written = 0;
  std::size_t read = 0;
  int code = Z_OK;
  while (code != Z_STREAM_END) {
    if (written == out.size()) out.resize(out.size() * 2);
    const std::size_t room = std::min(out.size() - written, kChunk);
    const std::size_t rest = std::min(bytes.size() - read, kChunk);
    z.next_in = const_cast<Bytef*>(bytes.data() + read);
    z.avail_in = static_cast<uInt>(rest);
    z.next_out = out.data() + written;
    z.avail_out = static_cast<uInt>(room);
    code = deflate(&z, read + rest == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    read += rest - z.avail_in;
    written += room - z.avail_out;
  }
  deflateEnd(&z);
  out.resize(written);
  return out;
}

}  // namespace signflip
