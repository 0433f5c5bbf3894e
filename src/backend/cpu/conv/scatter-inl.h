// Convolution gradients where most of dy is zero, as behind a max pool (one of four) or ReLU (one
// of two): zeros are neither read nor multiplied.
//
// The building block is a sum of scaled rows, out[…] += Σ value·row[…], held in registers for
// kBlock vectors at a time. An input gradient sums rows of weights over the filters that are alive
// at a pixel; a weight gradient sums patches of x over the pixels at which a filter is alive.
#pragma once

#include "backend/cpu/gemm-inl.h"
#include "backend/ops.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// Vectors of sums in registers; with the row's and the value's they must fit into 16.
constexpr std::size_t kBlock = kWidth > 4 ? 10 : 8;

/// The size of the first block of so many vectors: as few blocks as possible.
inline std::size_t block_size(std::size_t vectors) {
  if constexpr (kWidth > 4) {
    const std::size_t blocks = (vectors + kBlock - 1) / kBlock;
    return (vectors + blocks - 1) / blocks;  // of as equal sizes as can be
  }
  std::size_t size = kBlock;
  while (size > vectors) size = smaller_size(size);
  return size;
}

typedef int AliasedInt __attribute__((may_alias));

/// Rows to sum: `count` values and where each one's row begins, in floats from a common base.
struct Terms {
  const float* value;
  const AliasedInt* offset;
  std::size_t count;
};

/// Runs of floats, each padded to whole vectors: kernel rows of a patch.
struct Runs {
  std::size_t count, length;

  std::size_t vectors() const { return (length + kWidth - 1) / kWidth; }  // of one run
  std::size_t padded() const { return vectors() * kWidth; }
};

inline Runs patch_runs(const Conv2dShape& s) {
  return {static_cast<std::size_t>(s.kernel.height),
          static_cast<std::size_t>(s.kernel.width) * s.in.channels};
}

/// sum[v] += Σ value·base[offset + v·kWidth …].
template <std::size_t NB>
inline void add_terms(const Terms& terms, const float* base, Vector (&sum)[NB]) {
  for (std::size_t t = 0; t < terms.count; ++t) {
    const float value = terms.value[t];
    const float* const row = base + terms.offset[t];
#pragma GCC unroll 16
    for (std::size_t v = 0; v < NB; ++v) sum[v] += value * load(row + v * kWidth);
  }
}

/// Owners of patches of the image: pixels of dy, or windows of them. Patches lie `line` and `step`
/// floats apart, and come with `lists` lists of terms.
struct Cells {
  int height, width;
  std::size_t line, step;
  std::size_t lists = 1;
};

inline Cells pixel_cells(const Conv2dShape& s) {
  const std::size_t channels = s.in.channels, line = s.padded_width() * channels;
  return {s.out.height, s.out.width, s.stride.height * line, s.stride.width * channels};
}

/// Some of the lists of a cell.
struct ListRange {
  std::size_t first = 0, last = 1;
};

/// For each cell: NB vectors of its patch grow by the sum of the terms in some of its lists.
/// `place` says where in the patch each vector lies.
template <std::size_t NB>
SIGNFLIP_APART void scatter_block(const Cells& cells, ListRange range, const AliasedInt* begins,
                                  const float* values, const AliasedInt* offsets,
                                  const float* weights, const std::size_t* place, float* padded) {
  for (int h = 0; h < cells.height; ++h) {
    float* corner = padded + h * cells.line;
    for (int w = 0; w < cells.width; ++w, begins += cells.lists, corner += cells.step) {
      const int begin = begins[range.first], end = begins[range.last];
      if (begin == end) continue;
      Vector sum[NB] = {};
      add_terms<NB>({values + begin, offsets + begin, static_cast<std::size_t>(end - begin)},
                    weights, sum);
#pragma GCC unroll 16
      for (std::size_t v = 0; v < NB; ++v) {
        float* const to = corner + place[v];
        store(to, load(to) + sum[v]);
      }
    }
  }
}

