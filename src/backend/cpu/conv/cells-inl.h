// Input gradients as forward products of dy. A stride cuts the padded image into cells; what a cell
// gets are shares of the patches over it, so it is a product whose "filters" are the cell's values,
// line by line. The sums stay in registers, where conv/scatter-inl.h adds patches in memory. Only
// for narrow vectors, as conv/skip_zeros-inl.h.
#pragma once

#include "backend/cpu/conv/skip_zeros-inl.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// Whether the shape has whole cells, whose lines are made of whole blocks of vectors.
SIGNFLIP_APART bool gathers(const Conv2dShape& s) {
  return kSkipsInputs &&
         s.stride.width * s.in.channels % static_cast<int>(kSmallBlock * kWidth) == 0 &&
         s.padded_height() % s.stride.height == 0 && s.padded_width() % s.stride.width == 0;
}

/// From dy to one line of every cell.
SIGNFLIP_APART Conv2dShape cell_lines(const Conv2dShape& s) {
  Conv2dShape lines = s;
  lines.in = s.out;
  lines.kernel = {(s.kernel.height + s.stride.height - 1) / s.stride.height,
                  (s.kernel.width + s.stride.width - 1) / s.stride.width};
  lines.padding = {lines.kernel.height - 1, lines.kernel.width - 1};
  lines.out = {static_cast<int>(s.padded_height()) / s.stride.height,
               static_cast<int>(s.padded_width()) / s.stride.width, s.stride.width * s.in.channels};
  lines.stride = {1, 1};
  return lines;
}

/// Floats that pack_cell_rows() writes.
SIGNFLIP_APART std::size_t cell_rows_size(const Conv2dShape& s) {
  const Conv2dShape lines = cell_lines(s);
  return s.stride.height * lines.patch() * lines.out.channels;
}

/// Weights (patch × filters) for the first line of a cell, then for the second, … Where a patch
/// does not fill its cells, weights are 0.
void pack_cell_rows(const Conv2dShape& s, const float* weight, float* rows) {
  const Conv2dShape lines = cell_lines(s);
  const int filters = s.out.channels, run = s.kernel.width * s.in.channels;
  for (int line = 0; line < s.stride.height; ++line) {
    for (int h = lines.padding.height; h >= 0; --h) {
      for (int w = lines.padding.width; w >= 0; --w) {
        const int kh = h * s.stride.height + line, begin = w * lines.out.channels;
        for (int f = 0; f < filters; ++f) {
          for (int i = begin; i < begin + lines.out.channels; ++i) {
            *rows++ = kh < s.kernel.height && i < run ? weight[(kh * run + i) * filters + f] : 0.0F;
          }
        }
      }
    }
  }
}

/// padded = the gradient of one image, by pack_cell_rows(); lines of the border are left as they
/// are. Scratch of forward_list_size(cell_lines(s)).
void gather_gradient(const Conv2dShape& s, const float* dy, const float* rows, float* padded,
                     float* scratch) {
  Conv2dShape lines = cell_lines(s);
  const PixelList list = list_pixels(lines, dy, scratch);
  const std::size_t line = lines.out.width * static_cast<std::size_t>(lines.out.channels);
  const int step = s.stride.height, above = s.padding.height;
  for (int first = above; first < above + step; ++first) {
    lines.padding.height = lines.kernel.height - 1 - first / step;
    lines.out.height = (above + s.in.height - first + step - 1) / step;
    gather(lines, list, rows + first % step * (lines.patch() * lines.out.channels), nullptr,
           padded + first * line, step * line);
  }
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
