// Batch normalisation in training: statistics of each shard of the batch (ghost batches), channel
// by channel. Two stages, so that a few shards still fill a device: blocks work on pieces of a
// shard, then the pieces are combined in their order. Inference is ChannelAffine.
#pragma once

#include "device/kernels/portable.h"

namespace signflip::device {

/// The shards of a batch, and how each is cut into pieces of at most `piece` pixels.
struct Shards {
  const int* rows = nullptr;  ///< first image of each shard, then the end
  int count = 0;
  int pixels = 0;  ///< of an image
  int pieces = 0;  ///< of the largest shard
  int piece = 0;   ///< pixels
  int channels = 0;

  std::size_t values() const {
    return static_cast<std::size_t>(count) * static_cast<std::size_t>(channels);
  }
  SIGNFLIP_HOST_DEVICE std::int64_t begin(int shard) const {
    return static_cast<std::int64_t>(rows[shard]) * pixels;
  }
  SIGNFLIP_HOST_DEVICE int size(int shard) const {
    return (rows[shard + 1] - rows[shard]) * pixels;
  }
  /// Pixels of one piece; 0 or less past the shard's end.
  SIGNFLIP_HOST_DEVICE int piece_size(int shard, int number) const {
    return smaller(piece, size(shard) - number * piece);
  }
};

/// What the first stage hands to the second, per shard, piece and channel.
struct Pair {
  float first, second;
};

/// Common to both programs: 8 lanes for each of 32 channels.
struct ShardBlocks {
  static constexpr int kChannels = 32, kLanes = 8;
  static constexpr int kThreads = kChannels * kLanes;
  Shards shards;

  SIGNFLIP_HOST_DEVICE int channel_tiles() const { return divide_up(shards.channels, kChannels); }
  SIGNFLIP_HOST_DEVICE int blocks() const { return shards.count * shards.pieces * channel_tiles(); }

  /// What a block works on: a piece, counted over all shards, and a tile of the channels.
  struct Piece {
    int tile, number, shard, size;
    std::int64_t start;  ///< of its first value in x
  };
  SIGNFLIP_HOST_DEVICE Piece piece_of(int block) const {
    const int number = block / channel_tiles();
    const int shard = number / shards.pieces, piece = number % shards.pieces;
    const std::int64_t first =
        shards.begin(shard) + static_cast<std::int64_t>(piece) * shards.piece;
    return {block % channel_tiles(), number, shard, shards.piece_size(shard, piece),
            first * shards.channels};
  }
};

/// The mean, and the sum of squared distances from it, of each piece.
struct PieceMoments : ShardBlocks {
  const float* x = nullptr;
  Pair* moments = nullptr;

  static constexpr std::size_t shared() { return kThreads; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const Piece at = piece_of(block);
    if (at.size <= 0) return;
    const float* const from = x + at.start;
    const int channels = shards.channels;
    typename Team::template Own<float> means;
    team.phase([&](int t) {
      const int c = at.tile * kChannels + t % kChannels;
      float sum = 0;
      for (int p = t / kChannels; p < at.size && c < channels; p += kLanes) {
        sum += from[static_cast<std::int64_t>(p) * channels + c];
      }
      shared[t] = sum;
    });
    team.phase([&](int t) { means[t] = lanes(shared, t) / static_cast<float>(at.size); });
    team.phase([&](int t) {
      const int c = at.tile * kChannels + t % kChannels;
      float sum = 0;
      for (int p = t / kChannels; p < at.size && c < channels; p += kLanes) {
        const float d = from[static_cast<std::int64_t>(p) * channels + c] - means[t];
        sum += d * d;
      }
      shared[t] = sum;
    });
    team.phase([&](int t) {
      const int c = at.tile * kChannels + t;
      if (t >= kChannels || c >= channels) return;
      moments[static_cast<std::int64_t>(at.number) * channels + c] = {means[t], lanes(shared, t)};
    });
  }

  SIGNFLIP_HOST_DEVICE static float lanes(const float* shared, int t) {
    float sum = 0;
    for (int lane = 0; lane < kLanes; ++lane) sum += shared[lane * kChannels + t % kChannels];
    return sum;
  }
};

/// Combines a shard's pieces (Chan, Golub and LeVeque 1979), one call per shard and channel.
/// Writes mean and 1/√(variance+ε) for the layer, mean and unbiased variance for the running
/// statistics; each shards × channels.
struct ShardMoments {
  Shards shards;
  const Pair* moments;
  float epsilon;
  float *mean, *inverse_deviation, *batch_mean, *batch_variance;
  int batch_stride;  ///< between the shards' batch_mean and batch_variance

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const auto c = static_cast<int>(i % shards.channels),
               shard = static_cast<int>(i / shards.channels);
    double count = 0, centre = 0, squares = 0;
    for (int p = 0; p < shards.pieces; ++p) {
      const int size = shards.piece_size(shard, p);
      if (size <= 0) break;
      const Pair& piece =
          moments[(static_cast<std::int64_t>(shard) * shards.pieces + p) * shards.channels + c];
      const double total = count + size, apart = static_cast<double>(piece.first) - centre;
      squares += static_cast<double>(piece.second) + apart * apart * count * size / total;
      centre += apart * size / total;
      count = total;
    }
    mean[i] = static_cast<float>(centre);
    const double variance = squares / count;
    inverse_deviation[i] = 1 / sqrtf(static_cast<float>(variance) + epsilon);
    const std::int64_t at = static_cast<std::int64_t>(shard) * batch_stride + c;
    batch_mean[at] = static_cast<float>(centre);
    batch_variance[at] = static_cast<float>(count > 1 ? squares / (count - 1) : variance);
  }
};

