// A shard's trainer whose gradients are those of one pass through the network.
#pragma once

#include "nn/training_pass.h"
#include "train/training_method.h"

namespace signflip {

class PassTrainer : public ShardTrainer {
 public:
  PassTrainer(const Sequential& network, std::size_t capacity) : pass_(network, capacity) {}

  void add_gradients(const ParameterPiece& piece, float* sum) override {
    pass_.add_gradients(piece, sum);
  }
  std::span<const float> batch_statistics() const override { return pass_.batch_statistics(); }

 protected:
  TrainingPass pass_;
};

}  // namespace signflip
