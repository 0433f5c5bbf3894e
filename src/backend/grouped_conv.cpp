#include "backend/grouped_conv.h"

#include <algorithm>

namespace signflip {
namespace {

/// Calls visit(y, x, tap) for every tap of one image that lies inside it: the indices of the first
/// filter and the first channel, and the tap's number.
template <class Visit>
void for_each_tap(const GroupedConv2dShape& s, Visit visit) {
  for (int oh = 0; oh < s.out.height; ++oh) {
    for (int ow = 0; ow < s.out.width; ++ow) {
      for (int kh = 0; kh < s.kernel.height; ++kh) {
        const int ih = oh * s.stride.height - s.padding.height + kh * s.dilation.height;
        if (ih < 0 || ih >= s.in.height) continue;
        for (int kw = 0; kw < s.kernel.width; ++kw) {
          const int iw = ow * s.stride.width - s.padding.width + kw * s.dilation.width;
          if (iw < 0 || iw >= s.in.width) continue;
          visit(static_cast<std::size_t>((oh * s.out.width + ow) * s.out.channels),
                static_cast<std::size_t>((ih * s.in.width + iw) * s.in.channels),
                static_cast<std::size_t>(kh * s.kernel.width + kw));
        }
      }
    }
  }
}

/// to[g] += from[g] · weights[g] for each group: `rows` values by a matrix rows × columns.
void add_products(std::size_t groups, std::size_t rows, std::size_t columns, const float* from,
                  const float* weights, float* to) {
  if (rows == 1 && columns == 1) {  // depthwise
    for (std::size_t g = 0; g < groups; ++g) to[g] += from[g] * weights[g];
    return;
  }
  for (std::size_t g = 0; g < groups; ++g, to += columns) {
    for (std::size_t r = 0; r < rows; ++r, weights += columns) {
      const float value = *from++;
      for (std::size_t c = 0; c < columns; ++c) to[c] += value * weights[c];
    }
  }
}

}  // namespace

void grouped_conv2d_pack(const GroupedConv2dShape& s, ConvDirection direction, const float* matrix,
                         float* packed) {
  const std::size_t channels = s.group_channels(), filters = s.group_filters();
  const auto all_filters = static_cast<std::size_t>(s.out.channels);
  const bool forward = direction == ConvDirection::forward;
  const std::size_t taps = s.weights() / (channels * all_filters);
  for (std::size_t tap = 0; tap < taps; ++tap, matrix += channels * all_filters) {
    for (std::size_t first = 0; first < all_filters; first += filters) {
      for (std::size_t i = 0; i < channels * filters; ++i) {
        const std::size_t c = forward ? i / filters : i % channels;
        const std::size_t f = forward ? i % filters : i / channels;
        *packed++ = matrix[c * all_filters + first + f];
      }
    }
  }
}

void grouped_conv2d(const GroupedConv2dShape& s, ConvDirection direction, std::size_t count,
                    const float* from, const float* packed, const float* bias, float* to) {
  const std::size_t channels = s.group_channels(), filters = s.group_filters();
  const auto groups = static_cast<std::size_t>(s.groups);
  const bool forward = direction == ConvDirection::forward;
  const std::size_t step = forward ? s.in.size() : s.out.size();
  const std::size_t size = forward ? s.out.size() : s.in.size();
  for (std::size_t n = 0; n < count; ++n, from += step, to += size) {
    for (std::size_t i = 0; i < size; ++i) {
      to[i] = forward ? bias[i % (groups * filters)] : 0.0F;
    }
    for_each_tap(s, [&](std::size_t y, std::size_t x, std::size_t tap) {
      const float* const weights = packed + tap * groups * channels * filters;
      if (forward) {
        add_products(groups, channels, filters, from + x, weights, to + y);
      } else {
        add_products(groups, filters, channels, from + y, weights, to + x);
      }
    });
  }
}

void grouped_conv2d_weight_gradient(const GroupedConv2dShape& s, std::size_t count, const float* x,
                                    const float* dy, float* dweight, float* dbias) {
  const std::size_t channels = s.group_channels(), filters = s.group_filters();
  const auto all_filters = static_cast<std::size_t>(s.out.channels);
  for (std::size_t n = 0; n < count; ++n, x += s.in.size(), dy += s.out.size()) {
    for (std::size_t i = 0; i < s.out.size(); ++i) dbias[i % all_filters] += dy[i];
    for_each_tap(s, [&](std::size_t yi, std::size_t xi, std::size_t tap) {
      const float* values = x + xi;
      for (std::size_t first = 0; first < all_filters; first += filters) {
        for (std::size_t c = 0; c < channels; ++c) {
          const float value = *values++;
          const float* const products = dy + yi + first;
          float* const row = dweight + (tap * channels + c) * all_filters + first;
          for (std::size_t f = 0; f < filters; ++f) row[f] += value * products[f];
        }
      }
    });
  }
}

}  // namespace signflip
