// The wire format of protocol buffers: fields of a message, one after the other, and the reverse.
// It knows no schema. Reads untrusted bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace signflip::onnx {

/// One field of a message.
struct ProtoField {
  enum class Kind { varint, fixed64, bytes, fixed32 };
  std::uint32_t number = 0;
  Kind kind = Kind::varint;
  std::uint64_t value = 0;              ///< of a number: its bits
  std::span<const std::uint8_t> bytes;  ///< of text, a message or a packed list

  std::int64_t integer() const { return static_cast<std::int64_t>(value); }
  float real() const;  ///< of fixed32
  std::string_view text() const;
};

/// Walks the fields of one message.
class ProtoReader {
 public:
  explicit ProtoReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  /// The next field; false at the end, and where what follows is no field: then failed().
  bool next(ProtoField& field);
  bool failed() const { return failed_; }

 private:
  bool varint(std::uint64_t& value);
  bool take(std::size_t count, std::span<const std::uint8_t>& taken);

  std::span<const std::uint8_t> rest_;
  bool failed_ = false;
};

/// Appends the values of a repeated number, packed or alone; false where the field is something
/// else.
bool append_integers(const ProtoField& field, std::vector<std::int64_t>& values);
bool append_floats(const ProtoField& field, std::vector<double>& values);
bool append_doubles(const ProtoField& field, std::vector<double>& values);

/// Writes the fields of one message.
class ProtoWriter {
 public:
  void integer(std::uint32_t number, std::int64_t value);
  void real(std::uint32_t number, float value);
  void bytes(std::uint32_t number, std::span<const std::uint8_t> value);
  void text(std::uint32_t number, std::string_view value);
  void message(std::uint32_t number, const ProtoWriter& value) { bytes(number, value.bytes_); }

  const std::vector<std::uint8_t>& finished() const { return bytes_; }

 private:
  void varint(std::uint64_t value);

  std::vector<std::uint8_t> bytes_;
};

}  // namespace signflip::onnx
