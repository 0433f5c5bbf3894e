// Fuzzes import_onnx(): what it accepts, the loader of model files accepts or refuses with a
// reason, and what loads can be written as ONNX and read again.
#include <cstdlib>

#include "fuzz/fuzz.h"
#include "import/onnx/export_onnx.h"
#include "import/onnx/import_onnx.h"
#include "import/onnx/writer.h"

using namespace signflip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto onnx = import_onnx({data, size}, {});
  if (!onnx) {
    if (onnx.error().message.empty()) std::abort();
    return 0;
  }
  const auto model = load_model(onnx->bytes, "input");
  if (!model) {
    if (model.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = export_onnx(model->network);
  if (!again) {
    if (again.error().message.empty()) std::abort();
    return 0;
  }
  if (!import_onnx(*again, {})) std::abort();
  return 0;
}

namespace {

std::vector<std::uint8_t> exported(ImageShape input, std::vector<Layer> layers) {
  Architecture architecture;
  architecture.input = input;
  architecture.layers = std::move(layers);
  architecture.mean.assign(static_cast<std::size_t>(input.channels), 0.5F);
  architecture.deviation.assign(static_cast<std::size_t>(input.channels), 0.25F);
  auto network = Sequential::create(std::move(architecture));
  if (!network) std::abort();
  network->initialise(1);
  const auto bytes = export_onnx(*network);
  if (!bytes) std::abort();
  return *bytes;
}

/// A net of Keras, a computed shape, and a sum.
std::vector<std::uint8_t> others(int which) {
  onnx::GraphWriter g;
  using G = onnx::GraphWriter;
  const float ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const std::vector<std::int64_t> minus = {1, -1}, axes = {2, 3};
  std::string value = "image";
  if (which == 0) {
    value = g.node("Transpose", "t", {value}, {G::list("perm", {0, 3, 1, 2})});
    value = g.node("Conv", "c", {value, g.constant("w", {1, 1, 2, 2}, std::span(ones).first(4))},
                   {G::text("auto_pad", "SAME_UPPER")});
    value = g.node("Transpose", "u", {value}, {G::list("perm", {0, 2, 3, 1})});
  } else {
    const auto a =
        g.node("Conv", "a", {value, g.constant("w", {1, 1, 1, 1}, std::span(ones).first(1))});
    value = g.node("Add", "sum", {a, value});
    value = g.node("Mul", "silu", {value, g.node("Sigmoid", "s", {value})});
  }
  value = g.node("Reshape", "r", {value, g.integers("to", minus)});
  value = g.node("MatMul", "m", {value, g.constant("d", {4, 2}, std::span(ones).first(8))});
  const std::vector<std::int64_t> input =
      which == 0 ? std::vector<std::int64_t>{1, 2, 2, 1} : std::vector<std::int64_t>{1, 1, 2, 2};
  return g.finish("seed", g.node("Softmax", "soft", {value}), input, {1, 2});
}

}  // namespace

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  const Layer conv = Conv2d{2, {3, 3}, {1, 1}, {1, 1}};
  return {exported({4, 4, 1}, {conv, BatchNorm2d{}, Relu{}, MaxPool2d{{2, 2}, {2, 2}}, Flatten{},
                               Dropout{0.5F}, Dense{2}}),
          exported({2, 2, 2}, {conv, Sigmoid{}, Upsample2d{{2, 2}}, MaxPool2d{{2, 2}, {2, 2}}}),
          others(0), others(1)};
}
