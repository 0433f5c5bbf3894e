// The layers without a product, one value per call: what backend/plain_ops.h defines as loops.
// Training-time batch normalisation is batchnorm.h.
#pragma once

#include "core/exact/draws.h"
#include "device/kernels/portable.h"

namespace signflip::device {

/// y = x·scale + shift for each channel, then max(0, ·) where `relu`; a null scale copies.
struct ChannelAffine {
  const float *x, *scale, *shift;
  float* y;
  int channels;
  bool relu;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const auto c = static_cast<int>(i % channels);
    const float value = scale != nullptr ? x[i] * scale[c] + shift[c] : x[i];
    y[i] = relu && !(value > 0) ? 0 : value;
  }
};

/// dx = dy·scale, of dy where y > 0 if `relu`. A null scale copies.
struct ChannelScale {
  const float *y, *dy, *scale;
  float* dx;
  int channels;
  bool relu;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const float gradient = relu && !(y[i] > 0) ? 0 : dy[i];
    dx[i] = scale != nullptr ? gradient * scale[static_cast<int>(i % channels)] : gradient;
  }
};

struct ReluForward {
  const float* x;
  float* y;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const { y[i] = x[i] > 0 ? x[i] : 0; }
};

struct ReluInputGradient {
  const float *y, *dy;
  float* dx;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const { dx[i] = y[i] > 0 ? dy[i] : 0; }
};

struct SigmoidForward {
  const float* x;
  float* y;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const { y[i] = 1 / (1 + expf(-x[i])); }
};

struct SigmoidInputGradient {
  const float *y, *dy;
  float* dx;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const { dx[i] = dy[i] * y[i] * (1 - y[i]); }
};

struct PoolDims {
  Dims in, out;
  int kernel_height, kernel_width, stride_height, stride_width;
};

/// The place of the largest value of window `at` in its image; the first of equal values wins.
/// `image` is anything whose values [] gives.
template <class Image>
SIGNFLIP_HOST_DEVICE int pool_winner(const PoolDims& d, const Image& image, int at) {
  const int c = at % d.out.channels, pixel = at / d.out.channels;
  const int h = pixel / d.out.width * d.stride_height;
  const int w = pixel % d.out.width * d.stride_width;
  int best = (h * d.in.width + w) * d.in.channels + c;
  for (int kh = 0; kh < d.kernel_height; ++kh) {
    for (int kw = 0; kw < d.kernel_width; ++kw) {
      const int from = ((h + kh) * d.in.width + w + kw) * d.in.channels + c;
      if (image[from] > image[best]) best = from;
    }
  }
  return best;
}

/// The gradient at place `at` of one image: the sum over the windows that it won. `winner` may be
/// of any type that holds places exactly, dy anything whose values [] gives.
template <class Gradient, class Place>
SIGNFLIP_HOST_DEVICE float pool_gradient(const PoolDims& d, const Gradient& dy, const Place* winner,
                                         int at) {
  const int c = at % d.in.channels, pixel = at / d.in.channels;
  const int h = pixel / d.in.width, w = pixel % d.in.width;
  // Windows oh·s ≤ h ≤ oh·s + k − 1.
  const int h0 = h < d.kernel_height ? 0 : (h - d.kernel_height) / d.stride_height + 1;
  const int w0 = w < d.kernel_width ? 0 : (w - d.kernel_width) / d.stride_width + 1;
  const int h1 = smaller(h / d.stride_height, d.out.height - 1);
  const int w1 = smaller(w / d.stride_width, d.out.width - 1);
  float sum = 0;
  for (int oh = h0; oh <= h1; ++oh) {
    for (int ow = w0; ow <= w1; ++ow) {
      const int from = (oh * d.out.width + ow) * d.out.channels + c;
      if (winner[from] == static_cast<Place>(at)) sum += dy[from];
    }
  }
  return sum;
}

struct PoolForward {
  PoolDims d;
  const float* x;
  float* y;
  std::int32_t* winner;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const float* const image = x + i / d.out.size() * d.in.size();
    winner[i] = pool_winner(d, image, static_cast<int>(i % d.out.size()));
    y[i] = image[winner[i]];
  }
};

