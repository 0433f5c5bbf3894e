// What training a denoiser takes besides training and attacking: its inputs, and its loss. As
// train/denoiser_method.cpp does on the CPU, with the same random numbers.
#pragma once

#include "device/kernels/training_steps.h"

namespace signflip::device {

/// Turns attacked images into inputs of the kinds that each image draws; one call per pixel.
struct CorruptInputs {
  AttackView view;
  float* images;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int n = i / view.size, pixel = i - n * view.size;
    const Draws draws(~view.scalars->seed, view.numbers[n]);
    const std::uint32_t kind = draws.below(0, kInputKinds);
    const float unit =
        kind == kNoisyInput ? draws.uniform(2 + static_cast<std::uint64_t>(pixel), -1, 1) : 0.0F;
    images[i] =
        corrupted_input(kind, draws.uniform(1), static_cast<float>(view.scalars->epsilon) * unit,
                        view.clean[i], images[i]);
  }
};

/// Mean squared error to the clean image plus guidance times the classifier's loss, which `losses`
/// holds; its gradient at the output takes the place of the classifier's. One block per image.
struct DenoiserLoss : ImageBlocks {
  BatchPlace batch;
  int size = 0;
  float guidance = 0;
  const float *output = nullptr, *clean = nullptr;
  float* doutput = nullptr;
  ImageLoss* losses = nullptr;

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
      double& loss = losses[block].loss;
      loss = squares / size + static_cast<double>(guidance) * loss;
    });
  }
};

}  // namespace signflip::device