template <std::size_t NB>
void scatter_blocks(std::size_t size, const Cells& cells, ListRange range, const AliasedInt* begins,
                    const float* values, const AliasedInt* offsets, const float* weights,
                    const std::size_t* place, float* padded) {
  if (size == NB) {
    scatter_block<NB>(cells, range, begins, values, offsets, weights, place, padded);
  } else if constexpr (NB > 1) {
    scatter_blocks<smaller_size(NB)>(size, cells, range, begins, values, offsets, weights, place,
                                     padded);
  }
}

/// Floats of an image with its border, and a vector that may overshoot.
std::size_t padded_size(const Conv2dShape& s) {
  return s.padded_height() * static_cast<std::size_t>(s.padded_width()) * s.in.channels + kWidth;
}

/// The most lists that any of the ways below makes, plus one.
inline std::size_t begins_size(const Conv2dShape& s) {
  return 2 * s.out.pixels() + 1 + static_cast<std::size_t>(s.out.channels);
}

/// Memory for the lists below, taken from the kernels' scratch. Each list has a vector to spare.
struct SparseScratch {
  AliasedInt* begins;   // where lists of pixels, windows or filters begin
  AliasedInt* offsets;  // out.size()
  float* values;        // out.size()
  float* rows;          // filters × runs × padded
};

inline SparseScratch sparse_scratch(const Conv2dShape& s, float* scratch) {
  SparseScratch parts;
  parts.begins = reinterpret_cast<AliasedInt*>(scratch);
  parts.offsets = parts.begins + begins_size(s);
  parts.values = reinterpret_cast<float*>(parts.offsets) + s.out.size() + kWidth;
  parts.rows = parts.values + s.out.size() + kWidth;
  return parts;
}

inline std::size_t rows_size(const Conv2dShape& s) {
  const Runs runs = patch_runs(s);
  return s.out.channels * runs.count * runs.padded();
}

/// Floats that sparse_scratch() takes, rows included, and what vectors overshoot.
inline std::size_t sparse_scratch_size(const Conv2dShape& s) {
  return begins_size(s) + 2 * (s.out.size() + kWidth) + rows_size(s) + 4 * kWidth;
}

/// Weights (patch × filters) as one row a filter, whose runs are padded to whole vectors with
/// zeros.
void pack_rows(const Conv2dShape& s, const float* weight, float* rows) {
  const Runs runs = patch_runs(s);
  const std::size_t filters = s.out.channels;
  for (std::size_t f = 0; f < filters; ++f) {
    for (std::size_t run = 0; run < runs.count; ++run) {
      const float* from = weight + run * runs.length * filters + f;
      for (std::size_t i = 0; i < runs.padded(); ++i, from += filters) {
        *rows++ = i < runs.length ? *from : 0.0F;
      }
    }
  }
}

/// Lists the values of one image's dy that are not zero, pixel by pixel; returns their number.
std::size_t list_alive(const Conv2dShape& s, const float* dy, const SparseScratch& to) {
  const std::size_t pixels = s.out.pixels(), filters = s.out.channels;
  const Runs runs = patch_runs(s);
  const int stride = static_cast<int>(runs.count * runs.padded());
  std::size_t alive = 0;
  for (std::size_t p = 0; p < pixels; ++p, dy += filters) {
    to.begins[p] = static_cast<int>(alive);
    alive += list_with_offsets(dy, filters, 0, stride, to.values + alive, to.offsets + alive);
  }
  to.begins[pixels] = static_cast<int>(alive);
  return alive;
}

/// Some of the runs of a patch.
struct RunRange {
  std::size_t first, last;
};

