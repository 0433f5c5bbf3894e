// Matrix products in tiles, C(row, column) = Σ A(row, k)·B(k, column), where A and B are not stored
// but read through a problem's functions: one program serves convolutions (implicit GEMM), dense
// layers and all their gradients. See convolution.h for the problems.
//
// A problem has groups of the same shape of work (the phases of a strided input gradient); at(g)
// gives one, a Part with
//   int rows(), columns(), depth();              // columns are the same in all groups
//   struct Row, struct Depth;                    // what of a row or of k several reads share
//   Row row(int), Depth at_depth(int);
//   float a(Row, Depth), b(Depth, int column);
//   void store(int row, int column, float sum);
//   static constexpr bool kAAlongDepth, kBAlongDepth;   // where neighbours in memory lie
//
// Not cuBLAS: most products here are convolutions, for which it would need their patches copied
// out, and a launch of ours has bias, ReLU and its derivative in it. What is left for it, large
// dense layers, is at most a quarter of the work of the nets we train (madry: 3.2 of 14 million
// multiply-adds), so a product twice as fast would gain an eighth. This one adds up in the same
// order in every run, is recorded without a workspace, and needs nothing at link time. To decide
// otherwise, measure with tools/bench --device cuda.
#pragma once

#include "device/kernels/portable.h"

namespace signflip::device {

/// One block computes 128 × kColumns values. Double-buffered: while a tile is multiplied, the next
/// one is on its way to registers.
template <class Problem, int kColumns>
struct Product {
  static constexpr int kThreads = 256;
  static constexpr int kRows = 128, kDepth = 16;
  static constexpr int kOwnColumns = kColumns == 16 ? 2 : 4;
  static constexpr int kOwnRows = kRows * kColumns / (kThreads * kOwnColumns);
  static constexpr int kColumnThreads = kColumns / kOwnColumns;
  // Four floats more than needed, against bank conflicts.
  static constexpr int kARow = kRows + 4, kBRow = kColumns + 4;
  static constexpr int kATile = kDepth * kARow, kTile = kATile + kDepth * kBRow;
  static constexpr int kALoads = kRows * kDepth / kThreads;
  static constexpr int kBLoads = kColumns * kDepth / kThreads;

  using Part = decltype(Problem{}.at(0));
  static constexpr int kOwnCursors = Part::kAAlongDepth ? kALoads : 1;

  Problem problem;
  int row_tiles = 1, column_tiles = 1;
  int splits = 1;  ///< of the depth; then sums go to `partial`, splits × rows × columns
  int split_depth = 0;
  float* partial = nullptr;

  static constexpr std::size_t shared() { return 2 * kTile; }

  /// What a thread keeps.
  struct Own {
    typename Part::Row rows[kOwnCursors];
    float sums[kOwnRows][kOwnColumns];
    float a[kALoads], b[kBLoads];
  };

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const int column0 = block % column_tiles * kColumns;
    const int row0 = block / column_tiles % row_tiles * kRows;
    const int rest = block / column_tiles / row_tiles;
    const int group = splits > 1 ? 0 : rest, split = splits > 1 ? rest : 0;
    const Part part = problem.at(group);
    if (row0 >= part.rows()) return;
    const int begin = split * split_depth;
    const int end = splits > 1 ? smaller(begin + split_depth, part.depth()) : part.depth();

