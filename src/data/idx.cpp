#include "data/idx.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "data/file.h"
#include "data/gzip.h"
#include "data/shape_text.h"

namespace signflip {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;

const char* type_name(std::uint8_t type) {
  switch (type) {
    case 0x09:
      return "signed bytes";
    case 0x0b:
      return "16-bit integers";
    case 0x0c:
      return "32-bit integers";
    case 0x0d:
      return "32-bit floats";
    case 0x0e:
      return "64-bit floats";
    default:
      return "an unknown type of value";
  }
}

std::size_t read_dimension(std::span<const std::uint8_t> bytes, std::size_t position) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value * 256 + bytes[position + i];
  return value;
}

}  // namespace

bool looks_like_idx(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] >= 0x08 &&
         bytes[2] <= 0x0e && bytes[3] >= 1 && bytes[3] <= 8;
}

namespace {

/// What the first bytes say.
struct IdxHeader {
  std::vector<std::size_t> shape;
  std::size_t bytes = 0;                ///< of the header
  std::optional<std::size_t> expected;  ///< values; nothing where memory cannot hold them
};

Result<IdxHeader> parse_header(std::span<const std::uint8_t> bytes, const std::string& who) {
  if (bytes.size() < 4) {
    return Error{who + " is truncated: an IDX header has at least 4 bytes, found " +
                 std::to_string(bytes.size())};
  }
  if (bytes[0] != 0 || bytes[1] != 0) {
    return Error{who + " is not an IDX file: it does not begin with two zero bytes"};
  }
  if (bytes[2] != kUnsignedByte) {
    return Error{who + " holds " + type_name(bytes[2]) + " (IDX type " + std::to_string(bytes[2]) +
                 "); only unsigned bytes (type 8) are read"};
  }
  const std::size_t dimensions = bytes[3];
  if (dimensions < 1 || dimensions > 4) {
    return Error{who + " has " + std::to_string(dimensions) + " dimensions; 1 to 4 are read"};
  }
  IdxHeader header;
  header.bytes = 4 + 4 * dimensions;
  if (bytes.size() < header.bytes) {
    return Error{who + " is truncated: its header needs " + std::to_string(header.bytes) +
                 " bytes, found " + std::to_string(bytes.size())};
  }
  std::size_t expected = 1;
  bool overflow = false;
  for (std::size_t i = 0; i < dimensions; ++i) {
    const std::size_t dimension = read_dimension(bytes, 4 + 4 * i);
    header.shape.push_back(dimension);
    overflow = overflow ||
               (dimension > 0 && expected > std::numeric_limits<std::size_t>::max() / dimension);
    expected *= dimension;
  }
  if (!overflow) header.expected = expected;
  return header;
}

}  // namespace

Result<std::size_t> idx_size(std::span<const std::uint8_t> beginning, std::string_view name) {
  const auto header = parse_header(beginning, std::string(name));
  if (!header) return header.error();
  return header->bytes + std::min(header->expected.value_or(kMaxFileBytes), kMaxFileBytes);
}

Result<IdxArray> parse_idx(std::span<const std::uint8_t> bytes, std::string_view name) {
  const std::string who(name);
  auto header = parse_header(bytes, who);
  if (!header) return header.error();
  const auto values = bytes.subspan(header->bytes);
  if (values.size() != header->expected) {
    return size_error(who, values.size(), "values", header->shape, header->expected);
  }
  return IdxArray{std::move(header->shape), {values.begin(), values.end()}};
}

Result<IdxArray> read_idx(const std::filesystem::path& path) {
  const std::string name = path.string();
  const auto bytes = read_maybe_gzip(
      path, [&](std::span<const std::uint8_t> beginning) { return idx_size(beginning, name); });
  if (!bytes) return bytes.error();
  return parse_idx(*bytes, name);
}

std::vector<std::uint8_t> format_idx(const IdxArray& array) {
  std::vector<std::uint8_t> bytes{0, 0, kUnsignedByte,
                                  static_cast<std::uint8_t>(array.shape.size())};
  bytes.reserve(4 + 4 * array.shape.size() + array.values.size());
  for (const std::size_t dimension : array.shape) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<std::uint8_t>(dimension >> shift));
    }
  }
  bytes.insert(bytes.end(), array.values.begin(), array.values.end());
  return bytes;
}

Status write_idx(const std::filesystem::path& path, const IdxArray& array) {
  const std::vector<std::uint8_t> bytes = format_idx(array);
  return write_file_atomically(path, path.extension() == ".gz" ? gzip(bytes) : bytes);
}

}  // namespace signflip