/// One block of `size` ≤ kBlock vectors, which lie in these runs. Where they would all be added to
/// the border, cells are left out.
SIGNFLIP_APART void scatter_some(const Conv2dShape& s, std::size_t size, Cells cells,
                                 ListRange range, RunRange runs, const SparseScratch& lists,
                                 const float* weights, const std::size_t* place, float* padded) {
  const std::size_t step = cells.line / (s.padded_width() * s.in.channels);
  const std::size_t above = s.padding.height, below = above + s.in.height;
  const AliasedInt* begins = lists.begins;
  while (cells.height > 0 && (cells.height - 1) * step + runs.first >= below) --cells.height;
  for (std::size_t top = runs.last; cells.height > 0 && top < above; top += step) {
    --cells.height;
    begins += cells.width * cells.lists;
    padded += cells.line;
  }
  scatter_blocks<kBlock>(size, cells, range, begins, lists.values, lists.offsets, weights, place,
                         padded);
}

/// padded (zeroed, with kWidth floats to spare) += the gradient of one image's listed dy, by
/// weights whose rows are made of these runs.
void scatter_alive(const Conv2dShape& s, const Cells& cells, Runs runs, const SparseScratch& lists,
                   const float* rows, float* padded) {
  const std::size_t line = s.padded_width() * static_cast<std::size_t>(s.in.channels);
  const std::size_t vectors = runs.count * runs.vectors();
  for (std::size_t begin = 0, size = 0; begin < vectors; begin += size) {
    size = block_size(vectors - begin);
    std::size_t place[kBlock];
    for (std::size_t v = 0; v < size; ++v) {
      place[v] = (begin + v) / runs.vectors() * line + (begin + v) % runs.vectors() * kWidth;
    }
    scatter_some(s, size, cells, {}, {begin / runs.vectors(), (begin + size - 1) / runs.vectors()},
                 lists, rows + begin * kWidth, place, padded);
  }
}

/// A patch of so few narrow vectors is added for every filter, which costs less than finding those
/// that are alive; two pixels of a line at a time, so that their sums need not wait for each other.
constexpr std::size_t kSmallPatch = 4;

inline bool adds_all(const Conv2dShape& s) {
  const Runs runs = patch_runs(s);
  return kWidth == 4 && runs.count * runs.vectors() == kSmallPatch && s.out.width % 2 == 0;
}

/// scatter_alive() for such patches, of all of dy.
SIGNFLIP_APART void scatter_all(const Conv2dShape& s, const float* dy, const float* rows,
                                float* padded) {
  const Cells cells = pixel_cells(s);
  const Runs runs = patch_runs(s);
  const std::size_t line = s.padded_width() * static_cast<std::size_t>(s.in.channels);
  const std::size_t filters = s.out.channels;
  std::size_t place[kSmallPatch];
  for (std::size_t v = 0; v < kSmallPatch; ++v) {
    place[v] = v / runs.vectors() * line + v % runs.vectors() * kWidth;
  }
  for (int h = 0; h < cells.height; ++h) {
    float* corner = padded + h * cells.line;
    for (int w = 0; w < cells.width; w += 2, dy += 2 * filters) {
      Vector sum[2][kSmallPatch] = {};
      for (std::size_t f = 0; f < filters; ++f) {
#pragma GCC unroll 2
        for (std::size_t p = 0; p < 2; ++p) {
#pragma GCC unroll 4
          for (std::size_t v = 0; v < kSmallPatch; ++v) {
            sum[p][v] += dy[p * filters + f] * load(rows + (f * kSmallPatch + v) * kWidth);
          }
        }
      }
#pragma GCC unroll 2
      for (std::size_t p = 0; p < 2; ++p, corner += cells.step) {
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kSmallPatch; ++v) {
          store(corner + place[v], load(corner + place[v]) + sum[p][v]);
        }
      }
    }
  }
}

// --- weight gradients ---

