// What a Trainer is made of, for trainer.cpp and trainer_device.cpp alone.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/batches.h"
#include "train/trainer.h"

namespace signflip {

/// What a random stream is for; with the epoch and a number it names the stream.
enum class Purpose : std::uint64_t { order, augmentation, dropout, attack };

inline std::uint64_t stream_number(Purpose purpose, int epoch, std::size_t number) {
  return (static_cast<std::uint64_t>(epoch) << 44) + (static_cast<std::uint64_t>(number) << 4) +
         static_cast<std::uint64_t>(purpose);
}

inline Rng stream(const TrainingConfig& config, Purpose purpose, int epoch, std::size_t number) {
  return Rng(config.seed, stream_number(purpose, epoch, number));
}

/// One thread's work in a batch: images, labels, and what the method makes of them.
struct Trainer::Shard {
  std::unique_ptr<ShardTrainer> method;
  std::vector<float> images, buffer;
  std::vector<int> labels;
  std::vector<std::size_t> numbers;
  Marks marks;
};

struct Trainer::Step {
  double epochs;    // done, with fraction
  double progress;  // 0 … 1 of the whole training
  float gradient_scale;
};

/// What an epoch changes, to go back to.
struct Trainer::Memory {
  std::vector<std::vector<float>> parts;
  std::size_t steps;
};

struct Trainer::State {
  TrainingConfig config;
  Sequential network;
  const Dataset* data;
  ThreadPool* pool;
  std::unique_ptr<TrainingMethod> method;
  OptimiserState optimiser;
  std::vector<float> average;  // of parameters, then statistics; empty where averaging is off
  std::vector<std::uint32_t> train, validation;
  std::vector<std::vector<std::uint32_t>> train_by_class;  // empty where classes are not balanced
  std::vector<std::unique_ptr<Shard>> shards;              // empty where a device runs the batches
  std::vector<ParameterPiece> pieces;                      // of the network
  std::vector<float> gradient;  // the batch's, where it is clipped; else a piece's for each thread
  std::size_t most_shards = 0, capacity = 0;  // of a batch; sources of one
  DeviceCourse device;
  Status failure;
  bool diverged = false;
  int epochs_done = 0;
};

}  // namespace signflip
