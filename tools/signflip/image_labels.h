// Which class each image is said to be of: by a file, by numbers on the command line, or by the
// model.
#pragma once

#include <string>
#include <vector>

#include "core/differentiable_model.h"
#include "core/result.h"

namespace signflip::cli {

/// The classes that the model sees in the images; kNoClass where its logits are no numbers.
std::vector<int> classes_of(const DifferentiableModel& model, const Tensor& images);

/// Labels from a file; or where `text` is a whole number that class for every image, where it is a
/// list of them one for each. Errors name the `option`.
Result<std::vector<int>> labels_from(const std::string& option, const std::string& text,
                                     int classes, std::size_t count);

}  // namespace signflip::cli
