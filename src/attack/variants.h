// Black-box attacks that try many changes of one image: the model is asked about as many variants
// at a time as the pass takes. The answers do not depend on how many that are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "core/differentiable_model.h"

namespace signflip {

class Variants {
 public:
  Variants(Pass& pass, std::size_t image_size)
      : pass_(pass), image_size_(image_size), images_(pass.capacity() * image_size) {}

  /// For v in 0 … count−1: change(v, variant) on a fresh copy of `image`, then visit(v, logits,
  /// variant), in ascending order; until visit returns false. Costs one query a variant; those that
  /// were in the model together with the last one visited have been paid for too.
  template <class Change, class Visit>
  void each(std::span<const float> image, std::size_t count, Change change, Visit visit) {
    const std::size_t room = pass_.capacity(), classes = pass_.classes();
    for (std::size_t first = 0; first < count; first += room) {
      const std::size_t together = std::min(room, count - first);
      for (std::size_t k = 0; k < together; ++k) {
        std::copy(image.begin(), image.end(), variant(k).begin());
        change(first + k, variant(k));
      }
      const std::span<const float> logits =
          pass_.forward(std::span<const float>(images_).first(together * image_size_), together);
      for (std::size_t k = 0; k < together; ++k) {
        const std::span<const float> row = logits.subspan(k * classes, classes);
        if (!visit(first + k, row, std::span<const float>(variant(k)))) return;
      }
    }
  }

 private:
  std::span<float> variant(std::size_t k) {
    return std::span<float>(images_).subspan(k * image_size_, image_size_);
  }

  Pass& pass_;
  std::size_t image_size_;
  std::vector<float> images_;
};

}  // namespace signflip
