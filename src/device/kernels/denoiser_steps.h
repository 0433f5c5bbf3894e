// What training a denoiser takes besides training and attacking: its inputs, and its loss. As
// train/denoiser_method.cpp does on the CPU, with the same random numbers.
#pragma once

#include "device/kernels/training_steps.h"

namespace signflip::device {

/// Attacked images to a third each of attacked in full, attacked in part, and noisy or clean ones,
/// drawn for each image; one call a value.
struct Spoil {
  Scene scene;
  float* images;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int n = i / scene.size, pixel = i - n * scene.size;
    const Draws draws(~scene.scalars->seed, scene.numbers[n]);
    const auto kind = static_cast<int>(((draws.bits(0) >> 32) * 6) >> 32);
    if (kind < 2) return;  // attacked in full
    const float clean = scene.clean[i];
    float change = 0;
    if (kind < 4) {
      change = draws.uniform(1) * (images[i] - clean);
    } else if (kind == 4) {
      change = static_cast<float>(scene.scalars->epsilon) *
               draws.uniform(2 + static_cast<std::uint64_t>(pixel), -1, 1);
    }
    images[i] = clamped(clean + change, 0.0F, 1.0F);
  }
};

/// Mean squared error to the clean image plus guidance times the classifier's loss, which `marks`
/// holds; its gradient at the output takes the place of the classifier's. One block an image.
struct DenoiserLoss : ImageBlocks {
  BatchPlace batch;
  int size = 0;
  float guidance = 0;
  const float *output = nullptr, *clean = nullptr;
  float* doutput = nullptr;
  Mark* marks = nullptr;

  static constexpr std::size_t shared() { return kThreads; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const int first = block * size;
    team.phase([&](int t) {
      const float share = batch.now().gradient_scale * 2 / static_cast<float>(size);
      double squares = 0;
      for (int i = first + t; i < first + size; i += kThreads) {
        const float error = output[i] - clean[i];
        squares += static_cast<double>(error * error);
        doutput[i] = share * error + guidance * doutput[i];
      }
      shared[t] = static_cast<float>(squares);
    });
    team.phase([&](int t) {
      if (t > 0) return;
      double squares = 0;
      for (int i = 0; i < kThreads; ++i) squares += static_cast<double>(shared[i]);
      Mark& mark = marks[block];
      mark.loss = squares / size + static_cast<double>(guidance) * mark.loss;
    });
  }
};

}  // namespace signflip::device
