// What a training step is made of besides the network: gathering and augmenting a batch, and
// the losses of its logits. As train/cpu_batches.cpp, train/classifier_method.cpp
// and train/interval_training.cpp do on the CPU, with the same random numbers.
// Moving the weights is optimiser_steps.h.
//
// A batch has *sources*, its training images, and *rows*, the images that the network sees: the
// sources, or a clean and an attacked copy of each. Shard by shard, clean rows come before attacked
// ones.
#pragma once

#include "core/exact/augmentation.h"
#include "core/exact/softmax.h"
#include "core/exact/training_rules.h"
#include "device/device.h"
#include "device/kernels/attack_steps.h"
#include "device/kernels/portable.h"

namespace signflip::device {

/// What changes from epoch to epoch; in device memory.
struct EpochScalars {
  std::uint64_t attack_seed = 0, augmentation_stream = 0, dropout_stream = 0;
  int number_by_place = 0;
};

/// The current batch: `step` batches of the epoch are done.
struct BatchPlace {
  const std::uint32_t* order = nullptr;
  const TrainingStep* steps = nullptr;
  const EpochScalars* epoch = nullptr;
  const int* step = nullptr;
  int full = 0;   ///< sources of a full batch
  int count = 0;  ///< of this one

  SIGNFLIP_HOST_DEVICE std::int64_t place(std::int64_t source) const {
    return static_cast<std::int64_t>(*step) * full + source;
  }
  SIGNFLIP_HOST_DEVICE const TrainingStep& now() const { return steps[*step]; }
};

/// Labels and numbers of the sources, and the attack's scalars; one call per source.
struct GatherLabels {
  BatchPlace batch;
  const int* all_labels;
  int* labels;
  std::size_t* numbers;
  AttackScalars* scalars;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const std::uint32_t image = batch.order[batch.place(i)];
    labels[i] = all_labels[image];
    numbers[i] = image;
    if (i == 0) *scalars = {batch.now().epsilon, batch.epoch->attack_seed, 0};
  }
};

/// Turns bytes of the data set into augmented pixels; one block per source.
struct GatherImages : ImageBlocks {
  BatchPlace batch;
  Augmentation ranges;
  std::uint64_t seed = 0;
  Dims image;
  const std::uint8_t* pixels = nullptr;
  float* images = nullptr;

  static constexpr std::size_t shared() { return kThreads; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const std::int64_t place = batch.place(block);
    const std::uint32_t number = batch.order[place];
    const std::uint64_t stream =
        batch.epoch->number_by_place ? static_cast<std::uint64_t>(place) : std::uint64_t{number};
    const Draws draws(seed, batch.epoch->augmentation_stream + (stream << 4));
    const int size = image.size();
    const std::uint8_t* const from = pixels + static_cast<std::int64_t>(number) * size;
    float* const to = images + static_cast<std::int64_t>(block) * size;
    team.phase([&](int t) {
      float numbers[kMoveDraws];
      for (std::uint64_t k = 0; k < kMoveDraws; ++k) numbers[k] = draws.uniform(k, -1, 1);
      const AffineMap map(ranges, image.width, image.height, numbers);
      float sum = 0;
      for (int i = t; i < size; i += kThreads) {
        to[i] = ranges.moves() ? moved(map, from, i) : unit(from[i]);
        sum += to[i];
      }
      shared[t] = sum;
    });
    team.phase([&](int t) {
      if (!ranges.lights()) {
        for (int i = t; i < size; i += kThreads) to[i] = clamped(to[i], 0.0F, 1.0F);
        return;
      }
      float mean = 0;
      for (int i = 0; i < kThreads; ++i) mean += shared[i];
      mean /= static_cast<float>(size);
      const std::uint64_t first = ranges.moves() ? kMoveDraws : 0;
      const float numbers[2] = {draws.uniform(first, -1, 1), draws.uniform(first + 1, -1, 1)};
      const Lighting lighting(ranges, mean, numbers);
      for (int i = t; i < size; i += kThreads) to[i] = lighting.of(to[i]);
    });
    std::uint64_t first = (ranges.moves() ? kMoveDraws : 0) + (ranges.lights() ? kLightDraws : 0);
    if (ranges.flip) {
      const bool mirrored = draws.uniform(first, -1, 1) < 0;
      first += kFlipDraws;
      team.phase([&](int t) {
        if (!mirrored) return;
        for (int i = t; i < image.height * (image.width / 2); i += kThreads) mirror(to, i);
      });
    }
    if (ranges.cutout > 0) cut_out(team, shared, to, draws, first);
  }

