// Interval bounds through single layers, one value per call: what certify/interval_layers.h and
// train/interval_training_pass.cpp do on the CPU, without the allowances for rounding, because on a
// device bounds are a loss, not a certificate. Matrix products are products.h with W for the
// centres and |W| for the radii; the last layer is elision.h.
#pragma once

#include "device/kernels/batchnorm.h"
#include "device/kernels/elementwise.h"
#include "device/kernels/portable.h"

namespace signflip::device {

SIGNFLIP_HOST_DEVICE inline float sign(float x) { return x > 0 ? 1.0F : x < 0 ? -1.0F : 0.0F; }

/// Intervals [centre − radius, centre + radius] of so many values.
struct Bounds {
  float *centre = nullptr, *radius = nullptr;
  SIGNFLIP_HOST_DEVICE float lower(int i) const { return centre[i] - radius[i]; }
  SIGNFLIP_HOST_DEVICE float upper(int i) const { return centre[i] + radius[i]; }
  SIGNFLIP_HOST_DEVICE void put_ends(int i, float lower, float upper) const {
    centre[i] = 0.5F * lower + 0.5F * upper;
    radius[i] = 0.5F * upper - 0.5F * lower;
  }
};

/// Gradients with respect to centres and radii, and what they are at the ends.
struct BoundsGradient {
  float *centre = nullptr, *radius = nullptr;
  SIGNFLIP_HOST_DEVICE float lower(int i) const { return 0.5F * (centre[i] - radius[i]); }
  SIGNFLIP_HOST_DEVICE float upper(int i) const { return 0.5F * (centre[i] + radius[i]); }
  SIGNFLIP_HOST_DEVICE void put_ends(int i, float lower, float upper) const {
    centre[i] = lower + upper;
    radius[i] = upper - lower;
  }
};

/// One end of each interval, or of each gradient, as an array.
template <class Intervals>
struct LowerEnds {
  Intervals of;
  SIGNFLIP_HOST_DEVICE float operator[](int i) const { return of.lower(i); }
};
template <class Intervals>
struct UpperEnds {
  Intervals of;
  SIGNFLIP_HOST_DEVICE float operator[](int i) const { return of.upper(i); }
};

/// The part of the ball around each pixel that lies in [0,1], normalised; a null scale does not.
struct PixelBounds {
  const float* images;
  const double* epsilon;
  const float *scale, *shift;
  int channels;
  Bounds y;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const float reach = *epsilon > 0 ? static_cast<float>(*epsilon) : 0.0F;
    y.put_ends(i, clamped(images[i] - reach, 0.0F, 1.0F), clamped(images[i] + reach, 0.0F, 1.0F));
    if (scale == nullptr) return;
    const int c = i % channels;
    y.centre[i] = y.centre[i] * scale[c] + shift[c];
    y.radius[i] *= fabsf(scale[c]);
  }
};

struct BoundsRelu {
  Bounds x, y;  ///< may be the same
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    y.put_ends(i, larger(x.lower(i), 0.0F), larger(x.upper(i), 0.0F));
  }
};

struct BoundsReluGradient {
  Bounds y;
  BoundsGradient dy, dx;  ///< may be the same
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    dx.put_ends(i, y.lower(i) > 0 ? dy.lower(i) : 0, y.upper(i) > 0 ? dy.upper(i) : 0);
  }
};

struct BoundsSigmoid {
  Bounds x, y;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    y.put_ends(i, 1 / (1 + expf(-x.lower(i))), 1 / (1 + expf(-x.upper(i))));
  }
};

struct BoundsSigmoidGradient {
  Bounds y;
  BoundsGradient dy, dx;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const float lower = y.lower(i), upper = y.upper(i);
    dx.put_ends(i, dy.lower(i) * lower * (1 - lower), dy.upper(i) * upper * (1 - upper));
  }
};

/// Each end has winners of its own.
struct BoundsPool {
  PoolDims d;
  Bounds x, y;
  std::int32_t *lower_winner, *upper_winner;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int image = i / d.out.size(), at = i - image * d.out.size();
    const int first = image * d.in.size();
    const Bounds from{x.centre + first, x.radius + first};
    lower_winner[i] = pool_winner(d, LowerEnds<Bounds>{from}, at);
    upper_winner[i] = pool_winner(d, UpperEnds<Bounds>{from}, at);
    y.put_ends(i, from.lower(lower_winner[i]), from.upper(upper_winner[i]));
  }
};

struct BoundsPoolGradient {
  PoolDims d;
  BoundsGradient dy;
  const std::int32_t *lower_winner, *upper_winner;
  BoundsGradient dx;

  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const int image = i / d.in.size(), at = i - image * d.in.size();
    const int first = image * d.out.size();
    const BoundsGradient from{dy.centre + first, dy.radius + first};
    dx.put_ends(i, pool_gradient(d, LowerEnds<BoundsGradient>{from}, lower_winner + first, at),
                pool_gradient(d, UpperEnds<BoundsGradient>{from}, upper_winner + first, at));
  }
};

/// Batch norm's statistics of each shard, shards × channels, and its weights.
struct NormValues {
  const int* shard_of_row = nullptr;
  int channels = 0, image_size = 0;
  const float *mean = nullptr, *inverse_deviation = nullptr, *weight = nullptr, *bias = nullptr;

  struct Line {
    float scale, mean, bias;
  };
  SIGNFLIP_HOST_DEVICE Line at(int i) const {
    const int c = i % channels, place = shard_of_row[i / image_size] * channels + c;
    return {weight[c] * inverse_deviation[place], mean[place], bias[c]};
  }
};

/// Batch norm with the statistics of the plain images.
struct BoundsNorm {
  NormValues norm;
  Bounds x, y;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const NormValues::Line line = norm.at(i);
    y.centre[i] = (x.centre[i] - line.mean) * line.scale + line.bias;
    y.radius[i] = x.radius[i] * fabsf(line.scale);
  }
};

struct BoundsNormGradient {
  NormValues norm;
  BoundsGradient dy, dx;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    const float scale = norm.at(i).scale;
    dx.centre[i] = dy.centre[i] * scale;
    dx.radius[i] = dy.radius[i] * fabsf(scale);
  }
};

/// What the bounds add to the sums by which a plain batch norm's gradient goes through the mean and
/// the deviation: Σ dc'·x̂ + sign(weight)·Σ dr'·r/deviation; one call per shard and channel. Those
/// of the centres are there, with Σ dc'.
struct AddRadiusSums {
  int channels;
  const float* weight;
  const Pair* of_radii;
  Pair* sums;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    sums[i].first += sign(weight[i % channels]) * of_radii[i].first;
  }
};

struct Absolute {
  const float* from;
  float* to;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const { to[i] = fabsf(from[i]); }
};

/// dW += ∂(centres) + sign(W)·∂(radii), dbias += ∂(centres); one call per value of the layer's, the
/// first `matrix` of them weights. Null radii: 0.
struct AddBoundsGradient {
  int matrix;
  const float *weight, *of_centres, *of_radii;
  float* gradient;
  SIGNFLIP_HOST_DEVICE void operator()(int i) const {
    float sum = of_centres[i];
    if (of_radii != nullptr && i < matrix) sum += sign(weight[i]) * of_radii[i];
    gradient[i] += sum;
  }
};

}  // namespace signflip::device
