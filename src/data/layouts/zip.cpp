// PKWARE's APPNOTE.TXT, the parts that NumPy writes.
#include "data/layouts/zip.h"

#include <zlib.h>

#include <algorithm>

namespace signflip {
namespace {

constexpr std::size_t kEndSize = 22, kDirectorySize = 46, kLocalSize = 30;
constexpr std::size_t kMaxDeflateExpansion = 1032;  // of deflate

std::uint32_t number(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i > 0; --i) value = value << 8 | bytes[at + i - 1];
  return value;
}

bool has_signature(std::span<const std::uint8_t> bytes, std::size_t at, std::uint32_t signature) {
  return at + 4 <= bytes.size() && number(bytes, at, 4) == signature;
}

}  // namespace

bool looks_like_zip(std::span<const std::uint8_t> bytes) {
  return has_signature(bytes, 0, 0x04034b50) || has_signature(bytes, 0, 0x06054b50);
}

Result<std::vector<ZipEntry>> zip_entries(std::span<const std::uint8_t> bytes,
                                          std::string_view name) {
  const Error damaged{std::string(name) + " is not a whole ZIP archive: its directory is missing"};
  if (bytes.size() < kEndSize) return damaged;
  std::size_t end = bytes.size() - kEndSize;
  const std::size_t least = end > 65535 ? end - 65535 : 0;  // a comment may follow
  while (!has_signature(bytes, end, 0x06054b50)) {
    if (end == least) return damaged;
    --end;
  }
  const std::size_t count = number(bytes, end + 10, 2);
  std::size_t at = number(bytes, end + 16, 4);
  std::vector<ZipEntry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    if (at > end || end - at < kDirectorySize || !has_signature(bytes, at, 0x02014b50)) {
      return damaged;
    }
    ZipEntry entry;
    entry.method = static_cast<std::uint16_t>(number(bytes, at + 10, 2));
    entry.crc = number(bytes, at + 16, 4);
    entry.packed = number(bytes, at + 20, 4);
    entry.size = number(bytes, at + 24, 4);
    entry.header = number(bytes, at + 42, 4);
    const std::size_t length = number(bytes, at + 28, 2);
    const std::size_t more = length + number(bytes, at + 30, 2) + number(bytes, at + 32, 2);
    if (end - at - kDirectorySize < more) return damaged;
    entry.name.assign(reinterpret_cast<const char*>(bytes.data()) + at + kDirectorySize, length);
    entries.push_back(std::move(entry));
    at += kDirectorySize + more;
  }
  return entries;
}

Result<std::vector<std::uint8_t>> unzip(std::span<const std::uint8_t> bytes, const ZipEntry& entry,
                                        std::string_view name) {
  const auto bad = [&](const std::string& what) {
    return Error{std::string(name) + ": " + entry.name + " " + what};
  };
  const std::size_t at = entry.header;
  if (at > bytes.size() || bytes.size() - at < kLocalSize ||
      !has_signature(bytes, at, 0x04034b50)) {
    return bad("is not where the archive's directory says");
  }
  const std::size_t begin = at + kLocalSize + number(bytes, at + 26, 2) + number(bytes, at + 28, 2);
  if (begin > bytes.size() || bytes.size() - begin < entry.packed) return bad("is cut short");
  const auto packed = bytes.subspan(begin, entry.packed);
  std::vector<std::uint8_t> out;
  if (entry.method == 0) {
    if (entry.size != entry.packed) return bad("is stored with two sizes");
    out.assign(packed.begin(), packed.end());
  } else if (entry.method == 8) {
    if (entry.size > kMaxDeflateExpansion * (entry.packed + 1))
      return bad("cannot be as large as it says");
    out.resize(entry.size);
    z_stream z{};
    if (inflateInit2(&z, -15) != Z_OK) return bad("cannot be unpacked: zlib has no memory");
    z.next_in = const_cast<Bytef*>(packed.data());  // zlib only reads it
    z.avail_in = static_cast<uInt>(packed.size());
    std::uint8_t none = 0;
    z.next_out = out.empty() ? &none : out.data();
    z.avail_out = static_cast<uInt>(out.size());
    const int code = inflate(&z, Z_FINISH);
    const std::size_t made = out.size() - z.avail_out;
    inflateEnd(&z);
    if (code != Z_STREAM_END || made != entry.size) return bad("is damaged");
  } else {
    return bad("is compressed in a way (" + std::to_string(entry.method) +
               ") that is not read; numpy.savez and savez_compressed write what is");
  }
  uLong crc = crc32(0, nullptr, 0);
  crc = crc32_z(crc, out.data(), out.size());
  if (crc != entry.crc) return bad("is damaged: its checksum is wrong");
  return out;
}

}  // namespace signflip
