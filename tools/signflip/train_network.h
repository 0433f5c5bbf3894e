// What train begins from: an architecture by name or from a file, or a trained model.
#pragma once

#include <optional>

#include "command.h"
#include "train_options.h"

namespace signflip::cli {

/// Notes a model file that a run begins from or trains for: by what is in it, not where it lies.
void refer(OrderedJson& references, const char* name, const LoadedModel& model);

/// What pictures of the dataset become: as --size says, else as the network takes them, where that
/// is known before the images are.
Result<std::optional<PictureSize>> wished_size(const TrainOptions& options);

/// The network to train; notes in `references` the model file that it begins from.
Result<Sequential> make_network(const TrainOptions& options, const Dataset& data,
                                OrderedJson& references);

}  // namespace signflip::cli
