#include "defence/blur.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace signflip {
namespace {

/// Of the window's middle and of each distance from it.
std::vector<double> weights_of(double deviation) {
  std::vector<double> weights(static_cast<std::size_t>(std::ceil(3 * deviation)) + 1);
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double distance = static_cast<double>(i) / deviation;
    weights[i] = std::exp(-0.5 * distance * distance);
    sum += i == 0 ? weights[i] : 2 * weights[i];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

/// Calls add(to, from, weight) for every place of a line and all that its window sees, of
/// `length` places.
template <class Add>
void for_each_pair(const std::vector<double>& weights, int length, const Add& add) {
  const int reach = static_cast<int>(weights.size()) - 1;
  for (int to = 0; to < length; ++to) {
    for (int offset = -reach; offset <= reach; ++offset) {
      add(static_cast<std::size_t>(to),
          static_cast<std::size_t>(std::clamp(to + offset, 0, length - 1)),
          weights[static_cast<std::size_t>(std::abs(offset))]);
    }
  }
}

/// Blurs along columns (`height` places, a row apart) or rows; `transposed`: the gradient of that.
std::vector<double> blurred(const std::vector<double>& weights, ImageShape shape, bool columns,
                            bool transposed, const std::vector<double>& values) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  const std::size_t row = static_cast<std::size_t>(shape.width) * channels;
  const std::size_t step = columns ? row : channels;
  std::vector<double> result(values.size());
  for_each_pair(weights, columns ? shape.height : shape.width,
                [&](std::size_t to, std::size_t from, double weight) {
                  if (transposed) std::swap(to, from);
                  // A row, or a column of pixels with all their channels.
                  const std::size_t count = columns ? 1 : static_cast<std::size_t>(shape.height);
                  const std::size_t size = columns ? row : channels;
                  for (std::size_t i = 0; i < count; ++i) {
                    for (std::size_t j = 0; j < size; ++j) {
                      const std::size_t base = i * row + j;
                      result[base + to * step] += weight * values[base + from * step];
                    }
                  }
                });
  return result;
}

void blur_both_ways(double deviation, ImageShape shape, bool transposed,
                    std::span<const float> from, std::span<float> to) {
  const std::vector<double> weights = weights_of(deviation);
  std::vector<double> values(from.begin(), from.end());
  values = blurred(weights, shape, false, transposed, values);
  values = blurred(weights, shape, true, transposed, values);
  std::transform(values.begin(), values.end(), to.begin(),
                 [](double value) { return static_cast<float>(value); });
}

}  // namespace

void gaussian_blur(double deviation, ImageShape shape, std::span<const float> image,
                   std::span<float> to) {
  blur_both_ways(deviation, shape, false, image, to);
}

void gaussian_blur_gradient(double deviation, ImageShape shape, std::span<const float> dy,
                            std::span<float> dx) {
  blur_both_ways(deviation, shape, true, dy, dx);
}

}  // namespace signflip
