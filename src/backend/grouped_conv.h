// Convolutions with groups, dilation or padding that differs before and behind: plain loops over
// taps, whose innermost loop runs over neighbouring channels so that compilers vectorise it. Not a
// kernel of ops.h: ordinary convolutions, which are what networks spend their time in, never come
// here.
//
// x, y: input and output N×H×W×C; dx, dy: gradients of the loss with respect to them. The matrix
// has a row for each (kernel row, kernel column, channel of a group) and a column per filter; of a
// group's filters only its channels are read.
#pragma once

#include <cstddef>

#include "backend/shapes.h"

namespace signflip {

/// Which of the two products with the weights.
enum class ConvDirection {
  forward,         ///< x to y
  input_gradient,  ///< dy to dx
};

/// The matrix in the order in which grouped_conv2d() reads it: (tap, group, what is multiplied,
/// what it is added to). shape.weights() floats.
void grouped_conv2d_pack(const GroupedConv2dShape& shape, ConvDirection direction,
                         const float* matrix, float* packed);

/// Forward: y = bias + x ⋆ weights. Input gradient: dx from dy; `bias` is null. Each value is a
/// plain sum of products.
void grouped_conv2d(const GroupedConv2dShape& shape, ConvDirection direction, std::size_t count,
                    const float* from, const float* packed, const float* bias, float* to);

/// Adds to dweight (laid out like the matrix) and dbias.
void grouped_conv2d_weight_gradient(const GroupedConv2dShape& shape, std::size_t count,
                                    const float* x, const float* dy, float* dweight, float* dbias);

}  // namespace signflip
