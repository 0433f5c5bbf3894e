// The layers of a fused climb, forward and backward, spread over a block's threads. Included by
// fused_climb.h.
#pragma once

#include "backend/cuda/fused_climb.h"

namespace signflip::device {

template <class Team>
SIGNFLIP_HOST_DEVICE void FusedClimb::forward_stage(Team& team, float* shared,
                                                    const FusedStage& s) const {
  using Kind = DeviceLayer::Kind;
  const float* const x = shared + s.in;
  float* const y = shared + s.out;
  if (s.kind == Kind::dense) {
    forward_dense(team, shared, s);
    return;
  }
  team.phase([&](int t) {
    const bool relu = s.activation == Activation::relu;
    const float *const weight = weights + s.weight, *const bias = weights + s.bias;
    if (s.kind == Kind::conv2d) {
      const ConvDims& d = s.conv;
      const int pixels = d.out_pixels(), filters = d.out.channels;
      if (!s.wide) {
        share(t, divide_up(pixels, 2) * filters,
              [&](int tile) { conv_forward_tile<2, 1, 1>(d, tile, x, weight, bias, relu, y); });
      } else if (d.in.channels % 4 != 0) {
        share(t, divide_up(pixels, 4) * (filters / 4),
              [&](int tile) { conv_forward_tile<4, 4, 1>(d, tile, x, weight, bias, relu, y); });
      } else if (divide_up(pixels, 4) * (filters / 4) >= kThreads * 3 / 4) {
        share(t, divide_up(pixels, 4) * (filters / 4),
              [&](int tile) { conv_forward_tile<4, 4, 4>(d, tile, x, weight, bias, relu, y); });
      } else {  // smaller tiles, so that more threads have one
        share(t, divide_up(pixels, 2) * (filters / 4),
              [&](int tile) { conv_forward_tile<2, 4, 4>(d, tile, x, weight, bias, relu, y); });
      }
    } else if (s.kind == Kind::maxpool2d) {
      share(t, s.outputs, [&](int i) {
        const int winner = pool_winner(s.pool, x, i);
        y[i] = x[winner];
        shared[s.winners + i] = static_cast<float>(winner);
      });
    } else if (s.kind == Kind::batchnorm2d) {
      share(t, s.outputs, ChannelAffine{x, weight, bias, y, s.conv.out.channels, relu});
    } else if (s.kind == Kind::sigmoid) {
      share(t, s.outputs, SigmoidForward{x, y});
    } else {
      share(t, s.outputs, ReluForward{x, y});
    }
  });
}

/// Each group of units is summed by several threads, a share of the inputs each.
template <class Team>
SIGNFLIP_HOST_DEVICE void FusedClimb::forward_dense(Team& team, float* shared,
                                                    const FusedStage& s) const {
  const float* const x = shared + s.in;
  float *const y = shared + s.out, *const scratch = shared + layout.scratch;
  const int units = s.outputs, width = s.wide ? 4 : 1, groups = units / width;
  const int at_once = smaller(groups, kThreads), parts = kThreads / at_once;
  for (int first = 0; first < groups; first += at_once) {
    team.phase([&](int t) {
      const int group = first + t % at_once, part = t / at_once;
      if (group >= groups || part >= parts) return;
      const float* const weight = weights + s.weight;
      if (s.wide) {
        dense_forward_part<4>(s.inputs, units, s.area, 4 * group, part, parts, x, weight,
                              scratch + 4 * t);
      } else {
        dense_forward_part<1>(s.inputs, units, s.area, group, part, parts, x, weight,
                              scratch + 4 * t);
      }
    });
    team.phase([&](int t) {
      for (int i = t; i < at_once * width && first * width + i < units; i += kThreads) {
        const int u = first * width + i;
        float sum = weights[s.bias + u];
        for (int part = 0; part < parts; ++part) {
          sum += scratch[4 * (part * at_once + i / width) + i % width];
        }
        y[u] = s.activation == Activation::relu && !(sum > 0) ? 0 : sum;
      }
    });
  }
}

template <class Team>
SIGNFLIP_HOST_DEVICE void FusedClimb::backward(Team& team, float* shared,
                                               const FusedStage& s) const {
  using Kind = DeviceLayer::Kind;
  float* const x = shared + s.in;
  const float* const dy = shared + s.out;
  team.phase([&](int t) {
    const float* const weight = weights + s.weight;
    if (s.kind == Kind::dense) {
      const float* const turned = transposed + s.weight;
      if (s.inputs % 4 == 0 && s.weight % 4 == 0) {
        share(t, s.inputs / 4, [&](int i) {
          dense_backward_tile<4>(s.inputs, s.outputs, s.area, 4 * i, dy, turned, s.before, x);
        });
      } else {
        share(t, s.inputs, [&](int i) {
          dense_backward_tile<1>(s.inputs, s.outputs, s.area, i, dy, turned, s.before, x);
        });
      }
    } else if (s.kind == Kind::conv2d) {
      const ConvDims& d = s.conv;
      if (!s.wide) {
        share(t, backward_tiles<2>(d, 1),
              [&](int tile) { conv_backward_tile<2, 1, 1>(d, tile, dy, weight, s.before, x); });
      } else if (d.in.channels % 4 != 0) {
        share(t, backward_tiles<2>(d, 1),
              [&](int tile) { conv_backward_tile<2, 1, 4>(d, tile, dy, weight, s.before, x); });
      } else if (backward_tiles<4>(d, 4) >= kThreads * 3 / 4) {
        share(t, backward_tiles<4>(d, 4),
              [&](int tile) { conv_backward_tile<4, 4, 4>(d, tile, dy, weight, s.before, x); });
      } else {
        share(t, backward_tiles<2>(d, 4),
              [&](int tile) { conv_backward_tile<2, 4, 4>(d, tile, dy, weight, s.before, x); });
      }
    } else if (s.kind == Kind::maxpool2d) {
      share(t, s.inputs, [&](int i) {
        x[i] = through(s.before, x[i], pool_gradient(s.pool, dy, shared + s.winners, i));
      });
    } else {
      share(t, s.inputs, [&](int i) {
        const float factor = s.kind == Kind::batchnorm2d ? weight[i % s.conv.out.channels] : 1.0F;
        x[i] = through(s.before, x[i], dy[i] * factor);
      });
    }
  });
}

}  // namespace signflip::device
