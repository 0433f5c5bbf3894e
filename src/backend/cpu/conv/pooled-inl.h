// The input gradient of a convolution behind ReLU and a 2×2 max pool, straight from the pool's
// gradient and winners: the mostly empty gradient between them is never made, nor gone through
// pixel by pixel for each block of registers.
//
// The four pixels of a pool's window share one patch, a row and a column larger than a kernel, in
// one of two ways. With few channels every filter has rows of weights for the whole patch, zero
// where its pixel's kernel does not reach. With many channels that would be too much, so the
// pixels' lists are kept apart, in an order in which those that reach a part of the patch are
// neighbours.
#pragma once

#include "backend/cpu/conv/scatter-inl.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// Values of a pool's output.
inline std::size_t pooled_size(const Conv2dShape& s) {
  const std::size_t windows = (s.out.height / 2) * (s.out.width / 2);
  return windows * s.out.channels;
}

inline Cells window_cells(const Conv2dShape& s, std::size_t lists) {
  const std::size_t channels = s.in.channels, line = s.padded_width() * channels;
  return {s.out.height / 2, s.out.width / 2, 2 * line, 2 * channels, lists};
}

/// The runs of a window's patch.
inline Runs window_runs(const Conv2dShape& s) {
  return {static_cast<std::size_t>(s.kernel.height) + 1,
          (static_cast<std::size_t>(s.kernel.width) + 1) * s.in.channels};
}

/// Whether the pixels' lists are kept apart.
inline bool lists_pixels(const Conv2dShape& s) {
  return s.in.channels % kWidth == 0 && s.in.channels >= 16;
}

// --- few channels: one list a window ---

/// A filter's rows for a pixel in the left column of the window, then in the right one; each has a
/// run of zeros above and one below, so that a pixel's row says where its patch begins.
inline std::size_t window_stride(const Conv2dShape& s) {
  const Runs runs = window_runs(s);
  return (runs.count + 1) * runs.padded();
}

inline std::size_t window_rows_size(const Conv2dShape& s) {
  return lists_pixels(s) ? 0 : 2 * s.out.channels * window_stride(s);
}

void pack_window_rows(const Conv2dShape& s, const float* weight, float* rows) {
  const std::size_t filters = s.out.channels, channels = s.in.channels;
  const std::size_t length = s.kernel.width * channels, line = window_runs(s).padded();
  const std::size_t size = window_rows_size(s);
  clear(size, rows);
  for (std::size_t f = 0; f < filters; ++f) {
    for (std::size_t right = 0; right < 2; ++right, rows += window_stride(s)) {
      const float* from = weight + f;
      for (int kh = 0; kh < s.kernel.height; ++kh) {
        float* const to = rows + (1 + kh) * line + right * channels;
        for (std::size_t i = 0; i < length; ++i, from += filters) to[i] = *from;
      }
    }
  }
}

/// kListLanes filters of a window: their gradients, where they are alive, and how far from the
/// window's first pixel the winners lie.
struct WindowLanes {
  ListVector dy, winner;
};

inline WindowLanes window_lanes(const PooledGradient& g, std::size_t at, std::size_t left,
                                int corner) {
  WindowLanes lanes = {
      load_lanes(g.dy + at, left),
      load_lanes(reinterpret_cast<const float*>(g.winner + at), left) - kLaneNumbers - corner};
  if (g.y != nullptr) lanes.dy &= where(load_lanes(g.y + at, left) > 0);
  return lanes;
}

void list_windows(const Conv2dShape& s, const PooledGradient& g, const SparseScratch& to) {
  const std::size_t filters = s.out.channels;
  const int line = s.out.width * s.out.channels, row = static_cast<int>(window_runs(s).padded());
  const int stride = static_cast<int>(window_stride(s));
  std::size_t alive = 0, at = 0, window = 0;
  for (int h = 0; h < s.out.height / 2; ++h) {
    for (int w = 0; w < s.out.width / 2; ++w, ++window, at += filters) {
      to.begins[window] = static_cast<int>(alive);
      const int corner = 2 * (h * line + w * s.out.channels);
      for (std::size_t f = 0; f < filters; f += kListLanes) {
        const int first = static_cast<int>(f);
        const WindowLanes lanes = window_lanes(g, at + f, filters - f, corner + first);
        const ListVector below = where(lanes.winner >= line);
        const ListVector right = where(lanes.winner - (below & line) > 0);
        const ListVector offset =
            (kLaneNumbers + first) * (2 * stride) + (right & stride) + (~below & row);
        const Chosen some = not_zero(lanes.dy);
        store_chosen(to.values + alive, some, lanes.dy);
        store_chosen(to.offsets + alive, some, offset);
        alive += count_of(some);
      }
    }
  }
  to.begins[window] = static_cast<int>(alive);
}