 private:
  /// Exchanges the i-th pixel of the left half with the one that mirrors it.
  SIGNFLIP_HOST_DEVICE void mirror(float* to, int i) const {
    const int half = image.width / 2, row = i / half, column = i % half;
    float* const left = to + (row * image.width + column) * image.channels;
    float* const right = to + (row * image.width + image.width - 1 - column) * image.channels;
    for (int c = 0; c < image.channels; ++c) {
      const float kept = left[c];
      left[c] = right[c];
      right[c] = kept;
    }
  }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void cut_out(Team& team, float* shared, float* to, const Draws& draws,
                                    std::uint64_t first) const {
    const int size = image.size();
    team.phase([&](int t) {
      float sum = 0;
      for (int i = t; i < size; i += kThreads) sum += to[i];
      shared[t] = sum;
    });
    team.phase([&](int t) {
      float mean = 0;
      for (int i = 0; i < kThreads; ++i) mean += shared[i];
      mean /= static_cast<float>(size);
      const float numbers[kHoleDraws] = {draws.uniform(first, -1, 1),
                                         draws.uniform(first + 1, -1, 1)};
      const Hole hole(ranges, image.width, image.height, numbers);
      for (int i = t; i < size; i += kThreads) {
        const int pixel = i / image.channels;
        if (hole.holds(pixel / image.width, pixel % image.width)) to[i] = mean;
      }
    });
  }

  SIGNFLIP_HOST_DEVICE static float unit(std::uint8_t byte) {
    return static_cast<float>(byte) / 255.0F;
  }

  SIGNFLIP_HOST_DEVICE float moved(const AffineMap& map, const std::uint8_t* from, int i) const {
    const int c = i % image.channels, pixel = i / image.channels;
    return map.source(pixel / image.width, pixel % image.width).of([&](int row, int column) {
      return unit(from[(row * image.width + column) * image.channels + c]);
    });
  }
};

/// Which source a row shows, and whether its attacked copy.
struct RowSource {
  int source, attacked;
};

/// The network's input: normalised copies of clean and attacked sources.
struct Assemble {
  const RowSource* rows;
  int size, channels;
  const float *clean, *attacked, *scale, *shift;
  float* input;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const RowSource row = rows[i / size];
    const auto at = static_cast<int>(i % size);
    const float pixel =
        (row.attacked ? attacked : clean)[static_cast<std::int64_t>(row.source) * size + at];
    const int c = at % channels;
    input[i] = scale != nullptr ? pixel * scale[c] + shift[c] : pixel;
  }
};

/// What the loss of one image gives.
struct ImageLoss {
  double loss;
  int correct, images;
};

/// The gradient of the cross-entropy, multiplied by `factor`.
SIGNFLIP_HOST_DEVICE inline void scaled_gradient(std::span<const float> logits, int label,
                                                 float smoothing, float factor,
                                                 std::span<float> dlogits) {
  cross_entropy_gradient(logits, label, dlogits, smoothing);
  for (float& d : dlogits) d *= factor;
}

/// The share of the images' own loss (plain_loss_share) in this step.
struct LossShares {
  bool bounds = false;  ///< false: there is no worst case
  double kappa = 1, epsilon = 0;

  SIGNFLIP_HOST_DEVICE float of_images(const TrainingStep& now) const {
    return bounds ? static_cast<float>(plain_loss_share(kappa, now.epsilon, epsilon)) : 1.0F;
  }
};

