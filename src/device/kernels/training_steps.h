// What a training step is made of besides the network: gathering and augmenting a batch, and
// grading its logits. As train/trainer.cpp, train/classifier_method.cpp,
// train/interval_training.cpp and data/augment.cpp do on the CPU, with the same random numbers.
// Moving the weights is optimiser_steps.h.
//
// A batch has *sources*, its training images, and *rows*, the images that the network sees: the
// sources, or a clean and an attacked copy of each. Shard by shard, clean rows come before attacked
// ones.
#pragma once

#include "device/device.h"
#include "device/kernels/attack_steps.h"
#include "device/kernels/losses.h"
#include "device/kernels/portable.h"
#include "device/kernels/random.h"

namespace signflip::device {

/// What changes from epoch to epoch; in device memory.
struct EpochScalars {
  std::uint64_t attack_seed = 0, augmentation_stream = 0, dropout_stream = 0;
  int number_by_place = 0;
};

/// The batch at hand: `step` batches of the epoch are done.
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

/// Labels and numbers of the sources, and the attack's scalars; one call a source.
struct GatherLabels {
  BatchPlace batch;
  const int* all_labels;
  int* labels;
  std::uint64_t* numbers;
  CraftScalars* scalars;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const std::uint32_t image = batch.order[batch.place(i)];
    labels[i] = all_labels[image];
    numbers[i] = image;
    if (i == 0) *scalars = {batch.now().epsilon, batch.epoch->attack_seed, 0};
  }
};

/// Each image draws its own change from ± these; data/augment.h.
struct AugmentationRanges {
  float shift = 0, scale = 0, rotation = 0, brightness = 0, contrast = 0;
  bool whole_pixels = false;

  SIGNFLIP_HOST_DEVICE bool warps() const { return shift != 0 || scale != 0 || rotation != 0; }
  SIGNFLIP_HOST_DEVICE bool lights() const { return brightness != 0 || contrast != 0; }
};

/// Bytes of the data set to augmented pixels; one block a source.
struct GatherImages : ImageBlocks {
  BatchPlace batch;
  AugmentationRanges ranges;
  std::uint64_t seed = 0;
  Dims image;
  const std::uint8_t* pixels = nullptr;
  float* images = nullptr;

  static constexpr std::size_t shared() { return kThreads; }

  struct Affine {
    float a, b, c, d, x, y;
  };
  struct Light {
    float contrast, light;
  };

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
      const Affine map = affine(draws);
      float sum = 0;
      for (int i = t; i < size; i += kThreads) {
        to[i] = ranges.warps() ? warped(map, from, i) : unit(from[i]);
        sum += to[i];
      }
      shared[t] = sum;
    });
    team.phase([&](int t) {
      float gain = 1, offset = 0;
      if (ranges.lights()) {
        float mean = 0;
        for (int i = 0; i < kThreads; ++i) mean += shared[i];
        mean /= static_cast<float>(size);
        const std::uint64_t first = ranges.warps() ? 4 : 0;
        const float contrast = 1 + ranges.contrast * draws.uniform(first, -1, 1);
        const float light = powf(1 + ranges.brightness, draws.uniform(first + 1, -1, 1));
        gain = light * contrast;
        offset = light * mean * (1 - contrast);
      }
      for (int i = t; i < size; i += kThreads) to[i] = clamped(gain * to[i] + offset, 0.0F, 1.0F);
    });
  }

 private:
  SIGNFLIP_HOST_DEVICE static float unit(std::uint8_t byte) {
    return static_cast<float>(byte) / 255.0F;
  }

  SIGNFLIP_HOST_DEVICE Affine affine(const Draws& draws) const {
    if (!ranges.warps()) return {1, 0, 0, 1, 0, 0};
    float dx = ranges.shift * draws.uniform(0, -1, 1) * static_cast<float>(image.width);
    float dy = ranges.shift * draws.uniform(1, -1, 1) * static_cast<float>(image.height);
    if (ranges.whole_pixels) {
      dx = roundf(dx);
      dy = roundf(dy);
    }
    constexpr float kPi = 3.14159265358979F;
    const float angle = ranges.rotation * draws.uniform(2, -1, 1) * kPi / 180.0F;
    const float size = 1.0F / (1.0F + ranges.scale * draws.uniform(3, -1, 1));
    const float cosine = cosf(angle) * size, sine = sinf(angle) * size;
    return {cosine, -sine, sine, cosine, dx, dy};
  }

  /// Bilinear, the border repeated.
  SIGNFLIP_HOST_DEVICE float warped(const Affine& map, const std::uint8_t* from, int i) const {
    const int c = i % image.channels, pixel = i / image.channels;
    const float right = static_cast<float>(image.width - 1);
    const float bottom = static_cast<float>(image.height - 1);
    const float u = static_cast<float>(pixel % image.width) - 0.5F * right;
    const float v = static_cast<float>(pixel / image.width) - 0.5F * bottom;
    const float x = clamped(map.a * u + map.b * v + map.x + 0.5F * right, 0.0F, right);
    const float y = clamped(map.c * u + map.d * v + map.y + 0.5F * bottom, 0.0F, bottom);
    const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
    const int x1 = smaller(x0 + 1, image.width - 1), y1 = smaller(y0 + 1, image.height - 1);
    const float fx = x - static_cast<float>(x0), fy = y - static_cast<float>(y0);
    const auto at = [&](int row, int column) {
      return unit(from[(row * image.width + column) * image.channels + c]);
    };
    const float above = at(y0, x0) + fx * (at(y0, x1) - at(y0, x0));
    const float below = at(y1, x0) + fx * (at(y1, x1) - at(y1, x0));
    return above + fy * (below - above);
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

/// What grading an image gives.
struct Mark {
  double loss;
  int correct, images;
};

/// How certified training's loss is shared between images and their worst case: κ, the images'
/// share, falls from 1 in step with ε's way to its full value (train/interval_training.h).
struct LossShares {
  bool bounds = false;  ///< false: the images have it all
  double kappa = 1, epsilon = 0;

  SIGNFLIP_HOST_DEVICE float of_images(const TrainingStep& now) const {
    if (!bounds) return 1;
    const double risen = epsilon > 0 ? smaller(now.epsilon / epsilon, 1.0) : 1.0;
    return static_cast<float>(1 - (1 - kappa) * risen);
  }
};

/// Cross-entropy of each row and its gradient; one call a row.
struct GradeRows {
  BatchPlace batch;
  const RowSource* rows;
  const int* labels;
  int classes;
  float smoothing;
  LossShares shares;
  const float* logits;
  float* dlogits;
  Mark* marks;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int label = labels[rows[i].source];
    const float* const z = logits + i * classes;
    const float share = shares.of_images(batch.now());
    cross_entropy_gradient(z, classes, label, smoothing, share * batch.now().gradient_scale,
                           dlogits + i * classes);
    marks[i] = {static_cast<double>(share * cross_entropy(z, classes, label, smoothing)),
                argmax(z, classes) == label ? 1 : 0, 1};
  }
};

