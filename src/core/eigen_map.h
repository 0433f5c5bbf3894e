// Rows as Eigen's arrays and vectors, for arithmetic without loops. Only source files that compute
// include this: Eigen's headers are slow to compile.
#pragma once

#include <eigen3/Eigen/Core>
#include <span>
#include <type_traits>

namespace signflip {

/// A row whose arithmetic is by element: as_array(y) += s * as_array(x).
template <class T>
auto as_array(std::span<T> row) {
  using Array = Eigen::Array<std::remove_const_t<T>, Eigen::Dynamic, 1>;
  using Viewed = std::conditional_t<std::is_const_v<T>, const Array, Array>;
  return Eigen::Map<Viewed>(row.data(), static_cast<Eigen::Index>(row.size()));
}

/// Σ a·b, in double precision.
inline double dot(std::span<const float> a, std::span<const float> b) {
  return (as_array(a).cast<double>() * as_array(b).cast<double>()).sum();
}

}  // namespace signflip
