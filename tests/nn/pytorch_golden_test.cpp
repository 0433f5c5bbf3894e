// Models that PyTorch wrote (tests/golden/make_pytorch_golden.py), with what PyTorch computed on
// them: loading and training them gives the same. The bytes are compiled in, so that this runs as
// WASM too.
#include <gtest/gtest.h>

#include "nn/model_file.h"
#include "nn/training_pass.h"
#include "support/gradients.h"
#include "support/numeric.h"

namespace signflip {
namespace {

constexpr std::uint8_t kSmall[] = {
#include "golden/pytorch_small.inc"
};
constexpr std::uint8_t kConvolutions[] = {
#include "golden/pytorch_convolutions.inc"
};
constexpr std::uint8_t kActivations[] = {
#include "golden/pytorch_activations.inc"
};
constexpr std::uint8_t kAveragePools[] = {
#include "golden/pytorch_average_pools.inc"
};
constexpr std::uint8_t kCeilings[] = {
#include "golden/pytorch_ceilings.inc"
};
constexpr std::uint8_t kResidual[] = {
#include "golden/pytorch_residual.inc"
};

struct Golden {
  const char* name;
  std::span<const std::uint8_t> bytes;
};

class PyTorchGolden : public testing::TestWithParam<Golden> {};
INSTANTIATE_TEST_SUITE_P(
    Nets, PyTorchGolden,
    testing::Values(Golden{"small", kSmall}, Golden{"convolutions", kConvolutions},
                    Golden{"activations", kActivations}, Golden{"average_pools", kAveragePools},
                    Golden{"ceilings", kCeilings}, Golden{"residual", kResidual}),
    [](const auto& each) { return std::string(each.param.name); });

/// Of nets without dropout, whose masks would differ.
class PyTorchTraining : public testing::TestWithParam<Golden> {};
INSTANTIATE_TEST_SUITE_P(Nets, PyTorchTraining,
                         testing::Values(Golden{"convolutions", kConvolutions},
                                         Golden{"activations", kActivations},
                                         Golden{"average_pools", kAveragePools},
                                         Golden{"ceilings", kCeilings},
                                         Golden{"residual", kResidual}),
                         [](const auto& each) { return std::string(each.param.name); });

std::vector<float> values(const Safetensors& file, const std::string& name) {
  const StoredTensor* const tensor = file.find(name);
  if (tensor == nullptr) return {};
  return *to_floats(*tensor);
}

TEST_P(PyTorchGolden, LogitsAndInputGradientsAreTheSame) {
  const auto model = load_model(GetParam().bytes, GetParam().name);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->verified);
  const auto file = parse_safetensors(GetParam().bytes, GetParam().name);
  ASSERT_TRUE(file);
  const std::vector<float> images = values(*file, "golden.images");
  const std::size_t count = file->find("golden.images")->shape[0];
  const auto pass = model->network.new_pass(count);
  EXPECT_TRUE(test::close(pass->forward(images, count), values(*file, "golden.logits"), 1e-5));
  std::vector<float> dx(images.size(), NAN);
  pass->input_gradient(values(*file, "golden.dlogits"), dx);
  EXPECT_TRUE(test::close(dx, values(*file, "golden.input_gradient"), 1e-5));
}

TEST_P(PyTorchTraining, GradientsAreTheSame) {
  const auto file = parse_safetensors(GetParam().bytes, GetParam().name);
  ASSERT_TRUE(file);
  const auto model = load_model(GetParam().bytes, GetParam().name);
  ASSERT_TRUE(model) << model.error().message;
  const std::vector<float> images = values(*file, "golden.images");
  const std::size_t count = file->find("golden.images")->shape[0];
  TrainingPass pass(model->network, count);
  EXPECT_TRUE(
      test::close(pass.forward(images, count, Rng(1)), values(*file, "golden.train_logits"), 1e-5));
  pass.backward(values(*file, "golden.dlogits"));
  // The gradients in the parameters' places, so that they are written in PyTorch's layouts.
  Sequential gradients = model->network;
  const std::vector<float> found = test::gradients(model->network, pass);
  std::copy(found.begin(), found.end(), gradients.parameters().begin());
  SafetensorsWriter writer;
  add_network(writer, gradients, WeightType::f32);
  const auto bytes = writer.finish();
  const auto written = parse_safetensors(bytes, "gradients");
  ASSERT_TRUE(written) << written.error().message;
  std::size_t compared = 0;
  for (const StoredTensor& tensor : written->tensors) {
    const StoredTensor* const expected = file->find("golden.gradient." + tensor.name);
    if (expected == nullptr) continue;
    if (tensor.name.ends_with(".ceiling")) {  // which may have sides of 1 in PyTorch
      EXPECT_EQ(tensor.size(), expected->size());
    } else {
      EXPECT_EQ(tensor.shape, expected->shape);
    }
    // The floor is for biases before batch norm, whose gradients are rounding of 0.
    EXPECT_TRUE(test::close(*to_floats(tensor), *to_floats(*expected), 1e-5, 3.0)) << tensor.name;
    compared += tensor.size();
  }
  EXPECT_EQ(compared, model->network.parameters().size());
}

}  // namespace
}  // namespace signflip
