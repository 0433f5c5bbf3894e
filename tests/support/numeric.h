// Numeric helpers for tests: seeded values, comparison at the scale of the result, and central
// differences. Not for production code, and not tied to networks (double_network.h is).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/rng.h"

namespace signflip::test {

template <class T>
std::vector<T> random_values(std::size_t size, Rng& rng, float low = -1.0F, float high = 1.0F) {
  std::vector<T> values(size);
  for (T& value : values) value = static_cast<T>(rng.uniform(low, high));
  return values;
}

template <class To, class From>
std::vector<To> converted(const From& from) {
  return std::vector<To>(from.begin(), from.end());
}

template <class Values>
double largest(const Values& values) {
  double top = 0;
  for (const auto value : values) top = std::max(top, std::abs(static_cast<double>(value)));
  return top;
}

/// Every actual[i] lies within tolerance·max(largest |expected|, floor) of expected[i]; NaN never
/// does.
template <class Actual, class Expected>
testing::AssertionResult close(const Actual& actual, const Expected& expected, double tolerance,
                               double floor = 0.0) {
  if (actual.size() != expected.size()) {
    return testing::AssertionFailure() << actual.size() << " values, expected " << expected.size();
  }
  const double allowed = tolerance * std::max(largest(expected), floor);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double gap = static_cast<double>(actual[i]) - static_cast<double>(expected[i]);
    if (!(std::abs(gap) <= allowed)) {
      return testing::AssertionFailure() << "value " << i << " is " << actual[i] << ", expected "
                                         << expected[i] << " ± " << allowed;
    }
  }
  return testing::AssertionSuccess();
}

/// (value(x + step·eᵢ) − value(x − step·eᵢ)) / 2·step.
template <class F>
double central_difference(std::vector<double>& x, std::size_t i, double step, F value) {
  const double middle = x[i];
  x[i] = middle + step;
  const double above = value(x);
  x[i] = middle - step;
  const double below = value(x);
  x[i] = middle;
  return (above - below) / (2 * step);
}

/// All of value's partial derivatives at x.
template <class F>
std::vector<double> numeric_gradient(std::vector<double> x, double step, F value) {
  std::vector<double> gradient(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) gradient[i] = central_difference(x, i, step, value);
  return gradient;
}

inline double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace signflip::test