    typename Team::template Own<Own> owns;
    team.phase([&](int t) {
      Own& own = owns[t];
      SIGNFLIP_UNROLL
      for (int i = 0; i < kOwnCursors; ++i) own.rows[i] = part.row(row0 + a_row(t, i));
      SIGNFLIP_UNROLL
      for (int r = 0; r < kOwnRows; ++r) {
        SIGNFLIP_UNROLL
        for (int c = 0; c < kOwnColumns; ++c) own.sums[r][c] = 0;
      }
      fetch(part, own, t, begin, end, column0);
      keep(own, t, shared);
    });
    float *now = shared, *next = shared + kTile;
    for (int k = begin; k < end; k += kDepth) {
      team.phase([&](int t) {
        Own& own = owns[t];
        const bool more = k + kDepth < end;
        if (more) fetch(part, own, t, k + kDepth, end, column0);
        multiply(own, t, now);
        if (more) keep(own, t, next);
      });
      float* const swap = now;
      now = next;
      next = swap;
    }
    team.phase([&](int t) {
      const Own& own = owns[t];
      SIGNFLIP_UNROLL
      for (int r = 0; r < kOwnRows; ++r) {
        SIGNFLIP_UNROLL
        for (int c = 0; c < kOwnColumns; ++c) {
          const int row = row0 + t / kColumnThreads * kOwnRows + r;
          const int column = column0 + t % kColumnThreads * kOwnColumns + c;
          if (row >= part.rows() || column >= part.columns()) continue;
          if (splits > 1) {
            partial[(static_cast<std::int64_t>(split) * part.rows() + row) * part.columns() +
                    column] = own.sums[r][c];
          } else {
            part.store(row, column, own.sums[r][c]);
          }
        }
      }
    });
  }

 private:
  // Where load i of thread t lies in the tile; threads next to each other read neighbours.
  SIGNFLIP_HOST_DEVICE static int a_row(int t, int i) {
    return Part::kAAlongDepth ? t / kDepth + i * (kThreads / kDepth) : t % kRows;
  }
  SIGNFLIP_HOST_DEVICE static int a_depth(int t, int i) {
    return Part::kAAlongDepth ? t % kDepth : t / kRows + i * (kThreads / kRows);
  }
  SIGNFLIP_HOST_DEVICE static int b_column(int t, int i) {
    return Part::kBAlongDepth ? t / kDepth + i * (kThreads / kDepth) : t % kColumns;
  }
  SIGNFLIP_HOST_DEVICE static int b_depth(int t, int i) {
    return Part::kBAlongDepth ? t % kDepth : t / kColumns + i * (kThreads / kColumns);
  }

  SIGNFLIP_HOST_DEVICE static void fetch(const Part& part, Own& own, int t, int k, int end,
                                         int column0) {
    SIGNFLIP_UNROLL
    for (int i = 0; i < kALoads; ++i) {
      const int depth = k + a_depth(t, i);
      own.a[i] =
          depth < end ? part.a(own.rows[Part::kAAlongDepth ? i : 0], part.at_depth(depth)) : 0.0F;
    }
    SIGNFLIP_UNROLL
    for (int i = 0; i < kBLoads; ++i) {
      const int depth = k + b_depth(t, i), column = column0 + b_column(t, i);
      own.b[i] =
          depth < end && column < part.columns() ? part.b(part.at_depth(depth), column) : 0.0F;
    }
  }

  SIGNFLIP_HOST_DEVICE static void keep(const Own& own, int t, float* tile) {
    SIGNFLIP_UNROLL
    for (int i = 0; i < kALoads; ++i) tile[a_depth(t, i) * kARow + a_row(t, i)] = own.a[i];
    SIGNFLIP_UNROLL
    for (int i = 0; i < kBLoads; ++i) {
      tile[kATile + b_depth(t, i) * kBRow + b_column(t, i)] = own.b[i];
    }
  }

