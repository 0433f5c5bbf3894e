// What signflip universal and signflip patch share: one change is learnt from the images of one
// split and judged on images that it has not seen.
#pragma once

#include "attack/shared/shared_change.h"
#include "target.h"

namespace signflip::cli {

struct SharedOptions {
  Target target;
  std::string dataset, data, split = "train", out, png, json;
  std::size_t limit = 0, test_limit = 0;
  std::optional<int> goal;  ///< the class to reach
  int epochs = 5;
  std::size_t batch = 64;
  std::uint64_t seed = 0;
  int threads = 0;

  /// All options but what the change itself has; `what` is the change's name in their help.
  void add_to(const Command& command, const std::string& what);
};

/// What a command of this kind adds.
struct SharedKind {
  std::string name;    ///< "universal": of the progress bar and in JSON
  std::string random;  ///< what the comparison is called: "random signs"
  std::function<Result<SharedChanges>(const DifferentiableModel&)> make;
  /// What it was told and how large it became.
  std::function<OrderedJson(const SharedChange&)> describe;
  /// The values for --out, and a picture of them.
  std::function<std::vector<std::size_t>(ImageShape)> npy_shape;
  std::function<Tensor(const SharedChange&, ImageShape)> picture;
};

/// Loads, learns, judges, writes.
Status run_shared(SharedOptions& options, const SharedKind& kind);

}  // namespace signflip::cli
