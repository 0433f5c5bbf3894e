// A model that PyTorch wrote (tests/golden/make_pytorch_golden.py), with logits and input gradients
// that PyTorch computed: loading it gives the same. The bytes are compiled in, so that this runs as
// WASM too.
#include <gtest/gtest.h>

#include "nn/model_file.h"
#include "support/numeric.h"

namespace signflip {
namespace {

constexpr std::uint8_t kGolden[] = {
#include "golden/pytorch_small.inc"
};

TEST(PyTorchGolden, LogitsAndInputGradientsAreTheSame) {
  const auto model = load_model(kGolden, "pytorch_small");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->verified);
  EXPECT_EQ(model->network.layers().size(), 16U);

  const auto file = parse_safetensors(kGolden, "pytorch_small");
  ASSERT_TRUE(file);
  const auto values = [&](std::string_view name) { return *to_floats(*file->find(name)); };
  const std::vector<float> images = values("golden.images"), dlogits = values("golden.dlogits");
  const std::size_t count = file->find("golden.images")->shape[0];
  const auto pass = model->network.new_pass(count);
  EXPECT_TRUE(test::close(pass->forward(images, count), values("golden.logits"), 1e-5));
  std::vector<float> dx(images.size(), NAN);
  pass->input_gradient(dlogits, dx);
  EXPECT_TRUE(test::close(dx, values("golden.input_gradient"), 1e-5));
}

}  // namespace
}  // namespace signflip
