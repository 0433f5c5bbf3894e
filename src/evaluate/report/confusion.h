// Confusion matrices: labels down, predictions across. Numbers in a table for up to 12 classes, a
// heat map with tooltips for more, and the most frequent confusions in words for all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evaluate/report/markup.h"

namespace signflip::report {

using ConfusionMatrix = std::vector<std::vector<std::uint64_t>>;  ///< [label][predicted], square

struct Confusion {
  std::size_t label, predicted;
  std::uint64_t count;
};

/// The confusions (label ≠ predicted), most frequent first, at most `most` of them.
std::vector<Confusion> top_confusions(const ConfusionMatrix& matrix, std::size_t most);

/// "“4” taken for “9” 31 times (of 98)", up to `most` of them; for none "no image was confused".
std::string confusions_in_words(const ConfusionMatrix& matrix,
                                const std::vector<std::string>& classes, std::size_t most);

/// The matrix, with `title` as caption and accessible name. `classes` has a name for each class.
Markup draw_confusion(const ConfusionMatrix& matrix, const std::vector<std::string>& classes,
                      const std::string& title);

}  // namespace signflip::report
