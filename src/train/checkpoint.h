// Checkpoints: everything that a training run needs to go on after it was stopped, as one
// safetensors file. Written after every epoch, atomically; a resumed run gives the same weights as
// one that was never stopped.
#pragma once

#include <filesystem>

#include "train/trainer.h"

namespace signflip {

Status save_checkpoint(const std::filesystem::path& file, Trainer& trainer);

/// Continues from the checkpoint. Error if it belongs to another configuration, architecture
/// or dataset.
Status resume(const std::filesystem::path& file, Trainer& trainer);

}  // namespace signflip