struct PoolInputGradient {
  PoolDims d;
  const float* dy;
  const std::int32_t* winner;
  float* dx;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const std::int64_t first = i / d.in.size() * d.out.size();
    dx[i] = pool_gradient(d, dy + first, winner + first, static_cast<int>(i % d.in.size()));
  }
};

/// H×W×C to C, H, W order, one call per value of y.
struct FlattenForward {
  Dims in;
  const float* x;
  float* y;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int area = in.height * in.width;
    const std::int64_t n = i / in.size();
    const auto at = static_cast<int>(i % in.size());
    y[i] = x[n * in.size() + at % area * in.channels + at / area];
  }
};

struct FlattenInputGradient {
  Dims in;
  const float* dy;
  float* dx;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int area = in.height * in.width;
    const std::int64_t n = i / in.size();
    const auto at = static_cast<int>(i % in.size());
    dx[i] = dy[n * in.size() + at % in.channels * area + at / in.channels];
  }
};

struct UpsampleForward {
  Dims in;
  int scale_height, scale_width;
  const float* x;
  float* y;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int width = in.width * scale_width;
    const std::int64_t size = static_cast<std::int64_t>(in.size()) * scale_height * scale_width;
    const std::int64_t n = i / size;
    const auto at = static_cast<int>(i % size);
    const int c = at % in.channels, pixel = at / in.channels;
    const int h = pixel / width / scale_height, w = pixel % width / scale_width;
    y[i] = x[n * in.size() + (h * in.width + w) * in.channels + c];
  }
};

struct UpsampleInputGradient {
  Dims in;
  int scale_height, scale_width;
  const float* dy;
  float* dx;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int width = in.width * scale_width;
    const std::int64_t size = static_cast<std::int64_t>(in.size()) * scale_height * scale_width;
    const std::int64_t n = i / in.size();
    const auto at = static_cast<int>(i % in.size());
    const int c = at % in.channels, pixel = at / in.channels;
    const int h = pixel / in.width * scale_height, w = pixel % in.width * scale_width;
    float sum = 0;
    for (int a = 0; a < scale_height; ++a) {
      for (int b = 0; b < scale_width; ++b) {
        sum += dy[n * size + ((h + a) * width + w + b) * in.channels + c];
      }
    }
    dx[i] = sum;
  }
};

/// Which random stream each image's dropout mask comes from, and from which draw on. On the CPU a
/// shard draws the masks of its images from one stream, layer after layer.
struct DropoutDraws {
  std::uint64_t seed = 0;
  const std::uint64_t* epoch_stream = nullptr;  ///< of the epoch; a shard's place is added
  const int* step = nullptr;                    ///< batches done in the epoch
  int sources = 0;                              ///< training images of a full batch
  const int* shard_of_row = nullptr;
  const int* shard_sources = nullptr;  ///< first source of each shard in the batch, then the end
  const int* shard_rows = nullptr;     ///< first row of each shard, then the end
  int values_before = 0;               ///< of earlier dropout layers, per image
};

/// y = x·mask, inverted dropout. Its input gradient is the same functor of dy.
struct Dropout {
  DropoutDraws draws;
  float rate;
  int size;  // of an image
  const float* x;
  float* y;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const auto row = static_cast<int>(i / size);
    const int shard = draws.shard_of_row[row];
    const int first = draws.shard_rows[shard], rows = draws.shard_rows[shard + 1] - first;
    const std::uint64_t place =
        static_cast<std::uint64_t>(*draws.step) * draws.sources + draws.shard_sources[shard];
    const Draws random(draws.seed, *draws.epoch_stream + (place << 4));
    const std::uint64_t draw =
        static_cast<std::uint64_t>(rows) * draws.values_before +
        static_cast<std::uint64_t>(i - static_cast<std::int64_t>(first) * size);
    y[i] = random.uniform(draw) < rate ? 0 : x[i] * (1.0F / (1.0F - rate));
  }
};

}  // namespace signflip::device
