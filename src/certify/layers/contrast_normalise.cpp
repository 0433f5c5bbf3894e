// Intervals through the normalisation of contrast. With x in c ± r, n values an image:
//   x_i − mean(x) lies in c_i − mean(c) ± (r_i + mean(r) − 2·r_i/n), which is exact;
//   the deviation, a seminorm, in σ(c) ± ρ with ρ = √mean(r²).
// The quotient's bounds take the worst of both, which is sound and not exact.
#include "certify/layers/declared.h"

#include <algorithm>
#include <cmath>

#include "backend/contrast.h"

namespace signflip {
namespace {

/// What all values of an image share.
struct Spread {
  plain::Contrast of_centre;
  double values, mean_radius = 0.0, root = 0.0;  ///< ρ
  double least, most;                            ///< of what is divided by

  Spread(std::size_t size, const float* centre, const float* radius, double floor)
      : of_centre(size, centre), values(static_cast<double>(size)) {
    for (std::size_t i = 0; i < size; ++i) {
      const double r = static_cast<double>(radius[i]);
      mean_radius += r / values;
      root += r * r / values;
    }
    root = std::sqrt(root);
    least = std::max(of_centre.deviation - root, floor);
    most = std::max(of_centre.deviation + root, floor);
  }
  double centre(float c) const { return static_cast<double>(c) - of_centre.mean; }
  double radius(float r) const {
    return static_cast<double>(r) * (1.0 - 2.0 / values) + mean_radius;
  }
};

}  // namespace

IntervalStep interval_step(const ContrastNormalise&, const Placement&) {
  return IntervalStep::in_place;
}

void interval_forward(const ContrastNormalise& layer, const IntervalCall& call, Interval x,
                      Interval y) {
  const std::size_t size = call.place().in.size();
  for (std::size_t n = 0; n < call.layer.count; ++n) {
    const std::size_t first = n * size;
    const Spread spread(size, x.centre + first, x.radius + first,
                        static_cast<double>(layer.epsilon));
    // The sums are double, here and in the network: what they lose is of the largest value, and
    // below an allowance of it by 2²⁴ a term.
    const double lost = call.certain ? static_cast<double>(size) * 0x1p-50 : 0.0;
    const double allowance = static_cast<double>(call.elementwise());
    double largest = 0.0;
    for (std::size_t i = first; i < first + size; ++i) {
      largest = std::max(
          largest, std::abs(static_cast<double>(x.centre[i])) + static_cast<double>(x.radius[i]));
    }
    const double less = lost * largest;
    const double least = std::max(spread.least * (1.0 - allowance) - less,
                                  static_cast<double>(layer.epsilon) * (1.0 - allowance));
    const double most = spread.most * (1.0 + allowance) + less;
    for (std::size_t i = first; i < first + size; ++i) {
      const double centre = spread.centre(x.centre[i]), radius = spread.radius(x.radius[i]) + less;
      const double lower = centre - radius, upper = centre + radius;
      y.centre[i] = static_cast<float>(lower / (lower < 0.0 ? least : most));
      y.radius[i] = static_cast<float>(upper / (upper > 0.0 ? least : most));
    }
  }
  // Rounding to float, here and in the network, is a fraction of the ends.
  from_bounds(call.layer.inputs(), y.centre, y.radius, y, 2.0F * call.elementwise());
}

void interval_input_gradient(const ContrastNormalise& layer, const IntervalTrainingCall& call,
                             Interval x, Interval dy, Interval dx) {
  const std::size_t size = call.interval.place().in.size();
  const double floor = static_cast<double>(layer.epsilon);
  for (std::size_t n = 0; n < call.interval.layer.count; ++n) {
    const std::size_t first = n * size;
    const Spread spread(size, x.centre + first, x.radius + first, floor);
    double dleast = 0.0, dmost = 0.0, mean_dcentre = 0.0, mean_dradius = 0.0;
    for (std::size_t i = first; i < first + size; ++i) {
      const double centre = spread.centre(x.centre[i]), radius = spread.radius(x.radius[i]);
      const EndGradients d = at_ends(dy, i);
      const auto through = [&](double end, double gradient, bool outward) {
        const double by = outward ? spread.least : spread.most;
        (outward ? dleast : dmost) -= gradient * end / (by * by);
        return gradient / by;
      };
      const double dlower = through(centre - radius, static_cast<double>(d.lower), centre < radius);
      const double dupper =
          through(centre + radius, static_cast<double>(d.upper), centre > -radius);
      mean_dcentre += (dlower + dupper) / spread.values;
      mean_dradius += (dupper - dlower) / spread.values;
      put_ends(dx, i, static_cast<float>(dlower), static_cast<float>(dupper));
    }
    const double deviation = spread.of_centre.deviation;
    if (!(deviation - spread.root > floor)) dleast = 0.0;
    if (!(deviation + spread.root > floor)) dmost = 0.0;
    const double by_deviation =
        deviation > 0.0 ? (dleast + dmost) / (spread.values * deviation) : 0.0;
    const double by_root =
        spread.root > 0.0 ? (dmost - dleast) / (spread.values * spread.root) : 0.0;
    for (std::size_t i = first; i < first + size; ++i) {
      const double dcentre = static_cast<double>(dx.centre[i]) - mean_dcentre +
                             by_deviation * spread.centre(x.centre[i]);
      const double dradius = static_cast<double>(dx.radius[i]) * (1.0 - 2.0 / spread.values) +
                             mean_dradius + by_root * static_cast<double>(x.radius[i]);
      dx.centre[i] = static_cast<float>(dcentre);
      dx.radius[i] = static_cast<float>(dradius);
    }
  }
}

}  // namespace signflip
