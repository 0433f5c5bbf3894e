// Fuzzes load_model(): whatever loads must survive being written and read again, and where the
// network is small, a forward pass.
#include <cstdlib>
#include <vector>

#include "fuzz/fuzz.h"
#include "fuzz/repaired_safetensors.h"
#include "nn/model_file.h"

namespace {

using namespace signflip;

std::vector<std::uint8_t> seed(ImageShape input, std::vector<Layer> layers, int classes,
                               WeightType type) {
  Architecture architecture;
  architecture.name = "seed";
  architecture.input = input;
  architecture.layers = std::move(layers);
  for (int k = 0; k < classes; ++k) architecture.classes.push_back(std::to_string(k));
  if (input.channels == 1) {
    architecture.mean = {0.5F};
    architecture.deviation = {0.25F};
  }
  auto network = Sequential::create(std::move(architecture));
  if (!network) std::abort();
  network->initialise(1);
  return format_model(*network, {.weights = type, .selftest = classes != 3, .metadata = {}});
}

void load_and_use(std::span<const std::uint8_t> bytes) {
  const auto model = load_model(bytes, "input");
  if (!model) {
    if (model.error().message.empty()) std::abort();
    return;
  }
  const Sequential& network = model->network;
  std::size_t work = network.multiply_adds() + network.input_shape().size();
  for (const PlacedLayer& placed : network.layers()) work += placed.out.size();
  if (work > 1000000) return;
  const std::vector<float> images(2 * network.input_shape().size(), 0.5F);
  std::vector<float> dimages(images.size());
  const auto pass = network.new_pass(2);
  const auto logits = pass->forward(images, 2);
  const std::vector<float> dlogits(logits.size(), 1.0F);
  pass->input_gradient(dlogits, dimages);
  for (const WeightType type : {WeightType::f32, WeightType::i8}) {
    const SaveOptions options = {type, false, model->metadata};
    if (!load_model(format_model(network, options), "again")) std::abort();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  load_and_use({data, size});
  load_and_use(repaired_safetensors({data, size}));
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  const Layer conv = Conv2d{2, {3, 3}, {1, 1}, {1, 1}};
  return {seed({4, 4, 1},
               {conv, BatchNorm2d{}, Relu{}, MaxPool2d{{2, 2}, {2, 2}}, Flatten{}, Dropout{0.5F},
                Dense{2}},
               2, WeightType::f32),
          seed({2, 2, 2}, {Flatten{}, Dense{3}}, 3, WeightType::f16),
          seed({3, 2, 2}, {conv, Sigmoid{}, Upsample2d{{2, 2}}, MaxPool2d{{2, 2}, {2, 2}}}, 0,
               WeightType::f16),
          seed({4, 4, 1}, {conv, BatchNorm2d{}, Flatten{}, Dense{2}}, 2, WeightType::i8)};
}
