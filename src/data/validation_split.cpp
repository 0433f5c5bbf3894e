// Dividing the training images into those to learn from and those to choose by.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/rng.h"
#include "data/dataset.h"

namespace signflip {

ValidationSplit split_validation(const Dataset& dataset, double fraction, std::uint64_t seed) {
  using Images = std::vector<std::uint32_t>;
  // Class → group → its images; ordered maps, so that only the seed decides.
  std::map<int, std::map<int, Images>> classes;
  std::map<int, int> class_of_group;
  for (std::uint32_t i = 0; i < dataset.count(); ++i) {
    const int group = dataset.groups.empty() ? static_cast<int>(i) : dataset.groups[i];
    const int label = class_of_group.try_emplace(group, dataset.labels[i]).first->second;
    classes[label][group].push_back(i);
  }

  ValidationSplit split;
  for (const auto& [label, groups] : classes) {
    std::vector<const Images*> order;
    std::size_t total = 0;
    for (const auto& [group, images] : groups) {
      order.push_back(&images);
      total += images.size();
    }
    Rng(seed, static_cast<std::uint64_t>(label)).shuffle(std::span(order));

    const double wanted = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(total);
    double taken = 0;
    for (std::size_t g = 0; g < order.size(); ++g) {
      const auto size = static_cast<double>(order[g]->size());
      // A whole group is taken where that brings the class nearer to its share.
      const bool take = g + 1 < order.size() && taken + size / 2 <= wanted;
      if (take) taken += size;
      auto& side = take ? split.validation : split.train;
      side.insert(side.end(), order[g]->begin(), order[g]->end());
    }
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

}  // namespace signflip
