// Checkpoints: everything that a training run needs to go on after it was stopped, as one
// safetensors file. Written after every epoch, atomically; a resumed run gives the same weights as
// one that was never stopped.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "train/trainer.h"

namespace signflip {

/// The epoch with the best validation so far, for runs that ship its weights rather than the last.
struct BestEpoch {
  int epoch = 0;  ///< from 1; 0: none yet
  double score = -1.0;
  std::vector<float> parameters, statistics;
};

/// `circumstances`: what else a run depends on, beside configuration, architecture and data files.
Status save_checkpoint(const std::filesystem::path& file, Trainer& trainer,
                       const OrderedJson& circumstances = OrderedJson::object(),
                       const BestEpoch& best = {});

/// Continues from the checkpoint. An error names what differs if it belongs to another
/// configuration, architecture, dataset or other circumstances.
Status resume(const std::filesystem::path& file, Trainer& trainer,
              const OrderedJson& circumstances = OrderedJson::object(), BestEpoch* best = nullptr);

/// The same from the bytes of a checkpoint that errors call `name`.
Status resume_from(std::span<const std::uint8_t> bytes, const std::string& name, Trainer& trainer,
                   const OrderedJson& circumstances = OrderedJson::object(),
                   BestEpoch* best = nullptr);

/// How far the run of a checkpoint came.
struct CheckpointState {
  int epochs_done = 0, epochs = 0;
};
Result<CheckpointState> read_checkpoint_state(const std::filesystem::path& file);

}  // namespace signflip
