// ReLU with ceilings: min(max(0, x), ceiling[i mod ceilings]), which is one ceiling for all values,
// for each channel or for each value of an image, by how many there are. Where input and ceiling
// are equal, the gradient is the ceiling's.
#pragma once

#include <cstddef>

namespace signflip::plain {

template <class T>
T clipped(T x, T ceiling) {
  const T y = x > 0 ? x : 0;
  return y < ceiling ? y : ceiling;
}

/// Whether the value is the ceiling, not the input or 0.
template <class T>
bool is_cut(T x, T ceiling) {
  return !((x > 0 ? x : 0) < ceiling);
}

template <class T>
void clipped_relu_forward(std::size_t size, std::size_t ceilings, const T* x, const T* ceiling,
                          T* y) {
  for (std::size_t i = 0; i < size; i += ceilings) {
    for (std::size_t k = 0; k < ceilings; ++k) y[i + k] = clipped(x[i + k], ceiling[k]);
  }
}

template <class T>
void clipped_relu_input_gradient(std::size_t size, std::size_t ceilings, const T* x,
                                 const T* ceiling, const T* dy, T* dx) {
  for (std::size_t i = 0; i < size; i += ceilings) {
    for (std::size_t k = 0; k < ceilings; ++k) {
      dx[i + k] = x[i + k] > 0 && x[i + k] < ceiling[k] ? dy[i + k] : 0;
    }
  }
}

/// Adds to dceiling.
template <class T>
void clipped_relu_weight_gradient(std::size_t size, std::size_t ceilings, const T* x,
                                  const T* ceiling, const T* dy, T* dceiling) {
  for (std::size_t i = 0; i < size; i += ceilings) {
    for (std::size_t k = 0; k < ceilings; ++k) {
      if (is_cut(x[i + k], ceiling[k])) dceiling[k] += dy[i + k];
    }
  }
}

}  // namespace signflip::plain
