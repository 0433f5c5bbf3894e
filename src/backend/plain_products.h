// The plain definition of convolutions and dense layers, as products of Eigen's matrices.
// Templates, so that tests differentiate them numerically in double precision; the kernels of cpu/
// must agree with these. Nothing else runs them: cpu/README.md says by how much the kernels are
// faster.
//
// x, y: input and output N×H×W×C; dx, dy: gradients of the loss with respect to them. Input
// gradients overwrite dx; weight gradients add to dweight and dbias.
#pragma once

#include <cstddef>
#include <eigen3/Eigen/Core>

#include "backend/shapes.h"

namespace signflip::plain {

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// An array as a matrix; of a `const T*` it is read-only.
template <class T>
Eigen::Map<RowMajor<T>> matrix(T* values, std::size_t rows, std::size_t columns) {
  return {values, static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)};
}
template <class T>
Eigen::Map<const RowMajor<T>> matrix(const T* values, std::size_t rows, std::size_t columns) {
  return {values, static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)};
}

/// Calls visit(y, x, row) for every tap of one image's convolution that lies inside the image: the
/// indices of the first filter and the first channel, and the tap's first row of weights.
template <class Visit>
void for_each_tap(const Conv2dShape& s, Visit visit) {
  for (int oh = 0; oh < s.out.height; ++oh) {
    for (int ow = 0; ow < s.out.width; ++ow) {
      for (int kh = 0; kh < s.kernel.height; ++kh) {
        const int ih = oh * s.stride.height - s.padding.height + kh;
        if (ih < 0 || ih >= s.in.height) continue;
        for (int kw = 0; kw < s.kernel.width; ++kw) {
          const int iw = ow * s.stride.width - s.padding.width + kw;
          if (iw < 0 || iw >= s.in.width) continue;
          visit(static_cast<std::size_t>((oh * s.out.width + ow) * s.out.channels),
                static_cast<std::size_t>((ih * s.in.width + iw) * s.in.channels),
                static_cast<std::size_t>((kh * s.kernel.width + kw) * s.in.channels));
        }
      }
    }
  }
}

/// y = bias + x ⋆ weight.
template <class T>
void conv2d_forward(const Conv2dShape& s, std::size_t count, const T* x, const T* weight,
                    const T* bias, T* y) {
  const auto channels = static_cast<std::size_t>(s.in.channels);
  const auto filters = static_cast<std::size_t>(s.out.channels);
  for (std::size_t n = 0; n < count; ++n, x += s.in.size(), y += s.out.size()) {
    matrix(y, s.out.pixels(), filters).rowwise() = matrix(bias, 1, filters).row(0);
    for_each_tap(s, [&](std::size_t yi, std::size_t xi, std::size_t row) {
      matrix(y + yi, 1, filters) +=
          matrix(x + xi, 1, channels) * matrix(weight + row * filters, channels, filters);
    });
  }
}

template <class T>
void conv2d_input_gradient(const Conv2dShape& s, std::size_t count, const T* dy, const T* weight,
                           T* dx) {
  const auto channels = static_cast<std::size_t>(s.in.channels);
  const auto filters = static_cast<std::size_t>(s.out.channels);
  matrix(dx, count, s.in.size()).setZero();
  for (std::size_t n = 0; n < count; ++n, dx += s.in.size(), dy += s.out.size()) {
    for_each_tap(s, [&](std::size_t yi, std::size_t xi, std::size_t row) {
      matrix(dx + xi, 1, channels) += matrix(dy + yi, 1, filters) *
                                      matrix(weight + row * filters, channels, filters).transpose();
    });
  }
}

template <class T>
void conv2d_weight_gradient(const Conv2dShape& s, std::size_t count, const T* x, const T* dy,
                            T* dweight, T* dbias) {
  const auto channels = static_cast<std::size_t>(s.in.channels);
  const auto filters = static_cast<std::size_t>(s.out.channels);
  matrix(dbias, 1, filters) += matrix(dy, count * s.out.pixels(), filters).colwise().sum();
  for (std::size_t n = 0; n < count; ++n, x += s.in.size(), dy += s.out.size()) {
    for_each_tap(s, [&](std::size_t yi, std::size_t xi, std::size_t row) {
      matrix(dweight + row * filters, channels, filters) +=
          matrix(x + xi, 1, channels).transpose() * matrix(dy + yi, 1, filters);
    });
  }
}

/// y = x·W + b.
template <class T>
void dense_forward(const DenseShape& s, std::size_t count, const T* x, const T* weight,
                   const T* bias, T* y) {
  const auto inputs = static_cast<std::size_t>(s.inputs);
  const auto outputs = static_cast<std::size_t>(s.outputs);
  matrix(y, count, outputs) = matrix(x, count, inputs) * matrix(weight, inputs, outputs);
  matrix(y, count, outputs).rowwise() += matrix(bias, 1, outputs).row(0);
}

template <class T>
void dense_input_gradient(const DenseShape& s, std::size_t count, const T* dy, const T* weight,
                          T* dx) {
  const auto inputs = static_cast<std::size_t>(s.inputs);
  const auto outputs = static_cast<std::size_t>(s.outputs);
  matrix(dx, count, inputs) =
      matrix(dy, count, outputs) * matrix(weight, inputs, outputs).transpose();
}

template <class T>
void dense_weight_gradient(const DenseShape& s, std::size_t count, const T* x, const T* dy,
                           T* dweight, T* dbias) {
  const auto inputs = static_cast<std::size_t>(s.inputs);
  const auto outputs = static_cast<std::size_t>(s.outputs);
  matrix(dbias, 1, outputs) += matrix(dy, count, outputs).colwise().sum();
  matrix(dweight, inputs, outputs) +=
      matrix(x, count, inputs).transpose() * matrix(dy, count, outputs);
}

}  // namespace signflip::plain