/// Cross-entropy of each source's worst logits and its gradient, added to the source's mark; one
/// call a source. After GradeRows, whose rows are the sources.
struct GradeWorst {
  BatchPlace batch;
  const int* labels;
  int classes;
  LossShares shares;
  const float* worst;
  float* dworst;
  Mark* marks;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const float* const z = worst + i * classes;
    const float share = 1 - shares.of_images(batch.now());
    cross_entropy_gradient(z, classes, labels[i], 0, share * batch.now().gradient_scale,
                           dworst + i * classes);
    marks[i].loss += static_cast<double>(share * cross_entropy(z, classes, labels[i], 0));
  }
};

/// TRADES' loss; one call a source, whose clean and attacked rows `pairs` names. Counts what is
/// correct of the attacked copies.
struct GradePairs {
  BatchPlace batch;
  const int* pairs;  // clean row, attacked row
  const int* labels;
  int classes;
  float smoothing, beta;
  const float* logits;
  float* dlogits;
  Mark* marks;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const std::int64_t clean = static_cast<std::int64_t>(pairs[2 * i]) * classes;
    const std::int64_t attacked = static_cast<std::int64_t>(pairs[2 * i + 1]) * classes;
    const int label = labels[i];
    const float factor = batch.now().gradient_scale;
    cross_entropy_gradient(logits + clean, classes, label, smoothing, factor, dlogits + clean);
    const double loss =
        static_cast<double>(cross_entropy(logits + clean, classes, label, smoothing)) +
        static_cast<double>(beta) * divergence(logits + clean, logits + attacked, classes,
                                               beta * factor, dlogits + clean, dlogits + attacked);
    marks[i] = {loss, argmax(logits + attacked, classes) == label ? 1 : 0, 1};
  }
};

/// Adds marks to the epoch's sums; one block, threads in fixed shares.
struct SumMarks {
  static constexpr int kThreads = 256;
  const Mark* marks = nullptr;
  int count = 0;
  Mark* partial = nullptr;  ///< kThreads
  LossSums* total = nullptr;

  static constexpr std::size_t shared() { return 0; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float*, int) const {
    team.phase([&](int t) {
      Mark sum{0, 0, 0};
      for (int i = t; i < count; i += kThreads) add(sum, marks[i]);
      partial[t] = sum;
    });
    team.phase([&](int t) {
      if (t > 0) return;
      Mark sum{0, 0, 0};
      for (int i = 0; i < kThreads; ++i) add(sum, partial[i]);
      total->loss += sum.loss;
      total->correct += static_cast<std::uint64_t>(sum.correct);
      total->images += static_cast<std::uint64_t>(sum.images);
    });
  }

 private:
  SIGNFLIP_HOST_DEVICE static void add(Mark& sum, const Mark& mark) {
    sum.loss += mark.loss;
    sum.correct += mark.correct;
    sum.images += mark.images;
  }
};

/// Adds up how many of `count` images are correct; for validation. One call.
struct CountCorrect {
  const float* logits;
  const int* labels;
  int classes;
  Mark* marks;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    marks[i] = {0, argmax(logits + i * classes, classes) == labels[i] ? 1 : 0, 1};
  }
};

}  // namespace signflip::device
