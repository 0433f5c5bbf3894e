// ModelSession: pieces of a run give what one call gives, features are those in front of the last
// layer, and a denoiser is seen by attacks unless the box is gray.
#include "page/model_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "certify/certify.h"
#include "core/exact/softmax.h"
#include "nn/model_file.h"
#include "support/tiny_session.h"

namespace signflip {
namespace {

using test::classifier;
using test::kShape;
using test::pixels;
using test::session;

ModelSession::AttackOptions pgd(std::size_t first) {
  ModelSession::AttackOptions options;
  options.name = "pgd";
  options.parameters = {{"epsilon", "0.1"}, {"steps", "5"}};
  options.seed = 7;
  options.first_image = first;
  return options;
}

TEST(ModelSession, PiecesOfARunGiveWhatOneCallGives) {
  const std::vector<float> all = pixels(10);
  for (const bool behind : {false, true}) {
    const ModelSession model = session(behind);
    const std::vector<int> labels = model.predict(all)->labels;
    const auto whole = model.attack(pgd(0), all, labels, {});
    ASSERT_TRUE(whole) << whole.error().message;
    std::vector<float> pieces;
    for (std::size_t first = 0; first < 10; first += 4) {
      const std::size_t count = std::min<std::size_t>(4, 10 - first);
      const auto part = std::span(all).subspan(first * kShape.size(), count * kShape.size());
      const auto truth = std::span(labels).subspan(first, count);
      const auto outcome =
          model.attack(pgd(first), {part.begin(), part.end()}, {truth.begin(), truth.end()}, {});
      ASSERT_TRUE(outcome);
      const auto made = outcome->adversarial.values();
      pieces.insert(pieces.end(), made.begin(), made.end());
    }
    const auto made = whole->adversarial.values();
    EXPECT_TRUE(std::equal(made.begin(), made.end(), pieces.begin(), pieces.end()));
  }
}

TEST(ModelSession, PredictsAnyNumberOfImagesAsOneByOne) {
  const std::vector<float> all = pixels(70);
  for (const bool behind : {false, true}) {
    const ModelSession model = session(behind);
    const auto together = model.predict(all);
    ASSERT_TRUE(together);
    ASSERT_EQ(together->labels.size(), 70U);
    for (std::size_t n = 0; n < 70; ++n) {
      const auto image = std::span(all).subspan(n * kShape.size(), kShape.size());
      const auto alone = model.predict({image.begin(), image.end()});
      ASSERT_TRUE(alone);
      EXPECT_EQ(alone->labels[0], together->labels[n]);
      for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_NEAR(alone->logits[k], together->logits[3 * n + k], 1e-5F);
        EXPECT_NEAR(alone->probabilities[k], together->probabilities[3 * n + k], 1e-5F);
      }
    }
  }
  EXPECT_FALSE(session(false).predict(std::vector<float>(35)));
  EXPECT_FALSE(session(false).predict({}));
}

TEST(ModelSession, GradientsAreThoseOfEachImagesLoss) {
  std::vector<float> all = pixels(3);
  for (float& value : all) value = 0.01F + 0.98F * value;  // both neighbours are pixels, too
  const std::vector<int> labels = {2, 0, 1};
  for (const bool behind : {false, true}) {
    const ModelSession model = session(behind);
    const auto gradient = model.gradient(all, labels);
    ASSERT_TRUE(gradient) << gradient.error().message;
    ASSERT_EQ(gradient->size(), all.size());
    const auto loss = [&](std::size_t n) {
      const auto logits = model.predict(all)->logits;
      return static_cast<double>(cross_entropy(std::span(logits).subspan(3 * n, 3), labels[n]));
    };
    for (std::size_t i = 0; i < all.size(); i += 5) {
      const float there = all[i];
      const std::size_t n = i / kShape.size();
      constexpr float kStep = 5e-3F;
      all[i] = there + kStep;
      const double up = loss(n);
      all[i] = there - kStep;
      const double down = loss(n);
      all[i] = there;
      EXPECT_NEAR((*gradient)[i], (up - down) / (2 * kStep), 2e-3) << "value " << i;
    }
  }
  for (const float wrong : {1.5F, -0.1F, std::numeric_limits<float>::quiet_NaN()}) {
    all[kShape.size() + 2] = wrong;
    EXPECT_NE(session(true).gradient(all, labels).error().message.find("image 1 has a pixel of"),
              std::string::npos);
    EXPECT_FALSE(session(false).predict(all));
  }
  all[kShape.size() + 2] = 0.5F;
  EXPECT_FALSE(session(false).gradient(all, std::vector<int>{0, 1}));
  EXPECT_FALSE(session(false).gradient(all, std::vector<int>{0, 1, 3}));
}

TEST(ModelSession, ADenoiserAloneGivesImages) {
  const auto front = ModelSession::load(format_model(test::denoiser(), {}));
  ASSERT_TRUE(front);
  const auto cleaned = front->predict(pixels(2));
  ASSERT_TRUE(cleaned);
  EXPECT_EQ(cleaned->logits.size(), 2 * kShape.size());
  EXPECT_TRUE(cleaned->probabilities.empty() && cleaned->labels.empty());
  const auto alone = session(false).predict(cleaned->logits),
             behind = session(true).predict(pixels(2));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(alone->logits[i], behind->logits[i], 1e-5F);
}

TEST(ModelSession, GrayBoxAttacksAreCraftedOnTheClassifierAlone) {
  const std::vector<float> one = pixels(1);
  const std::vector<int> label = session(true).predict(one)->labels;
  ModelSession::AttackOptions gray = pgd(0);
  gray.gray_box = true;
  const auto alone = session(false).attack(pgd(0), one, label, {});
  const auto grayed = session(true).attack(gray, one, label, {});
  const auto adaptive = session(true).attack(pgd(0), one, label, {});
  ASSERT_TRUE(alone && grayed && adaptive);
  const auto values = [](const AttackOutcome& outcome) {
    return std::vector<float>(outcome.adversarial.values().begin(),
                              outcome.adversarial.values().end());
  };
  EXPECT_EQ(values(*grayed), values(*alone));
  EXPECT_NE(values(*adaptive), values(*alone));
  EXPECT_NE(grayed->logits, alone->logits);
  EXPECT_FALSE(session(false).attack(gray, one, label, {}));
}

TEST(ModelSession, WithoutLabelsTheModelsOwnCount) {
  const std::vector<float> all = pixels(4);
  const ModelSession model = session(false);
  const auto given = model.attack(pgd(0), all, model.predict(all)->labels, {});
  const auto own = model.attack(pgd(0), all, {}, {});
  ASSERT_TRUE(given && own);
  EXPECT_EQ(own->loss, given->loss);
}

TEST(ModelSession, FeaturesAndTheLastLayerGiveTheLogits) {
  const std::vector<float> all = pixels(40);
  for (const bool behind : {false, true}) {
    const ModelSession model = session(behind);
    ASSERT_EQ(model.feature_count(), 8U);
    const auto features = model.features(all);
    ASSERT_TRUE(features);
    ASSERT_EQ(features->size(), 40U * 8U);
    const PlacedLayer& last = model.network().layers().back();
    const auto parameters = model.network().parameters();
    const std::vector<float> logits = model.predict(all)->logits;
    for (std::size_t n = 0; n < 40; ++n) {
      for (std::size_t k = 0; k < 3; ++k) {
        float z = parameters[last.bias + k];
        for (std::size_t i = 0; i < 8; ++i) {
          z += (*features)[8 * n + i] * parameters[last.weight + 3 * i + k];
        }
        ASSERT_NEAR(z, logits[3 * n + k], 1e-4F) << n << ", " << k;
      }
    }
  }
}

TEST(ModelSession, CertifiedRadiiAreThoseOfTheNetwork) {
  const std::vector<float> all = pixels(3);
  const ModelSession model = session(false);
  const std::vector<int> labels = model.predict(all)->labels;
  const auto radii = model.certified_radii(all, labels);
  ASSERT_TRUE(radii) << radii.error().message;
  const IntervalNetwork intervals(model.network());
  for (std::size_t n = 0; n < 3; ++n) {
    const auto image = std::span(all).subspan(n * kShape.size(), kShape.size());
    EXPECT_EQ((*radii)[n], certified_radius(intervals, image, labels[n]));
    EXPECT_GT((*radii)[n], 0.0);
  }
  EXPECT_FALSE(session(true).certified_radii(all, labels));
  EXPECT_FALSE(model.certified_radii(all, std::vector<int>{0}));
}

TEST(ModelSession, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(ModelSession::load({}));
  const ModelSession model = session(false);
  EXPECT_FALSE(model.behind(model));
  ModelSession::AttackOptions unknown;
  unknown.name = "no-such-attack";
  EXPECT_FALSE(model.attack(unknown, pixels(1), {0}, {}));
  EXPECT_FALSE(model.gradient(pixels(1), std::vector<int>{3}));
  EXPECT_FALSE(model.gradient(pixels(2), std::vector<int>{0}));
  const auto front = ModelSession::load(format_model(test::denoiser(), {}));
  EXPECT_FALSE(front->attack(pgd(0), pixels(1), {0}, {}));
  EXPECT_FALSE(front->features(pixels(1)));
}

TEST(ModelSession, AWrittenImageKeepsTheBudgetWhereThereIsOne) {
  const ModelSession model = session(false);
  const std::vector<float> clean(kShape.size(), 100.0F / 255.0F);
  std::vector<float> made(kShape.size(),
                          125.5F / 255.0F);  // of which 126 is the nearest even level
  made[0] = 74.5F / 255.0F;
  made[1] = 110.2F / 255.0F;
  ModelSession::AttackOptions options = pgd(0);
  std::vector<std::uint8_t> wanted(kShape.size(), 125);
  wanted[0] = 75;
  wanted[1] = 110;
  const auto kept = model.written(options, clean, made);
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(*kept, wanted);
  options.name = "deepfool";
  options.parameters.clear();
  wanted.assign(kShape.size(), 126);
  wanted[0] = 74;
  wanted[1] = 110;
  EXPECT_EQ(*model.written(options, clean, made), wanted);
  made.pop_back();
  EXPECT_FALSE(model.written(options, clean, made));
  EXPECT_FALSE(model.written(options, pixels(2), pixels(2)));
  options.name = "nothing";
  EXPECT_FALSE(model.written(options, clean, clean));
}

}  // namespace
}  // namespace signflip
