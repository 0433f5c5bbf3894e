// Which classes a model gives images, and how often they are right.
#pragma once

#include <span>
#include <vector>

#include "core/differentiable_model.h"
#include "core/tensor.h"
#include "core/thread_pool.h"

namespace signflip {

/// The class of the largest logit of each image, kNoClass where the logits are not numbers; the
/// same for any number of threads.
std::vector<int> classes_of(const DifferentiableModel& model, const Tensor& images,
                            ThreadPool& pool);

/// The fraction of `classes` that equal their labels; as many of both, at least one.
double accuracy_of(std::span<const int> classes, std::span<const int> labels);

}  // namespace signflip
