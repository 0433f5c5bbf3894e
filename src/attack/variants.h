// Black-box attacks that try many changes of one image, image after image: the model is asked about
// as many variants at a time as the pass takes. The answers do not depend on how many that are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "attack/logits.h"
#include "attack/shard.h"
#include "core/differentiable_model.h"
#include "core/rows.h"

namespace signflip {

class Variants {
 public:
  Variants(Pass& pass, std::size_t image_size)
      : pass_(pass), images_(pass.capacity(), image_size) {}

  /// For v in 0 … count−1: change(v, variant) on a fresh copy of `image`, then visit(v, logits,
  /// variant), in ascending order; until visit returns false. Costs one query per variant,
  /// including those that went through the model together with the last one visited.
  template <class Change, class Visit>
  void each(std::span<const float> image, std::size_t count, Change change, Visit visit) {
    const std::size_t room = pass_.capacity();
    for (std::size_t first = 0; first < count; first += room) {
      const std::size_t together = std::min(room, count - first);
      for (std::size_t k = 0; k < together; ++k) {
        copy_row(image, images_[k]);
        change(first + k, images_[k]);
      }
      const Rows<const float> tried = images_.first(together), logits = logits_of(pass_, tried);
      for (std::size_t k = 0; k < together; ++k) {
        if (!visit(first + k, logits[k], tried[k])) return;
      }
    }
  }

 private:
  Pass& pass_;
  RowBuffer<float> images_;
};

/// Searches the shard's images one after the other: search_of(i, variants) is the search of image
/// i, of which round(0) … round(last) are called until one says that it is over, or the user stops.
template <class SearchOf>
void search_each_image(Shard& shard, int last, SearchOf search_of) {
  Variants variants(shard.pass, shard.image_size());
  for (std::size_t i = 0; i < shard.count; ++i) {
    auto search = search_of(i, variants);
    for (int round = 0; round <= last; ++round) {
      const double share = static_cast<double>(round) / (last + 1);
      if (!shard.tick((static_cast<double>(i) + share) / static_cast<double>(shard.count))) return;
      if (search.round(round)) break;
    }
  }
}

}  // namespace signflip
