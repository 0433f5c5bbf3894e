// The built-in architectures: that their sizes are those of the literature, and fit their datasets.
#include <gtest/gtest.h>

#include <algorithm>

#include "nn/architecture_json.h"
#include "nn/sequential.h"

namespace signflip {
namespace {

constexpr ImageShape kMnist = {28, 28, 1};
constexpr ImageShape kGtsrb = {32, 32, 3};

struct Size {
  const char* name;
  ImageShape input;
  int classes;
  std::size_t parameters;
};

class NamedArchitectures : public testing::TestWithParam<Size> {};
INSTANTIATE_TEST_SUITE_P(
    Sizes, NamedArchitectures,
    testing::Values(Size{"s", kMnist, 10, 166406}, Size{"s-bn", kMnist, 10, 166502},
                    Size{"compact", kMnist, 10, 116362}, Size{"m243", kMnist, 10, 242858},
                    Size{"smallcnn", kMnist, 10, 312202}, Size{"madry", kMnist, 10, 3274634},
                    Size{"lenet", kGtsrb, 43, 64811}, Size{"g240s", kGtsrb, 43, 234347},
                    Size{"r143", kMnist, 10, 143498}, Size{"r275", kGtsrb, 43, 275259},
                    Size{"g281", kGtsrb, 43, 281307}, Size{"t290", kMnist, 10, 289834},
                    Size{"t273", kMnist, 10, 273338}, Size{"t274", kMnist, 10, 273778},
                    Size{"resnet8", {32, 32, 3}, 10, 78042},
                    Size{"resnet20", {32, 32, 3}, 10, 272474}),
    [](const auto& each) {
      std::string name = each.param.name;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST_P(NamedArchitectures, HaveTheirKnownSizes) {
  const Size& size = GetParam();
  auto architecture = named_architecture(size.name, size.input, size.classes);
  ASSERT_TRUE(architecture);
  EXPECT_EQ(architecture->classes.size(), static_cast<std::size_t>(size.classes));
  EXPECT_EQ(architecture->name, size.name);
  const auto network = Sequential::create(std::move(*architecture));
  ASSERT_TRUE(network) << network.error().message;
  EXPECT_EQ(network->parameters().size(), size.parameters);
  EXPECT_EQ(network->classes(), size.classes);
  EXPECT_NE(architecture_names().find(size.name), std::string::npos);
}

TEST(NamedArchitectures, CountTheirMultiplyAdds) {
  const auto network = Sequential::create(*named_architecture("s", kMnist, 10));
  ASSERT_TRUE(network);
  EXPECT_EQ(network->multiply_adds(), 609384U);
  const auto resnet = Sequential::create(*named_architecture("resnet8", {32, 32, 3}, 10));
  ASSERT_TRUE(resnet);
  // Convolutions and dense layer: what stands in the papers; batch norm: one for each value.
  const std::size_t convolutions =
      1024 * 432 + 1024 * 2 * 2304 + 256 * (4608 + 9216 + 512) + 64 * (18432 + 36864 + 2048) + 640;
  const std::size_t norms = 3 * 1024 * 16 + 3 * 256 * 32 + 3 * 64 * 64;
  EXPECT_EQ(resnet->multiply_adds(), convolutions + norms);
}

TEST(NamedArchitectures, ADenoiserMakesImages) {
  for (const ImageShape input : {kMnist, kGtsrb}) {
    auto architecture = named_architecture("denoiser", input, 10);
    ASSERT_TRUE(architecture);
    EXPECT_TRUE(architecture->classes.empty());
    const auto network = Sequential::create(std::move(*architecture));
    ASSERT_TRUE(network) << network.error().message;
    EXPECT_EQ(network->output_shape(), input);
  }
}

TEST(NamedArchitectures, AreAllListed) {
  const std::string all = architecture_names();
  std::string_view names = all;
  std::size_t count = 0;
  while (!names.empty()) {
    const std::size_t comma = names.find(", ");
    EXPECT_TRUE(named_architecture(names.substr(0, comma), kGtsrb, 43));
    names = comma == std::string_view::npos ? "" : names.substr(comma + 2);
    ++count;
  }
  EXPECT_EQ(count, 17U);
  std::string described;
  for (const ArchitectureSummary& summary : architecture_summaries()) {
    described += (described.empty() ? "" : ", ") + std::string(summary.name);
    EXPECT_GT(summary.text.size(), 20U) << summary.name;
  }
  EXPECT_EQ(described, all);
}

TEST(NamedArchitectures, AnUnknownNameIsOneSentence) {
  const auto architecture = named_architecture("transformer", kMnist, 10);
  ASSERT_FALSE(architecture);
  EXPECT_EQ(architecture.error().message, "there is no architecture 'transformer'; known are " +
                                              architecture_names() + ", or a FILE.json");
  EXPECT_FALSE(named_architecture("", kMnist, 10));
  const auto typing_error = named_architecture("compcat", kMnist, 10);
  ASSERT_FALSE(typing_error);
  EXPECT_TRUE(typing_error.error().message.ends_with("or a FILE.json; did you mean compact?"));
}

TEST(NamedArchitectures, ThatDoNotFitAnInputSaySo) {
  const auto network = Sequential::create(*named_architecture("lenet", {8, 8, 1}, 10));
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().message,
            "layer 3: conv2d with kernel 5×5 does not fit its input 2×2×6");
}

}  // namespace
}  // namespace signflip
