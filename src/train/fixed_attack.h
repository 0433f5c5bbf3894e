// A training set attacked once and kept as 8-bit pictures, as it would be stored in files.
#pragma once

#include <vector>

#include "train/adversary.h"
#include "train/training_method.h"

namespace signflip {

class FixedAttack {
 public:
  bool empty() const { return pixels_.empty(); }
  /// N×H×W×C, in the data's order.
  std::span<const std::uint8_t> pixels() const { return pixels_; }

  /// Attacks all images of the data, unaugmented, within `epsilon` on `network`.
  void attack(const Sequential& network, const Dataset& data, const TrainingAttack& how,
              double epsilon, std::uint64_t seed, ThreadPool& pool);

  /// The attacked images of these numbers, N×H×W×C in [0,1].
  void copy(std::span<const std::size_t> numbers, std::span<float> out) const;

 private:
  std::size_t size_ = 0;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace signflip
