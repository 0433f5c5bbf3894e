// Model files as bytes for tests: building them by hand, and editing the header of good ones.
// Writes no files; nothing here checks anything.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/json.h"
#include "nn/model_file.h"
#include "support/networks.h"

namespace signflip::test {

using Bytes = std::vector<std::uint8_t>;

/// A container of this header and this data, whatever they say.
inline Bytes safetensors_bytes(std::string_view header, const Bytes& data = {}) {
  const std::uint64_t length = header.size();
  Bytes bytes(sizeof length + header.size() + data.size());
  std::memcpy(bytes.data(), &length, sizeof length);
  std::memcpy(bytes.data() + sizeof length, header.data(), header.size());
  if (!data.empty())
    std::memcpy(bytes.data() + sizeof length + header.size(), data.data(), data.size());
  return bytes;
}

inline std::size_t header_length(const Bytes& bytes) {
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return static_cast<std::size_t>(length);
}

inline Json header_of(const Bytes& bytes) {
  return parse_json({reinterpret_cast<const char*>(bytes.data()) + 8, header_length(bytes)});
}

inline Bytes data_of(const Bytes& bytes) {
  return Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(8 + header_length(bytes)), bytes.end());
}

inline Bytes with_header(const Bytes& bytes, const std::function<void(Json&)>& edit) {
  Json header = header_of(bytes);
  edit(header);
  return safetensors_bytes(header.dump(), data_of(bytes));
}

/// Edits the architecture inside the metadata.
inline Bytes with_architecture(const Bytes& bytes, const std::function<void(Json&)>& edit) {
  return with_header(bytes, [&](Json& header) {
    Json& text = header["__metadata__"]["signflip"];
    Json architecture = parse_json(text.get_ref<const std::string&>());
    edit(architecture);
    text = architecture.dump();
  });
}

/// Every kind of layer that has values, 2×4×4 in, 3 classes.
inline Sequential small_model(std::uint64_t seed = 31) {
  Architecture architecture;
  architecture.name = "small";
  architecture.input = {4, 4, 2};
  architecture.classes = {"a", "b", "c"};
  architecture.mean = {0.4F, 0.5F};
  architecture.deviation = {0.3F, 0.2F};
  architecture.layers = {Conv2d{3, {3, 2}, {1, 1}, {1, 0}},
                         BatchNorm2d{},
                         Relu{},
                         MaxPool2d{{2, 1}, {2, 1}},
                         Flatten{},
                         Dropout{0.5F},
                         Dense{3}};
  auto network = Sequential::create(std::move(architecture));
  randomise(*network, seed);
  return std::move(*network);
}

}  // namespace signflip::test
