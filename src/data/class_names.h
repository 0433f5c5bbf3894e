// Whether a model and a dataset mean the same classes.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "data/dataset.h"

namespace signflip {

/// Labels are numbers, so class i of the model must be class i of the dataset: an error names the
/// first that differs. Where one side has only numbers for names and the other has none of these
/// numbers, its classes have no names, and position decides. The model is called `model`.
Status check_same_classes(const std::string& model, const std::vector<std::string>& model_classes,
                          const Dataset& dataset);

/// "the classes of the model have numbers for names: 0 is taken for "Stop", …" where that is so, or
/// the same of the dataset; else empty. For classes that check_same_classes() accepts.
std::string matched_by_position(const std::string& model,
                                const std::vector<std::string>& model_classes,
                                const Dataset& dataset);

}  // namespace signflip
