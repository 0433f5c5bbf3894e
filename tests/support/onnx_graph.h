// ONNX files for tests, put together by hand: any operators, one input and one output. Checks
// nothing.
#pragma once

#include <string>
#include <vector>

#include "core/rng.h"
#include "import/onnx/import_onnx.h"
#include "import/onnx/model.h"
#include "import/onnx/writer.h"
#include "nn/inference.h"
#include "nn/model_file.h"

namespace signflip::test {

using Given = onnx::GraphWriter::Given;
using onnx::GraphWriter;
using Sides = std::vector<std::int64_t>;

/// Random values between −1 and 1.
inline std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  std::vector<float> values(count);
  Rng rng(seed, count);
  for (float& value : values) value = rng.uniform(-1.0F, 1.0F);
  return values;
}

class Graph : public GraphWriter {
 public:
  /// A constant of random values.
  std::string random(const std::string& name, const std::vector<std::size_t>& shape,
                     std::uint64_t seed = 1) {
    std::size_t size = 1;
    for (const std::size_t side : shape) size *= side;
    return constant(name, shape, random_values(size, seed));
  }
  std::string single(const std::string& name, float value) {
    return constant(name, {}, std::span(&value, 1));
  }
  std::string whole(const std::string& name, const Sides& values) { return integers(name, values); }

  std::vector<std::uint8_t> file(const std::string& output, const Sides& input,
                                 const Sides& out = {-1, 3}) const {
    return finish("test", output, input, out);
  }
};

/// The imported network, or the error.
inline Result<Sequential> imported(const std::vector<std::uint8_t>& bytes,
                                   const ImportOptions& options = {}) {
  const auto onnx = import_onnx(bytes, options);
  if (!onnx) return onnx.error();
  auto model = load_model(onnx->bytes, "imported");
  if (!model) return model.error();
  return std::move(model->network);
}

inline std::string error_of(const std::vector<std::uint8_t>& bytes,
                            const ImportOptions& options = {}) {
  const auto network = imported(bytes, options);
  return network ? "it was read" : network.error().message;
}

/// Its types: "conv2d relu flatten dense".
inline std::string types(const Sequential& network) {
  std::string text;
  for (const PlacedLayer& placed : network.layers()) {
    text += (text.empty() ? "" : " ") + std::string(layer_type(placed.layer));
  }
  return text;
}

/// Logits of one image, N×H×W×C.
inline std::vector<float> logits_of(const Sequential& network, const std::vector<float>& image) {
  Activations activations(network, 1);
  const auto z = forward(network, image, 1, activations);
  return {z.begin(), z.end()};
}

}  // namespace signflip::test
