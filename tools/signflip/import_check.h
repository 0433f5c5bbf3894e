// Whether an imported model does on a dataset what its owner expects: its accuracy, and where that
// is poor, which usual mistake explains it. Each cause is tried, not guessed.
#pragma once

#include <optional>
#include <string>

#include "core/result.h"
#include "data/dataset.h"
#include "nn/sequential.h"

namespace signflip::cli {

struct ImportCheck {
  double accuracy = 0;
  std::size_t images = 0;
  std::string warning;  ///< empty where nothing is wrong
};

/// Runs a classifier on the images. The warning names the cause that explains a poor accuracy best:
/// pixels 0 to 255, normalised twice or not at all, light and dark or red and blue exchanged,
/// classes in another order; or says that the accuracy is near chance and that none of these
/// explains it. An error where shapes or numbers of classes differ.
Result<ImportCheck> check_import(const Sequential& network, const Dataset& dataset, int threads);

}  // namespace signflip::cli