// --- many channels: a list for each pixel of a window ---

/// Round the window, and the first one once more.
constexpr int kPixelLists = 5;
constexpr int kListedRow[kPixelLists] = {0, 0, 1, 1, 0};
constexpr int kListedColumn[kPixelLists] = {0, 1, 1, 0, 0};

/// The lists of the pixels whose kernels reach a part of a window's patch: its first row, one
/// between, its last one; columns likewise.
constexpr ListRange kReaching[3][3] = {
    {{0, 1}, {0, 2}, {1, 2}}, {{3, 5}, {0, 4}, {1, 3}}, {{3, 4}, {2, 4}, {2, 3}}};

void list_window_pixels(const Conv2dShape& s, const PooledGradient& g, const SparseScratch& to) {
  const std::size_t filters = s.out.channels;
  const Runs runs = patch_runs(s);
  const int stride = static_cast<int>(runs.count * runs.padded());
  std::size_t alive = 0, at = 0;
  AliasedInt* begins = to.begins;
  for (int h = 0; h < s.out.height / 2; ++h) {
    for (int w = 0; w < s.out.width / 2; ++w, at += filters) {
      for (int i = 0; i < kPixelLists; ++i) {
        *begins++ = static_cast<int>(alive);
        const int pixel = ((2 * h + kListedRow[i]) * s.out.width + 2 * w + kListedColumn[i]);
        const int shift =
            kListedRow[i] * static_cast<int>(runs.padded()) + kListedColumn[i] * s.in.channels;
        for (std::size_t f = 0; f < filters; f += kListLanes) {
          const int first = static_cast<int>(f);
          const WindowLanes lanes =
              window_lanes(g, at + f, filters - f, pixel * s.out.channels + first);
          const ListVector dy = lanes.dy & where(lanes.winner == 0);
          const Chosen some = not_zero(dy);
          store_chosen(to.values + alive, some, dy);
          store_chosen(to.offsets + alive, some, (kLaneNumbers + first) * stride - shift);
          alive += count_of(some);
        }
      }
    }
  }
  *begins = static_cast<int>(alive);
}

void scatter_window_pixels(const Conv2dShape& s, const SparseScratch& lists, const float* rows,
                           float* padded) {
  const std::size_t channels = s.in.channels, line = s.padded_width() * channels;
  const std::size_t run = patch_runs(s).padded();
  const std::size_t edges[4] = {0, channels, run, run + channels};
  const Cells cells = window_cells(s, kPixelLists);
  const std::size_t last = s.kernel.height;
  for (std::size_t row = 0; row <= last; ++row) {
    const ListRange* const ranges = kReaching[row == 0 ? 0 : row < last ? 1 : 2];
    for (std::size_t part = 0; part < 3; ++part) {
      const std::size_t end = edges[part + 1];
      for (std::size_t begin = edges[part], size = 0; begin < end; begin += size * kWidth) {
        size = block_size((end - begin) / kWidth);
        std::size_t place[kBlock];
        for (std::size_t v = 0; v < size; ++v) place[v] = row * line + begin + v * kWidth;
        scatter_some(s, size, cells, ranges[part], {row, row}, lists, rows + row * run + begin,
                     place, padded);
      }
    }
  }
}

/// padded (zeroed, with kWidth floats to spare) += the gradient of one image.
void scatter_pooled(const Conv2dShape& s, const PooledGradient& image, const float* rows,
                    const float* window_rows, const SparseScratch& lists, float* padded) {
  if (lists_pixels(s)) {
    list_window_pixels(s, image, lists);
    scatter_window_pixels(s, lists, rows, padded);
  } else {
    list_windows(s, image, lists);
    scatter_alive(s, window_cells(s, 1), window_runs(s), lists, window_rows, padded);
  }
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