/// sum[v] += Σ value·base[v][offset …].
template <std::size_t NB>
inline void add_terms(const Terms& terms, const float* const* base, Vector (&sum)[NB]) {
  for (std::size_t t = 0; t < terms.count; ++t) {
    const float value = terms.value[t];
    const std::size_t offset = static_cast<std::size_t>(terms.offset[t]);
#pragma GCC unroll 16
    for (std::size_t v = 0; v < NB; ++v) sum[v] += value * load(base[v] + offset);
  }
}

template <std::size_t NB>
SIGNFLIP_APART void gather_block(std::size_t size, const Terms& terms, const float* const* base,
                                 float* row) {
  if (size == NB) {
    Vector sum[NB] = {};
    add_terms<NB>(terms, base, sum);
#pragma GCC unroll 16
    for (std::size_t v = 0; v < NB; ++v) {
      store(row + v * kWidth, load(row + v * kWidth) + sum[v]);
    }
  } else if constexpr (NB > 1) {
    gather_block<smaller_size(NB)>(size, terms, base, row);
  }
}

/// Lists what is not zero in one image's dy, filter by filter, each filter's list out.pixels()
/// after the one before; begins[f] is its length. Offsets are of patches of the padded image. Adds
/// dy to dbias on the way; returns how many there are.
std::size_t list_by_filter(const Conv2dShape& s, const float* dy, const SparseScratch& to,
                           float* dbias) {
  const std::size_t pixels = s.out.pixels(), filters = s.out.channels;
  const int step = s.stride.width * s.in.channels;
  const int line = s.stride.height * s.padded_width() * s.in.channels;
  for (std::size_t f = 0; f < filters; ++f) to.begins[f] = 0;
  for (int oh = 0; oh < s.out.height; ++oh) {
    for (int ow = 0; ow < s.out.width; ++ow, dy += filters) {
      const int offset = oh * line + ow * step;
      for (std::size_t f = 0; f < filters; ++f) {
        const std::size_t at = f * pixels + static_cast<std::size_t>(to.begins[f]);
        to.values[at] = dy[f];
        to.offsets[at] = offset;
        to.begins[f] += dy[f] != 0.0F ? 1 : 0;
        dbias[f] += dy[f];
      }
    }
  }
  std::size_t alive = 0;
  for (std::size_t f = 0; f < filters; ++f) alive += static_cast<std::size_t>(to.begins[f]);
  return alive;
}

/// rows (laid out as pack_rows() does) += the weight gradient of one image's listed dy.
void gather_alive(const Conv2dShape& s, const SparseScratch& lists, const float* padded) {
  const Runs runs = patch_runs(s);
  const std::size_t line = s.padded_width() * static_cast<std::size_t>(s.in.channels);
  const std::size_t pixels = s.out.pixels(), vectors = runs.count * runs.vectors();
  for (std::size_t begin = 0, size = 0; begin < vectors; begin += size) {
    size = block_size(vectors - begin);
    const float* base[kBlock];
    for (std::size_t v = 0; v < size; ++v) {
      base[v] =
          padded + (begin + v) / runs.vectors() * line + (begin + v) % runs.vectors() * kWidth;
    }
    for (int f = 0; f < s.out.channels; ++f) {
      const std::size_t first = f * pixels;
      gather_block<kBlock>(
          size,
          {lists.values + first, lists.offsets + first, static_cast<std::size_t>(lists.begins[f])},
          base, lists.rows + (f * vectors + begin) * kWidth);
    }
  }
}

/// dweight += rows.
void add_rows(const Conv2dShape& s, const float* rows, float* dweight) {
  const Runs runs = patch_runs(s);
  const std::size_t filters = s.out.channels, stride = runs.count * runs.padded();
  for (std::size_t run = 0; run < runs.count; ++run) {
    for (std::size_t i = 0; i < runs.length; ++i, dweight += filters) {
      const float* const from = rows + run * runs.padded() + i;
      for (std::size_t f = 0; f < filters; ++f) dweight[f] += from[f * stride];
    }
  }
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