/// Cross-entropy of each row and its gradient; one call per row.
struct RowLosses {
  BatchPlace batch;
  const RowSource* rows;
  const int* labels;
  int classes;
  float smoothing;
  LossShares shares;
  const float* logits;
  float* dlogits;
  ImageLoss* losses;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int label = labels[rows[i].source];
    const std::span<const float> z = values_of(logits, classes, i);
    const float share = shares.of_images(batch.now());
    scaled_gradient(z, label, smoothing, share * batch.now().gradient_scale,
                    values_of(dlogits, classes, i));
    losses[i] = {static_cast<double>(share * cross_entropy(z, label, smoothing)),
                 argmax(z) == label ? 1 : 0, 1};
  }
};

/// Cross-entropy of each source's worst logits and its gradient, added to the source's loss; one
/// call a source. After RowLosses, whose rows are the sources.
struct WorstLosses {
  BatchPlace batch;
  const int* labels;
  int classes;
  LossShares shares;
  const float* worst;
  float* dworst;
  ImageLoss* losses;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const std::span<const float> z = values_of(worst, classes, i);
    const float share = 1 - shares.of_images(batch.now());
    scaled_gradient(z, labels[i], 0, share * batch.now().gradient_scale,
                    values_of(dworst, classes, i));
    losses[i].loss += static_cast<double>(share * cross_entropy(z, labels[i]));
  }
};

/// TRADES' loss; one call per source, whose clean and attacked rows `pairs` names. Counts what is
/// correct of the attacked copies.
struct PairLosses {
  BatchPlace batch;
  const int* pairs;  // clean row, attacked row
  const int* labels;
  int classes;
  float smoothing, beta;
  const float* logits;
  float* dlogits;
  ImageLoss* losses;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const std::int64_t clean_row = pairs[2 * i], attacked_row = pairs[2 * i + 1];
    const std::span<const float> clean = values_of(logits, classes, clean_row);
    const std::span<const float> attacked = values_of(logits, classes, attacked_row);
    const std::span<float> dclean = values_of(dlogits, classes, clean_row);
    const std::span<float> dattacked = values_of(dlogits, classes, attacked_row);
    const int label = labels[i];
    const float factor = batch.now().gradient_scale;
    scaled_gradient(clean, label, smoothing, factor, dclean);
    for (float& d : dattacked) d = 0;
    const double loss =
        static_cast<double>(cross_entropy(clean, label, smoothing)) +
        static_cast<double>(beta) * divergence(clean, attacked, beta * factor, dclean, dattacked);
    losses[i] = {loss, argmax(attacked) == label ? 1 : 0, 1};
  }
};

/// Adds losses to the epoch's sums; one block, threads in fixed shares.
struct SumLosses {
  static constexpr int kThreads = 256;
  const ImageLoss* losses = nullptr;
  int count = 0;
  ImageLoss* partial = nullptr;  ///< kThreads
  LossSums* total = nullptr;

  static constexpr std::size_t shared() { return 0; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float*, int) const {
    team.phase([&](int t) {
      ImageLoss sum{0, 0, 0};
      for (int i = t; i < count; i += kThreads) add(sum, losses[i]);
      partial[t] = sum;
    });
    team.phase([&](int t) {
      if (t > 0) return;
      ImageLoss sum{0, 0, 0};
      for (int i = 0; i < kThreads; ++i) add(sum, partial[i]);
      total->loss += sum.loss;
      total->correct += static_cast<std::uint64_t>(sum.correct);
      total->images += static_cast<std::uint64_t>(sum.images);
    });
  }

 private:
  SIGNFLIP_HOST_DEVICE static void add(ImageLoss& sum, const ImageLoss& one) {
    sum.loss += one.loss;
    sum.correct += one.correct;
    sum.images += one.images;
  }
};

/// Adds up how many of `count` images are correct; for validation. One call.
struct CountCorrect {
  const float* logits;
  const int* labels;
  int classes;
  ImageLoss* losses;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    losses[i] = {0, argmax(values_of(logits, classes, i)) == labels[i] ? 1 : 0, 1};
  }
};

}  // namespace signflip::device
