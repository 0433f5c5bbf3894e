// One change for many images as the page asks for it: the same as the library's, and what is
// refused.
#include "page/shared_session.h"

#include <gtest/gtest.h>

#include "nn/model_file.h"
#include "support/attacks.h"
#include "support/tiny_session.h"

namespace signflip {
namespace {

using test::classifier;
using test::kShape;
using test::pixels;
using test::session;

SharedSession::Options universal() {
  SharedSession::Options options{.change = UniversalSettings{Norm::linf, 0.2}};
  options.request.epochs = 3;
  options.request.batch = 8;
  options.request.seed = 5;
  return options;
}

TEST(SharedSession, AUniversalPerturbationIsTheLibrarys) {
  const ModelSession model = session();
  const std::vector<float> all = pixels(40);
  const auto found = SharedSession::learn(model, universal(), all);
  ASSERT_TRUE(found) << found.error().message;
  UniversalPerturbation expected(kShape, Norm::linf, 0.2, 0.02, model.model().bounds());
  ThreadPool pool(1);
  const Tensor tensor = *model.to_tensor(all);
  const std::vector<int> clean = model.predict(all)->labels;
  const auto epochs =
      learn_shared(model.model(), universal().request, tensor, clean, expected, pool);
  ASSERT_TRUE(epochs);
  EXPECT_TRUE(test::same_values(found->values(), expected.values()));
  EXPECT_EQ(found->epochs().size(), 3U);
  EXPECT_EQ(found->epochs().back().loss, epochs->back().loss);
  const auto judged = found->judge(model, all);
  ASSERT_TRUE(judged);
  EXPECT_EQ(judged->clean, clean);
  EXPECT_EQ(judged->changed, classes_under(model.model(), expected, 5, tensor, pool));
  EXPECT_NE(judged->changed, clean);
  // The pictures are those that were judged.
  EXPECT_EQ(model.predict(*found->changed(model, all))->labels, judged->changed);
}

TEST(SharedSession, APatchReplacesWhatItCoversWhereItLay) {
  const ModelSession model = session();
  const std::vector<float> all = pixels(30);
  SharedSession::Options options = universal();
  options.change = PatchSettings{2, {.place = std::pair{1, 0}}};
  const auto found = SharedSession::learn(model, options, all);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->values().size(), 4U * static_cast<std::size_t>(kShape.channels));
  const std::vector<float> changed = *found->changed(model, all);
  for (std::size_t i = 0; i < changed.size(); ++i) {
    const std::size_t pixel = i % kShape.size() / static_cast<std::size_t>(kShape.channels);
    const auto width = static_cast<std::size_t>(kShape.width);
    const std::size_t row = pixel / width, column = pixel % width;
    const bool covered = row >= 1 && row <= 2 && column <= 1;
    if (!covered) {
      EXPECT_EQ(changed[i], all[i]) << i;
    }
  }
  EXPECT_EQ(model.predict(changed)->labels, found->judge(model, all)->changed);
}

TEST(SharedSession, WhatDoesNotSuitIsRefusedByItsField) {
  const ModelSession model = session();
  const std::vector<float> all = pixels(4);
  const auto refused = [&](const auto& change) {
    SharedSession::Options options = universal();
    change(options);
    const auto found = SharedSession::learn(model, options, all);
    return found ? std::string() : found.error().message;
  };
  EXPECT_NE(refused([](auto& o) { o.change = UniversalSettings{}; }).find("epsilon is 0"),
            std::string::npos);
  EXPECT_NE(refused([](auto& o) {
              o.change = UniversalSettings{Norm::linf, 0.2, 2};
            }).find("step-size is 2"),
            std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.request.epochs = 0; }).find("epochs is 0"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.change = PatchSettings{99}; }).find("99"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.request.target = 7; }).find("7"), std::string::npos);
  const auto stopped =
      SharedSession::learn(model, universal(), all, [](std::size_t, std::size_t) { return false; });
  EXPECT_FALSE(stopped);
}

}  // namespace
}  // namespace signflip
