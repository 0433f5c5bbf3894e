#include "import/onnx/protobuf.h"

#include <cstring>

#include "core/bits.h"

namespace signflip::onnx {
namespace {

enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

}  // namespace

float ProtoField::real() const { return float_from_bits(static_cast<std::uint32_t>(value)); }

std::string_view ProtoField::text() const {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool ProtoReader::varint(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return false;
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;  // more than ten bytes
}

bool ProtoReader::take(std::size_t count, std::span<const std::uint8_t>& taken) {
  if (count > rest_.size()) return false;
  taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return true;
}

bool ProtoReader::next(ProtoField& field) {
  if (rest_.empty() || failed_) return false;
  field = {};
  std::uint64_t key = 0;
  failed_ = true;  // until the field is whole
  if (!varint(key) || key > 0xFFFFFFFFU || (key >> 3) == 0) return false;
  field.number = static_cast<std::uint32_t>(key >> 3);
  std::span<const std::uint8_t> raw;
  switch (key & 7U) {
    case kVarint:
      field.kind = ProtoField::Kind::varint;
      if (!varint(field.value)) return false;
      break;
    case kFixed64:
      field.kind = ProtoField::Kind::fixed64;
      if (!take(8, raw)) return false;
      std::memcpy(&field.value, raw.data(), 8);
      break;
    case kBytes: {
      std::uint64_t length = 0;
      field.kind = ProtoField::Kind::bytes;
      if (!varint(length) || length > rest_.size()) return false;
      if (!take(static_cast<std::size_t>(length), field.bytes)) return false;
      break;
    }
    case kFixed32: {
      std::uint32_t bits = 0;
      field.kind = ProtoField::Kind::fixed32;
      if (!take(4, raw)) return false;
      std::memcpy(&bits, raw.data(), 4);
      field.value = bits;
      break;
    }
    default:
      return false;
  }
  failed_ = false;
  return true;
}

bool append_integers(const ProtoField& field, std::vector<std::int64_t>& values) {
  if (field.kind == ProtoField::Kind::varint) {
    values.push_back(field.integer());
    return true;
  }
  if (field.kind != ProtoField::Kind::bytes) return false;
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const std::uint8_t byte : field.bytes) {
    if (shift > 63) return false;
    value |= std::uint64_t{byte & 0x7FU} << shift;
    shift += 7;
    if ((byte & 0x80U) != 0) continue;
    values.push_back(static_cast<std::int64_t>(value));
    value = 0;
    shift = 0;
  }
  return shift == 0;
}

namespace {

template <class T>
bool append_packed(std::span<const std::uint8_t> bytes, std::vector<double>& values) {
  if (bytes.size() % sizeof(T) != 0) return false;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    values.push_back(static_cast<double>(value));
  }
  return true;
}

}  // namespace

bool append_floats(const ProtoField& field, std::vector<double>& values) {
  if (field.kind == ProtoField::Kind::bytes) return append_packed<float>(field.bytes, values);
  if (field.kind != ProtoField::Kind::fixed32) return false;
  values.push_back(static_cast<double>(field.real()));
  return true;
}

bool append_doubles(const ProtoField& field, std::vector<double>& values) {
  if (field.kind == ProtoField::Kind::bytes) return append_packed<double>(field.bytes, values);
  if (field.kind != ProtoField::Kind::fixed64) return false;
  double value = 0;
  std::memcpy(&value, &field.value, sizeof value);
  values.push_back(value);
  return true;
}

void ProtoWriter::varint(std::uint64_t value) {
  while (value >= 0x80U) {
    bytes_.push_back(static_cast<std::uint8_t>(value | 0x80U));
    value >>= 7;
  }
  bytes_.push_back(static_cast<std::uint8_t>(value));
}

void ProtoWriter::integer(std::uint32_t number, std::int64_t value) {
  varint(std::uint64_t{number} << 3 | kVarint);
  varint(static_cast<std::uint64_t>(value));
}

void ProtoWriter::real(std::uint32_t number, float value) {
  varint(std::uint64_t{number} << 3 | kFixed32);
  const auto bits = float_bits(value);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes_.push_back(static_cast<std::uint8_t>(bits >> shift));
  }
}

void ProtoWriter::bytes(std::uint32_t number, std::span<const std::uint8_t> value) {
  varint(std::uint64_t{number} << 3 | kBytes);
  varint(value.size());
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void ProtoWriter::text(std::uint32_t number, std::string_view value) {
  bytes(number, {reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
}

}  // namespace signflip::onnx
