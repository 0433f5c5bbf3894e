// A training that takes milliseconds: pictures of bars, a small network, a configuration.
#pragma once

#include <cstdint>
#include <utility>

#include "core/rng.h"
#include "data/dataset.h"
#include "nn/sequential.h"
#include "train/config.h"

namespace signflip::test {

/// 8×8 pictures of three classes: a bright bar on the left, in the middle or on the right, in
/// noise.
inline Dataset bars(std::size_t count) {
  Dataset data;
  data.name = "bars";
  data.image = {8, 8, 1};
  data.classes = 3;
  data.class_names = {"left", "middle", "right"};
  Rng rng(7);
  for (std::size_t n = 0; n < count; ++n) {
    const int label = static_cast<int>(rng.below(3));
    data.labels.push_back(label);
    for (int pixel = 0; pixel < 64; ++pixel) {
      const bool bright = pixel % 8 / 3 == label;
      data.pixels.push_back(static_cast<std::uint8_t>((bright ? 150 : 20) + rng.below(80)));
    }
  }
  return data;
}

inline Sequential network() {
  Architecture architecture;
  architecture.input = {8, 8, 1};
  architecture.classes = {"left", "middle", "right"};
  architecture.layers = {Conv2d{4, {3, 3}, {1, 1}, {1, 1}},
                         BatchNorm2d{},
                         Relu{},
                         MaxPool2d{{2, 2}, {2, 2}},
                         Flatten{},
                         Dropout{0.2F},
                         Dense{3}};
  auto made = Sequential::create(architecture);
  made->initialise(3);
  return std::move(*made);
}

inline TrainingConfig config(Method method) {
  TrainingConfig config;
  config.method = method;
  config.epsilon = 0.1;
  config.epochs = 4;
  config.batch_size = 80;  // more than one shard
  config.learning_rate = 0.01;
  config.steps = 3;
  config.finetune_epochs = 2;
  config.average = 0.9;
  config.validation = 0.2;
  config.augmentation.shift = 0.1F;
  return config;
}

}  // namespace signflip::test
