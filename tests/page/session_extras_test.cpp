// What a model session answers beyond the first view: transforms in front, what the network gets of
// images, Grad-CAM.
#include <gtest/gtest.h>

#include "defence/input_transform.h"
#include "nn/model_file.h"
#include "nn/saliency.h"
#include "page/model_session.h"
#include "support/tiny_session.h"

namespace signflip {
namespace {

using test::classifier;
using test::kShape;
using test::pixels;
using test::session;

std::vector<float> transformed(std::string_view text, const std::vector<float>& all) {
  const auto transform = transform_from_text(text);
  EXPECT_TRUE(transform);
  std::vector<float> to(all.size());
  for (std::size_t at = 0; at < all.size(); at += kShape.size()) {
    transform->apply(kShape, std::span(all).subspan(at, kShape.size()),
                     std::span(to).subspan(at, kShape.size()));
  }
  return to;
}

TEST(SessionExtras, BehindATransformTheNetworkGetsTransformedImages) {
  const ModelSession alone = session();
  const std::vector<float> all = pixels(20);
  EXPECT_EQ(*alone.seen_by_network(all), all);
  for (const char* const text : {"jpeg:30", "blur:1", "median:3", "bits:2"}) {
    const auto behind = alone.behind(text, "");
    ASSERT_TRUE(behind) << behind.error().message;
    EXPECT_TRUE(behind->defended());
    const std::vector<float> seen = transformed(text, all);
    EXPECT_NE(seen, all) << text;
    EXPECT_EQ(*behind->seen_by_network(all), seen) << text;
    EXPECT_EQ(behind->predict(all)->logits, alone.predict(seen)->logits) << text;
    EXPECT_EQ(*behind->features(all), *alone.features(seen)) << text;
    EXPECT_FALSE(behind->certified_radii(all, behind->predict(all)->labels)) << text;
  }
}

TEST(SessionExtras, TheGradientOfATransformIsItsOwnOrTheIdentitys) {
  const ModelSession alone = session();
  const std::vector<float> all = pixels(4);
  const std::vector<int> labels = alone.predict(all)->labels;
  const auto own = alone.behind("blur:1", ""), identity = alone.behind("blur:1", "identity");
  ASSERT_TRUE(own && identity);
  EXPECT_EQ(own->predict(all)->logits, identity->predict(all)->logits);
  EXPECT_EQ(*own->gradient(all, labels), *alone.behind("blur:1", "own")->gradient(all, labels));
  EXPECT_NE(*own->gradient(all, labels), *identity->gradient(all, labels));
  // As if there were no transform: the network's own gradient, at what it gets.
  EXPECT_EQ(*identity->gradient(all, labels), *alone.gradient(transformed("blur:1", all), labels));
}

TEST(SessionExtras, ATransformThatThereIsNotIsRefused) {
  const ModelSession alone = session();
  EXPECT_NE(alone.behind("jpeg:500", "").error().message.find("'jpeg:500'"), std::string::npos);
  EXPECT_NE(alone.behind("bits:2", "own").error().message.find("none of their own"),
            std::string::npos);
  EXPECT_NE(alone.behind("blur:1", "half").error().message.find("'half'"), std::string::npos);
}

TEST(SessionExtras, GradCamIsThatOfTheNetworkAtWhatItGets) {
  Architecture architecture;
  architecture.input = kShape;
  architecture.classes = {"a", "b"};
  architecture.layers = {Conv2d{2, {3, 3}, {1, 1}, {1, 1}}, Relu{}, Flatten{}, Dense{2}};
  auto network = Sequential::create(architecture);
  network->initialise(3);
  const ModelSession alone = *ModelSession::load(format_model(*network, {}));
  const std::vector<float> all = pixels(3);
  const std::vector<int> labels = {0, 1, 0};
  const auto maps = alone.grad_cam(all, labels);
  ASSERT_TRUE(maps) << maps.error().message;
  const auto expected = grad_cam(alone.network(), *alone.to_tensor(all), labels);
  ASSERT_TRUE(expected);
  EXPECT_EQ(*maps, std::vector<float>(expected->values().begin(), expected->values().end()));
  const auto behind = alone.behind("blur:1", "");
  EXPECT_EQ(*behind->grad_cam(all, labels), *alone.grad_cam(transformed("blur:1", all), labels));
  EXPECT_NE(session().grad_cam(all, labels).error().message.find("convolution"), std::string::npos);
  EXPECT_NE(alone.grad_cam(all, std::vector{0}).error().message.find("Grad-CAM needs a label"),
            std::string::npos);
}

}  // namespace
}  // namespace signflip
