// A whole attack in one launch: a block takes one image through all steps, activations in shared
// memory, so that a small network is not bound by launches and by traffic between them. For
// FGSM, BIM, PGD, MIM, the single-step attacks and TRADES' climb, on networks whose activations of
// one image fit (fused_layout); crafter.h uses launches of single layers otherwise, with the same
// results up to rounding.
//
// On the way back, the gradient at a layer's output takes the place of that output: the output is
// needed only for the derivative of its activation, by the element that replaces it. So gradients
// need no memory of their own.
#pragma once

#include <vector>

#include "device/kernels/attack_steps.h"
#include "device/kernels/fused_tiles.h"
#include "device/programs/stages.h"

namespace signflip::device {

/// A stage of the network as the fused climb sees it; buffers are offsets in shared memory.
struct FusedStage {
  PlanLayer::Kind kind = PlanLayer::Kind::relu;
  Activation activation = Activation::none, before = Activation::none;
  ConvDims conv;
  PoolDims pool;
  int weight = 0, bias = 0;
  int area = 1;  // dense: pixels of the image whose flattening it takes
  int in = 0, out = 0, winners = 0;
  int inputs = 0, outputs = 0;  // sizes
  bool wide = false;            // filters and weights lie in fours
};

struct FusedLayout {
  static constexpr int kMostStages = 16;
  /// Threads of a block: enough for a 28×28 image, few enough that several blocks share a
  /// multiprocessor.
  static constexpr int kThreads = 256;

  bool fits = false;  ///< as far as kinds of layers go
  int count = 0;
  FusedStage stages[kMostStages];
  int image = 0, normalised = 0, prediction = 0, scratch = 0, end = 0;

  /// Shared memory of a block.
  std::size_t floats(const Plan& plan, bool momentum) const {
    return static_cast<std::size_t>(end) + (momentum ? plan.input.size() : 0);
  }
};

inline FusedLayout fused_layout(const Plan& plan, const std::vector<Stage>& stages) {
  using Kind = PlanLayer::Kind;
  FusedLayout layout;
  int at = 0;
  const auto place = [&](std::size_t size) {
    const int begin = at;
    at += static_cast<int>(divide_up<std::size_t>(size, 4) * 4);  // so that fours stay aligned
    return begin;
  };
  std::size_t needed = 3 * plan.input.size();
  for (const Stage& stage : stages) needed += 2 * stage.layer.out.size();
  // Far above what any device shares, and small enough that places are exact in float.
  if (needed > (std::size_t{1} << 20) || plan.parameters > (std::size_t{1} << 30) ||
      plan.classes > 4 * FusedLayout::kThreads) {
    return layout;
  }
  layout.image = place(plan.input.size());
  layout.normalised = place(plan.input.size());
  layout.prediction = place(static_cast<std::size_t>(plan.classes));
  layout.scratch = place(4 * FusedLayout::kThreads);
  int before = layout.normalised, area = 1;
  Activation activation = Activation::none;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const PlanLayer& layer = stages[i].layer;
    if (layer.kind == Kind::flatten) {  // part of the dense layer behind it
      if (i + 1 == stages.size() || stages[i + 1].layer.kind != Kind::dense) return layout;
      area = static_cast<int>(layer.in.pixels());
      continue;
    }
    if (layout.count == FusedLayout::kMostStages || layer.kind == Kind::upsample2d) return layout;
    FusedStage& stage = layout.stages[layout.count++];
    stage.kind = layer.kind;
    stage.before = activation;
    stage.activation = layer.kind == Kind::sigmoid                  ? Activation::sigmoid
                       : stages[i].relu || layer.kind == Kind::relu ? Activation::relu
                                                                    : Activation::none;
    stage.conv = conv_dims(layer);
    stage.pool = pool_dims(layer);
    stage.weight = static_cast<int>(layer.weight);
    stage.bias = static_cast<int>(layer.bias);
    stage.area = area;
    stage.inputs = static_cast<int>(layer.in.size());
    stage.outputs = static_cast<int>(layer.out.size());
    stage.wide = layer.out.channels % 4 == 0 && layer.weight % 4 == 0;
    stage.in = before;
    stage.out = place(layer.out.size());
    if (layer.kind == Kind::maxpool2d) stage.winners = place(layer.out.size());
    before = stage.out;
    activation = stage.activation;
    area = 1;
  }
  layout.end = at;
  layout.fits = layout.count > 0;
  return layout;
}

/// The program; one block per image.
struct FusedClimb {
  static constexpr int kThreads = FusedLayout::kThreads;

  AttackView view;
  FusedLayout layout;
  Climb climb;
  int channels = 1;
  const float *weights = nullptr, *transposed = nullptr, *scale = nullptr, *shift = nullptr;
  float* adversarial = nullptr;
  std::size_t shared_floats = 0;

