// Attacks that drop finished images from the batch: which rows of a shard are still under attack,
// copied together so that the model sees no others. Kernels are row-independent, so dropping a row
// changes nothing for the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include "attack/shard.h"

namespace signflip {

/// Row numbers in ascending order. Values of an active row live at its position (slot) in packed
/// arrays, and at its row number in full ones.
class ActiveSet {
 public:
  /// All of `count` rows.
  explicit ActiveSet(std::size_t count) : rows_(count) {
    std::iota(rows_.begin(), rows_.end(), std::size_t{0});
  }

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  std::size_t operator[](std::size_t slot) const { return rows_[slot]; }
  std::span<const std::size_t> rows() const { return rows_; }

  /// Drops the rows for which finished(row) is true. Packed arrays must be gathered anew.
  template <class Finished>
  void drop_if(Finished finished) {
    rows_.erase(std::remove_if(rows_.begin(), rows_.end(), finished), rows_.end());
  }

  /// Copies the active rows of `full` to the front of `packed`, and returns that part.
  Rows<float> gather(Rows<const float> full, Rows<float> packed) const {
    for (std::size_t slot = 0; slot < rows_.size(); ++slot) {
      copy_row(full[rows_[slot]], packed[slot]);
    }
    return packed.first(rows_.size());
  }

  /// Copies the front of `packed` back to the active rows of `full`.
  void scatter(Rows<const float> packed, Rows<float> full) const {
    for (std::size_t slot = 0; slot < rows_.size(); ++slot) {
      copy_row(packed[slot], full[rows_[slot]]);
    }
  }

 private:
  std::vector<std::size_t> rows_;
};

/// A shard made of some rows of another, with memory of its own: for attacks made of attacks
/// (restarts, ensembles). Its adversarial images start as the clean ones.
class SubShard {
 public:
  /// `targets` replaces the parent's where not empty (one for each row of `active`).
  SubShard(const Shard& parent, const ActiveSet& active, const Parameters& parameters,
           std::span<const int> targets = {});

  Shard& shard() { return shard_; }

 private:
  RowBuffer<float> clean_, adversarial_;
  std::vector<int> labels_, targets_;
  std::vector<std::size_t> numbers_;
  Shard shard_;
};

}  // namespace signflip