/// y = weight·x̂ + bias, then max(0, ·) where `relu`; x̂ = (x − mean)·inverse_deviation.
struct BatchNormForward {
  const int* shard_of_row;
  int channels, image_size;
  const float *x, *mean, *inverse_deviation, *weight, *bias;
  float* y;
  bool relu;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const auto c = static_cast<int>(i % channels);
    const int at = shard_of_row[i / image_size] * channels + c;
    const float value = (x[i] - mean[at]) * inverse_deviation[at] * weight[c] + bias[c];
    y[i] = relu && !(value > 0) ? 0 : value;
  }
};

/// Σ dy·x̂ and Σ dy of each piece, dy taken where y > 0 if `relu`. A null mean is 0.
struct PieceGradients : ShardBlocks {
  const float *x = nullptr, *y = nullptr, *dy = nullptr, *mean = nullptr;
  const float* inverse_deviation = nullptr;
  bool relu = false;
  Pair* sums = nullptr;

  static constexpr std::size_t shared() { return 2 * kThreads; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const Piece at = piece_of(block);
    if (at.size <= 0) return;
    const int channels = shards.channels;
    team.phase([&](int t) {
      const int c = at.tile * kChannels + t % kChannels;
      float dot = 0, sum = 0;
      for (int p = t / kChannels; p < at.size && c < channels; p += kLanes) {
        const std::int64_t i = at.start + static_cast<std::int64_t>(p) * channels + c;
        if (relu && !(y[i] > 0)) continue;
        const int of_shard = at.shard * channels + c;
        const float centred = mean != nullptr ? x[i] - mean[of_shard] : x[i];
        dot += dy[i] * centred * inverse_deviation[of_shard];
        sum += dy[i];
      }
      shared[t] = dot;
      shared[kThreads + t] = sum;
    });
    team.phase([&](int t) {
      const int c = at.tile * kChannels + t;
      if (t >= kChannels || c >= channels) return;
      sums[static_cast<std::int64_t>(at.number) * channels + c] = {
          PieceMoments::lanes(shared, t), PieceMoments::lanes(shared + kThreads, t)};
    });
  }
};

/// Adds up a shard's pieces; one call per shard and channel.
struct ShardGradients {
  Shards shards;
  const Pair* pieces;
  Pair* sums;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const auto c = static_cast<int>(i % shards.channels),
               shard = static_cast<int>(i / shards.channels);
    double dot = 0, sum = 0;
    for (int p = 0; p < shards.pieces && shards.piece_size(shard, p) > 0; ++p) {
      const Pair& piece =
          pieces[(static_cast<std::int64_t>(shard) * shards.pieces + p) * shards.channels + c];
      dot += static_cast<double>(piece.first);
      sum += static_cast<double>(piece.second);
    }
    sums[i] = {static_cast<float>(dot), static_cast<float>(sum)};
  }
};

/// dweight = Σ dy·x̂ and dbias = Σ dy over all shards; one call per channel.
struct BatchNormWeightGradient {
  int shards, channels;
  const Pair* sums;
  float *dweight, *dbias;

  SIGNFLIP_HOST_DEVICE void operator()(int c) const {
    float dot = 0, sum = 0;
    for (int s = 0; s < shards; ++s) {
      const Pair& shard = sums[static_cast<std::int64_t>(s) * channels + c];
      dot += shard.first;
      sum += shard.second;
    }
    dweight[c] = dot;
    dbias[c] = sum;
  }
};

/// sums += those of another road through the same statistics; one call per shard and channel.
struct AddSums {
  const Pair* from;
  Pair* sums;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    sums[i].first += from[i].first;
    sums[i].second += from[i].second;
  }
};

/// dx = weight·inverse_deviation·(dy − mean(dy) − x̂·mean(dy·x̂)).
struct BatchNormInputGradient {
  Shards shards;
  const int* shard_of_row;
  int image_size;
  const float *x, *y, *dy, *mean, *inverse_deviation, *weight;
  const Pair* sums;
  float* dx;
  bool relu;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const auto c = static_cast<int>(i % shards.channels);
    const int shard = shard_of_row[i / image_size], at = shard * shards.channels + c;
    const float share = 1.0F / static_cast<float>(shards.size(shard));
    const float normalised = (x[i] - mean[at]) * inverse_deviation[at];
    const float gradient = relu && !(y[i] > 0) ? 0 : dy[i];
    dx[i] = weight[c] * inverse_deviation[at] *
            (gradient - share * (sums[at].second + normalised * sums[at].first));
  }
};

}  // namespace signflip::device
