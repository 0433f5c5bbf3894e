// (x − mean)/max(deviation, floor) over all values of an image, by the population's deviation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace signflip::plain {

/// Mean and deviation of an image's values. Sums are taken in double, so that their rounding is far
/// below that of a float, however large the image.
struct Contrast {
  double mean = 0.0, deviation = 0.0;

  template <class T>
  Contrast(std::size_t size, const T* x) {
    const auto values = static_cast<double>(size);
    for (std::size_t i = 0; i < size; ++i) mean += static_cast<double>(x[i]);
    mean /= values;
    for (std::size_t i = 0; i < size; ++i) {
      const double d = static_cast<double>(x[i]) - mean;
      deviation += d * d;
    }
    deviation = std::sqrt(deviation / values);
  }
};

template <class T>
void contrast_normalise_forward(std::size_t size, std::size_t count, T floor, const T* x, T* y) {
  for (std::size_t n = 0; n < count; ++n, x += size, y += size) {
    const Contrast of(size, x);
    const double scale = 1 / std::max(of.deviation, static_cast<double>(floor));
    for (std::size_t i = 0; i < size; ++i) {
      y[i] = static_cast<T>((static_cast<double>(x[i]) - of.mean) * scale);
    }
  }
}

/// dx = (dy − mean(dy) − y·mean(dy·y))/deviation, without the last term where the floor is divided
/// by.
template <class T>
void contrast_normalise_input_gradient(std::size_t size, std::size_t count, T floor, const T* x,
                                       const T* dy, T* dx) {
  const auto values = static_cast<double>(size);
  for (std::size_t n = 0; n < count; ++n, x += size, dy += size, dx += size) {
    const Contrast of(size, x);
    const bool varies = of.deviation > static_cast<double>(floor);
    const double scale = 1 / (varies ? of.deviation : static_cast<double>(floor));
    const auto normalised = [&](std::size_t i) {
      return (static_cast<double>(x[i]) - of.mean) * scale;
    };
    double mean = 0, along = 0;
    for (std::size_t i = 0; i < size; ++i) {
      mean += static_cast<double>(dy[i]) / values;
      if (varies) along += static_cast<double>(dy[i]) * normalised(i) / values;
    }
    for (std::size_t i = 0; i < size; ++i) {
      const double d = static_cast<double>(dy[i]) - mean - normalised(i) * along;
      dx[i] = static_cast<T>(d * scale);
    }
  }
}

}  // namespace signflip::plain
