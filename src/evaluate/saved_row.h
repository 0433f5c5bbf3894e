// What an evaluation that was interrupted needs of the attacks that are done: the figures of each
// image, beside the results that are made of them.
#pragma once

#include <optional>
#include <span>

#include "evaluate/evaluate.h"

namespace signflip {

/// The figures of each image, by column.
OrderedJson images_to_json(const EvaluationRow& row);

/// The row that to_json() and images_to_json() wrote, of `request` (null: of the clean images).
/// Empty where they do not fit the labels.
std::optional<EvaluationRow> restore_row(const AttackRequest* request, const Json& result,
                                         const Json& images, std::span<const int> labels,
                                         int classes);

}  // namespace signflip
