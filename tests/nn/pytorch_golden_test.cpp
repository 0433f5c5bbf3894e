// Loading and training the models that PyTorch wrote gives what PyTorch computed on them.
#include <gtest/gtest.h>

#include "nn/model_file.h"
#include "nn/training_pass.h"
#include "support/gradients.h"
#include "support/numeric.h"
#include "support/pytorch_nets.h"

namespace signflip {
namespace {

using test::PyTorchNet;
using test::values_of;

std::string name_of(const testing::TestParamInfo<PyTorchNet>& net) { return net.param.name; }

class PyTorchGolden : public testing::TestWithParam<PyTorchNet> {};
INSTANTIATE_TEST_SUITE_P(Nets, PyTorchGolden, testing::ValuesIn(test::pytorch_nets()), name_of);

/// Of nets without dropout, whose masks would differ.
class PyTorchTraining : public testing::TestWithParam<PyTorchNet> {};
INSTANTIATE_TEST_SUITE_P(Nets, PyTorchTraining, testing::ValuesIn(test::pytorch_nets().subspan(1)),
                         name_of);

TEST_P(PyTorchGolden, LogitsAndInputGradientsAreTheSame) {
  const auto model = load_model(GetParam().bytes, GetParam().name);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->verified);
  const auto file = parse_safetensors(GetParam().bytes, GetParam().name);
  ASSERT_TRUE(file);
  const std::vector<float> images = values_of(*file, "golden.images");
  const std::size_t count = file->find("golden.images")->shape[0];
  const auto pass = model->network.new_pass(count);
  EXPECT_TRUE(test::close(pass->forward(images, count), values_of(*file, "golden.logits"), 1e-5));
  std::vector<float> dx(images.size(), NAN);
  pass->input_gradient(values_of(*file, "golden.dlogits"), dx);
  EXPECT_TRUE(test::close(dx, values_of(*file, "golden.input_gradient"), 1e-5));
}

TEST_P(PyTorchTraining, GradientsAreTheSame) {
  const auto file = parse_safetensors(GetParam().bytes, GetParam().name);
  ASSERT_TRUE(file);
  const auto model = load_model(GetParam().bytes, GetParam().name);
  ASSERT_TRUE(model) << model.error().message;
  const std::vector<float> images = values_of(*file, "golden.images");
  const std::size_t count = file->find("golden.images")->shape[0];
  TrainingPass pass(model->network, count);
  EXPECT_TRUE(test::close(pass.forward(images, count, Rng(1)),
                          values_of(*file, "golden.train_logits"), 1e-5));
  pass.backward(values_of(*file, "golden.dlogits"));
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