  SIGNFLIP_HOST_DEVICE static void multiply(Own& own, int t, const float* tile) {
    const float* const a = tile + t / kColumnThreads * kOwnRows;
    const float* const b = tile + kATile + t % kColumnThreads * kOwnColumns;
    SIGNFLIP_UNROLL
    for (int k = 0; k < kDepth; ++k) {
      float left[kOwnRows], right[kOwnColumns];
      SIGNFLIP_UNROLL
      for (int r = 0; r < kOwnRows; r += 4) {
        const Quad quad = *reinterpret_cast<const Quad*>(a + k * kARow + r);
        SIGNFLIP_UNROLL
        for (int i = 0; i < 4; ++i) left[r + i] = quad.v[i];
      }
      if constexpr (kOwnColumns == 4) {
        const Quad quad = *reinterpret_cast<const Quad*>(b + k * kBRow);
        SIGNFLIP_UNROLL
        for (int i = 0; i < 4; ++i) right[i] = quad.v[i];
      } else {
        SIGNFLIP_UNROLL
        for (int c = 0; c < kOwnColumns; ++c) right[c] = b[k * kBRow + c];
      }
      SIGNFLIP_UNROLL
      for (int r = 0; r < kOwnRows; ++r) {
        SIGNFLIP_UNROLL
        for (int c = 0; c < kOwnColumns; ++c) own.sums[r][c] += left[r] * right[c];
      }
    }
  }
};

/// Adds up the splits of a product, in their order, and stores them.
template <class Problem>
struct SumSplits {
  Problem problem;
  const float* partial;
  int splits;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const auto part = problem.at(0);
    const std::int64_t size = static_cast<std::int64_t>(part.rows()) * part.columns();
    float sum = 0;
    for (int s = 0; s < splits; ++s) sum += partial[s * size + i];
    part.store(static_cast<int>(i / part.columns()), static_cast<int>(i % part.columns()), sum);
  }
};

/// How deep a product is split, so that a small one still occupies the whole device.
struct Splitting {
  int splits = 1, depth = 0;
};
inline Splitting choose_splitting(std::int64_t blocks, std::int64_t results, int depth,
                                  int wanted_blocks, std::size_t workspace) {
  constexpr int kShortest = 64;
  if (blocks >= wanted_blocks || depth < 2 * kShortest) return {1, depth};
  std::int64_t splits = divide_up<std::int64_t>(wanted_blocks, blocks);
  splits = smaller<std::int64_t>(splits, depth / kShortest);
  splits = smaller(splits, static_cast<std::int64_t>(workspace) / results);
  if (splits < 2) return {1, depth};
  // Whole tiles, as evenly as they go.
  const int each = divide_up(divide_up(depth, static_cast<int>(splits)), 16) * 16;
  return {divide_up(depth, each), each};
}

template <int kColumns, class Executor, class Problem>
void multiply_tiles(Executor& executor, const Problem& problem, float* workspace,
                    std::size_t workspace_size) {
  Product<Problem, kColumns> product;
  product.problem = problem;
  const auto part = problem.at(0);
  const int rows = problem.most_rows();
  product.row_tiles = divide_up(rows, product.kRows);
  product.column_tiles = divide_up(part.columns(), kColumns);
  const std::int64_t tiles = static_cast<std::int64_t>(product.row_tiles) * product.column_tiles;
  const std::int64_t results = static_cast<std::int64_t>(rows) * part.columns();
  if (problem.groups() == 1) {
    const Splitting splitting =
        choose_splitting(tiles, results, part.depth(), executor.wanted_blocks(), workspace_size);
    product.splits = splitting.splits;
    product.split_depth = splitting.depth;
    product.partial = workspace;
  }
  executor.run(static_cast<int>(tiles * problem.groups() * product.splits), product);
  if (product.splits > 1) {
    executor.for_each(results, SumSplits<Problem>{problem, workspace, product.splits});
  }
}

/// Computes all of the problem's values.
template <class Executor, class Problem>
void multiply(Executor& executor, const Problem& problem, float* workspace,
              std::size_t workspace_size) {
  const int columns = problem.at(0).columns();
  if (columns <= 16) {
    multiply_tiles<16>(executor, problem, workspace, workspace_size);
  } else if (columns <= 32) {
    multiply_tiles<32>(executor, problem, workspace, workspace_size);
  } else {
    multiply_tiles<64>(executor, problem, workspace, workspace_size);
  }
}

}  // namespace signflip::device
