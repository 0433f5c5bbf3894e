// A part of a dataset that stands for the whole.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace signflip {

/// Indices, ascending, of `count` of the images, drawn by `seed`: of each class its share, rounded
/// so that all add up to `count`, and at least one of each class where there is room for all
/// classes. All images where there are no more.
std::vector<std::uint32_t> stratified_sample(std::span<const int> labels, std::size_t count,
                                             std::uint64_t seed);

/// Keeps the images at `indices`, which ascend.
void keep_images(Dataset& dataset, std::span<const std::uint32_t> indices);

}  // namespace signflip
