// The safetensors container: named tensors and a map of strings, in one file. Not about
// networks: model_file.h gives the tensors their meaning. Reads untrusted bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

/// A tensor inside a file: the bytes are little-endian and row-major.
struct StoredTensor {
  std::string name;
  std::string dtype;  ///< "F32", "F16", "I8" …
  std::vector<std::size_t> shape;
  std::span<const std::uint8_t> bytes;  ///< valid as long as the parsed bytes

  std::size_t size() const;
};

struct Safetensors {
  std::map<std::string, std::string> metadata;
  std::vector<StoredTensor> tensors;

  const StoredTensor* find(std::string_view name) const;
};

/// The limits that a header is held to before anything is made of it.
inline constexpr std::uint64_t kMaximumHeader = std::uint64_t{1} << 20;
inline constexpr std::size_t kMaximumTensors = 1024;

/// How many bytes the file has that begins so, as its header says: for those who read it. Needs the
/// whole header, or 8 + kMaximumHeader bytes.
Result<std::size_t> safetensors_size(std::span<const std::uint8_t> beginning,
                                     std::string_view name);

/// Checks everything that can be checked: a file cut at any byte, overlapping or missing data and
/// sizes that do not match are errors. `name` is the file's, for the message.
Result<Safetensors> parse_safetensors(std::span<const std::uint8_t> bytes, std::string_view name);

/// The values of an F32, F16 or I8 tensor as float32.
Result<std::vector<float>> to_floats(const StoredTensor& tensor);

/// Collects tensors and writes them as one file, F32 before F16 before I8; the same calls give the
/// same bytes.
class SafetensorsWriter {
 public:
  void add_metadata(std::string key, std::string value);
  void add_f32(std::string name, std::vector<std::size_t> shape, std::span<const float> values);
  /// Rounds to half precision.
  void add_f16(std::string name, std::vector<std::size_t> shape, std::span<const float> values);
  void add_i8(std::string name, std::vector<std::size_t> shape,
              std::span<const std::int8_t> values);
  std::vector<std::uint8_t> finish() const;

 private:
  struct Entry {
    std::string name, dtype;
    std::vector<std::size_t> shape;
    std::vector<std::uint8_t> bytes;
  };
  std::map<std::string, std::string> metadata_;
  std::vector<Entry> entries_;
};

}  // namespace signflip
