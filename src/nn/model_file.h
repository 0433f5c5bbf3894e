// Model files: a network in a safetensors container with PyTorch's tensor names and layouts, its
// architecture as metadata, and a self-test that loading verifies. Works on bytes, so that
// the WASM module can use it; data/file.h reads and writes files.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nn/network_tensors.h"

namespace signflip {

struct ModelFile {
  Sequential network;
  bool verified = false;  ///< the file carried a self-test, and it passed
  std::map<std::string, std::string> metadata;
};

/// Reads a model. Whatever does not fit is an error whose message starts with `name`: so are
/// tensors of no layer, but for names that begin with "golden.".
Result<ModelFile> load_model(std::span<const std::uint8_t> bytes, std::string_view name);

struct SaveOptions {
  WeightType weights = WeightType::f32;
  bool selftest = true;
  /// More metadata, beside "signflip" (the architecture).
  std::map<std::string, std::string> metadata;
};

/// Writes a model. The self-test's logits are those of the weights as stored (rounded to F16 or
/// I8). A model that was read from a file of the same type gives the same values again.
std::vector<std::uint8_t> format_model(const Sequential& network, const SaveOptions& options);

}  // namespace signflip
