// Intervals through single layers, as loops over a centre and a radius: what the bounds of a whole
// network (interval_pass.h) and training on them are made of. Matrix products are not here: the
// centre goes through the network's own W, the radius through |W| (interval_network.h).
//
// Rounding. A certificate must hold for the network that runs, which is a float32 one. So each
// function here takes an allowance, a fraction of the values' magnitude, by which it widens what it
// makes: enough for its own rounding and for that of the network's layer in whatever order the
// kernels add up. Training passes 0: there bounds are a loss, not a promise.
#pragma once

#include <cstddef>
#include <span>

#include "core/tensor.h"

namespace signflip {

/// Intervals [centre − radius, centre + radius], one for each value. A centre or radius that is not
/// finite means "any value": nothing that follows may take it for a bound.
struct Interval {
  float* centre = nullptr;
  float* radius = nullptr;
};

/// Relative error of one float32 operation, at most.
constexpr float kUnitRoundoff = 0x1p-24F;

/// Allowance of elementwise layers: two operations to lower and upper bounds, two back.
constexpr float kElementwiseAllowance = 4.0F * kUnitRoundoff;

/// Allowance of an affine layer whose sums have `terms` products. The error of such a sum, added up
/// in any order, with or without fused multiply-add, is at most γ = (terms+1)·u/(1−(terms+1)·u) of
/// the sum of magnitudes (Higham 2002, chapter 3); it comes up three times: in the network, in our
/// centre and in our radius. The fourth γ and the added terms cover the loops here.
inline float affine_allowance(std::size_t terms) {
  return 4.0F * static_cast<float>(terms + 4) * kUnitRoundoff;
}

/// Radius of every interval grows by allowance·(|centre| + radius); non-finite intervals become
/// (0, ∞). Before a matrix product that is enough, because |W| carries the growth along.
void widen(std::size_t size, Interval x, float allowance);

/// Pixels in [0,1] to the intersection of [0,1] with the ball of radius epsilon around each. A
/// pixel that is not finite makes an unbounded interval, an epsilon that is NaN the whole of [0,1].
void pixel_box(std::size_t size, const float* x, double epsilon, Interval y, float allowance);

/// y = x·scale + shift for each channel; `pixels` counts N·H·W. y may be x.
void interval_channel_affine(std::size_t pixels, std::size_t channels, Interval x,
                             const float* scale, const float* shift, Interval y, float allowance);

/// y may be x in both.
void interval_relu(std::size_t size, Interval x, Interval y, float allowance);
void interval_sigmoid(std::size_t size, Interval x, Interval y, float allowance);

/// Centre and radius to lower and upper bounds, and back; in place where the pointers agree.
/// Unbounded intervals are −∞ … ∞ in the first form.
void to_bounds(std::size_t size, Interval x, float* lower, float* upper, float allowance);
void from_bounds(std::size_t size, const float* lower, const float* upper, Interval y,
                 float allowance);

/// Lower bounds of the label's logit minus every other one, for a network whose last layer is
/// dense: margins[k] = Σᵢ (Wᵢᵧ−Wᵢₖ)·cᵢ − |Wᵢᵧ−Wᵢₖ|·rᵢ + bᵧ − bₖ over the layer's input (c, r), and
/// margins[label] = 0. Merging the layer with the comparison ("elision", Gowal et al. 2019, section
/// 3) is never looser than comparing bounds of logits, which take each pixel's worst case twice.
/// One image: `weight` inputs × classes; `scratch` holds `classes` floats. −∞ where unbounded.
void elided_margins(std::size_t inputs, std::size_t classes, const float* weight, const float* bias,
                    int label, Interval x, float* margins, float* scratch, float allowance);

}  // namespace signflip