  std::size_t shared() const { return shared_floats; }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void operator()(Team& team, float* shared, int block) const {
    const std::int64_t first = static_cast<std::int64_t>(block) * view.size;
    const float* const clean = view.clean + first;
    float* const image = shared + layout.image;
    float* const velocity = shared + layout.end;
    const double epsilon = view.scalars->epsilon;
    const bool momentum = climb.momentum;
    if (climb.loss ==
        Climb::Loss::divergence) {  // what is climbed away from: the prediction of the clean image
      team.phase([&](int t) {
        for (int i = t; i < view.size; i += kThreads) image[i] = clean[i];
      });
      forward(team, shared);
      team.phase([&](int t) {
        if (t == 0) softmax<float>(logits(shared), prediction(shared));
      });
    }
    team.phase([&](int t) {
      for (int i = t; i < view.size; i += kThreads) {
        image[i] = start_value(view, climb, block, i, clean[i], pixel_interval(clean[i], epsilon));
        if (momentum) velocity[i] = 0;
      }
    });
    for (int step = 0; step < climb.steps; ++step) {
      forward(team, shared);
      team.phase([&](int t) {
        if (t == 0) direct(shared, block);
      });
      for (int i = layout.count; i-- > 0;) backward(team, shared, layout.stages[i]);
      if (momentum) accumulate(team, shared);
      team.phase([&](int t) {
        if (!(epsilon > 0)) return;
        const auto distance = static_cast<float>(climb.step(epsilon));
        const float* const gradient = shared + layout.normalised;
        for (int i = t; i < view.size; i += kThreads) {
          // The scale of the normalisation is positive: it does not change a sign.
          const float moved =
              image[i] + signed_step(momentum ? velocity[i] : gradient[i], distance);
          image[i] = climb.project ? pixel_interval(clean[i], epsilon).nearest(moved, clean[i])
                                   : clamped(moved, 0.0F, 1.0F);
        }
      });
    }
    team.phase([&](int t) {
      for (int i = t; i < view.size; i += kThreads) adversarial[first + i] = image[i];
    });
  }

 private:
  SIGNFLIP_HOST_DEVICE std::span<float> logits(float* shared) const {
    return values_of(shared + layout.stages[layout.count - 1].out, view.classes, 0);
  }
  SIGNFLIP_HOST_DEVICE std::span<float> prediction(float* shared) const {
    return values_of(shared + layout.prediction, view.classes, 0);
  }

  /// The direction that raises the loss takes the place of the logits.
  SIGNFLIP_HOST_DEVICE void direct(float* shared, int block) const {
    const std::span<float> z = logits(shared);
    const std::span<float> d = values_of(shared + layout.scratch, view.classes, 0);
    climb_direction(climb.loss, view.goal(block), prediction(shared), z, d);
    const Activation last = layout.stages[layout.count - 1].activation;
    for (int k = 0; k < view.classes; ++k) z[k] = through(last, z[k], d[k]);
  }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void accumulate(Team& team, float* shared) const {
    const float* const gradient = shared + layout.normalised;
    const auto dimage = [&](int i) {
      return scale != nullptr ? gradient[i] * scale[i % channels] : gradient[i];
    };
    add_to_velocity<kThreads>(team, view.size, climb.decay, shared + layout.scratch, dimage,
                              shared + layout.end);
  }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void forward(Team& team, float* shared) const {
    team.phase([&](int t) {
      for (int i = t; i < view.size; i += kThreads) {
        const float pixel = shared[layout.image + i];
        shared[layout.normalised + i] =
            scale != nullptr ? pixel * scale[i % channels] + shift[i % channels] : pixel;
      }
    });
    for (int i = 0; i < layout.count; ++i) forward_stage(team, shared, layout.stages[i]);
  }

  template <class Team>
  SIGNFLIP_HOST_DEVICE void forward_stage(Team& team, float* shared, const FusedStage& s) const;
  template <class Team>
  SIGNFLIP_HOST_DEVICE void forward_dense(Team& team, float* shared, const FusedStage& s) const;
  template <class Team>
  SIGNFLIP_HOST_DEVICE void backward(Team& team, float* shared, const FusedStage& s) const;

  /// Calls tile(t-th tile) for a thread's share of `tiles`.
  template <class Tile>
  SIGNFLIP_HOST_DEVICE static void share(int t, int tiles, Tile tile) {
    for (int i = t; i < tiles; i += kThreads) tile(i);
  }
};

// The layers, forward and backward, spread over the threads of a block.

template <class Team>
SIGNFLIP_HOST_DEVICE void FusedClimb::forward_stage(Team& team, float* shared,
                                                    const FusedStage& s) const {
  using Kind = PlanLayer::Kind;
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
  using Kind = PlanLayer::Kind;
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
