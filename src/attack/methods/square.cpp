// Square attack, after the authors' own implementation (max-andr/square-attack).
#include "attack/methods/square.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attack/active_set.h"
#include "attack/common_parameters.h"
#include "attack/geometry/norms.h"
#include "attack/shard.h"

namespace signflip {
namespace {

/// The share of pixels to change at try `number` of `tries`: halved at fixed points of a schedule
/// made for 10,000 tries.
double share_of_pixels(double initial, int number, int tries) {
  const double at = 10000.0 * number / tries;
  constexpr int kHalvings[] = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};
  for (const int halving : kHalvings) {
    if (at > halving) initial /= 2;
  }
  return initial;
}

struct Window {
  int top = 0, left = 0;
};

/// One image's search: its random numbers, and proposals near the best image so far.
class Search {
 public:
  Search(ImageShape shape, const Ball& ball, std::size_t image, Rng rng)
      : shape_(shape), ball_(ball), image_(image), rng_(rng) {}

  /// The first try.
  void start(std::span<float> proposal) {
    if (ball_.norm() == Norm::linf) {
      stripes(proposal);
    } else {
      bumps(proposal);
    }
  }

  /// A change of `best` that covers about `share` of the pixels.
  void propose(double share, std::span<const float> best, std::span<float> proposal) {
    std::copy(best.begin(), best.end(), proposal.begin());
    const double side = std::sqrt(share * shape_.height * shape_.width);
    const int smaller = std::min(shape_.height, shape_.width);
    if (ball_.norm() == Norm::linf) {
      square(std::clamp(static_cast<int>(std::lround(side)), 1, smaller), proposal);
    } else {
      const int odd = std::max(static_cast<int>(std::lround(side)), 3) | 1;
      move_mass(std::min(odd, smaller), proposal);
    }
  }

 private:
  std::size_t at(int row, int column, int channel) const {
    return static_cast<std::size_t>((row * shape_.width + column) * shape_.channels + channel);
  }
  int below(int bound) { return static_cast<int>(rng_.below(static_cast<std::uint32_t>(bound))); }
  bool coin() { return rng_.below(2) == 1; }
  Window window(int side) {
    const int top = below(shape_.height - side + 1);
    return {top, below(shape_.width - side + 1)};
  }

  void stripes(std::span<float> proposal) {
    const auto low = ball_.low(image_), high = ball_.high(image_);
    for (int column = 0; column < shape_.width; ++column) {
      for (int channel = 0; channel < shape_.channels; ++channel) {
        const bool up = coin();
        for (int row = 0; row < shape_.height; ++row) {
          const std::size_t j = at(row, column, channel);
          proposal[j] = up ? high[j] : low[j];
        }
      }
    }
  }

  /// A square of ±epsilon. One that changes nothing would waste a query, so it is drawn again.
  void square(int side, std::span<float> proposal) {
    const auto low = ball_.low(image_), high = ball_.high(image_);
    bool changed = false;
    for (int attempt = 0; attempt < 8 && !changed; ++attempt) {
      const Window w = window(side);
      for (int channel = 0; channel < shape_.channels; ++channel) {
        const bool up = coin();
        for (int row = w.top; row < w.top + side; ++row) {
          for (int column = w.left; column < w.left + side; ++column) {
            const std::size_t j = at(row, column, channel);
            const float value = up ? high[j] : low[j];
            changed = changed || value != proposal[j];
            proposal[j] = value;
          }
        }
      }
    }
  }

  /// L2 start: bumps of either sign side by side, together of length epsilon.
  void bumps(std::span<float> proposal) {
    const int side = std::max(1, std::min(shape_.height, shape_.width) / 5);
    delta_.assign(proposal.size(), 0.0);
    for (int top = shape_.height % side / 2; top + side <= shape_.height; top += side) {
      for (int left = shape_.width % side / 2; left + side <= shape_.width; left += side) {
        add_bump({top, left}, side, halves(side));
      }
    }
    place(proposal);
  }

  /// L2 step: empties one window and lets another, whose pattern gets a new bump, take what length
  /// that and the budget leave. Each channel has its share.
  void move_mass(int side, std::span<float> proposal) {
    const auto clean = ball_.clean(image_);
    delta_.resize(proposal.size());
    double all = 0;
    for (std::size_t j = 0; j < proposal.size(); ++j) {
      delta_[j] = static_cast<double>(proposal[j]) - static_cast<double>(clean[j]);
      all += delta_[j] * delta_[j];
    }
    const Window to = window(side), from = window(side);
    std::vector<double> bump = halves(side);
    const double spare = std::max(ball_.epsilon() * ball_.epsilon() - all, 0.0) / shape_.channels;
    std::vector<double> fresh(bump.size());
    for (int channel = 0; channel < shape_.channels; ++channel) {
      double target = 0, either = 0;
      each(to, side, channel, [&](std::size_t, double& d) { target += d * d; });
      either = target;
      each(from, side, channel, [&](std::size_t j, double& d) {
        if (!inside(j, to, side)) either += d * d;
      });
      const double sign = coin() ? 1 : -1;
      double length = 0;
      std::size_t p = 0;
      each(to, side, channel, [&](std::size_t, double& d) {
        fresh[p] = sign * bump[p] + d / (std::sqrt(target) + 1e-10);
        length += fresh[p] * fresh[p];
        ++p;
      });
      each(from, side, channel, [](std::size_t, double& d) { d = 0; });
      const double scale = length > 0 ? std::sqrt((spare + either) / length) : 0;
      p = 0;
      each(to, side, channel, [&](std::size_t, double& d) { d = scale * fresh[p++]; });
    }
    place(proposal);
  }

  /// Calls visit(index, delta) for the window's values in one channel.
  template <class Visit>
  void each(Window w, int side, int channel, Visit visit) {
    for (int row = w.top; row < w.top + side; ++row) {
      for (int column = w.left; column < w.left + side; ++column) {
        const std::size_t j = at(row, column, channel);
        visit(j, delta_[j]);
      }
    }
  }
  bool inside(std::size_t j, Window w, int side) const {
    const int pixel = static_cast<int>(j) / shape_.channels;
    const int row = pixel / shape_.width, column = pixel % shape_.width;
    return row >= w.top && row < w.top + side && column >= w.left && column < w.left + side;
  }

  void add_bump(Window w, int side, const std::vector<double>& bump) {
    for (int channel = 0; channel < shape_.channels; ++channel) {
      const double sign = coin() ? 1 : -1;
      std::size_t p = 0;
      each(w, side, channel, [&](std::size_t, double& d) { d += sign * bump[p++]; });
    }
  }

  /// proposal = clean + delta scaled to length epsilon, clipped.
  void place(std::span<float> proposal) {
    const auto clean = ball_.clean(image_);
    double squares = 0;
    for (const double d : delta_) squares += d * d;
    const double scale = squares > 0 ? ball_.epsilon() / std::sqrt(squares) : 0;
    for (std::size_t j = 0; j < proposal.size(); ++j) {
      proposal[j] = static_cast<float>(static_cast<double>(clean[j]) + scale * delta_[j]);
    }
    ball_.project(image_, proposal);
  }

  /// rows × columns, highest in the middle, falling off like Σ 1/r² over nested squares; length 1.
  static std::vector<double> plateau(int rows, int columns) {
    std::vector<double> values(static_cast<std::size_t>(rows * columns));
    const int middle_row = rows / 2, middle_column = columns / 2;
    for (int r = 0; r <= std::max(middle_row, middle_column); ++r) {
      for (int i = std::max(middle_row - r, 0); i < std::min(middle_row + r + 1, rows); ++i) {
        for (int j = std::max(middle_column - r, 0); j < std::min(middle_column + r + 1, columns);
             ++j) {
          values[static_cast<std::size_t>(i * columns + j)] += 1.0 / ((r + 1.0) * (r + 1.0));
        }
      }
    }
    normalise(values);
    return values;
  }

  /// Two plateaus of opposite sign, one above the other or (by a coin) side by side; length 1.
  std::vector<double> halves(int side) {
    const int upper = side / 2;
    std::vector<double> values = plateau(upper, side), lower = plateau(side - upper, side);
    for (const double v : lower) values.push_back(-v);
    if (coin()) {
      const auto n = static_cast<std::size_t>(side);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) std::swap(values[i * n + j], values[j * n + i]);
      }
    }
    normalise(values);
    return values;
  }

  static void normalise(std::vector<double>& values) {
    double squares = 0;
    for (const double v : values) squares += v * v;
    if (!(squares > 0)) return;
    for (double& v : values) v /= std::sqrt(squares);
  }

  ImageShape shape_;
  const Ball& ball_;
  std::size_t image_;
  Rng rng_;
  std::vector<double> delta_;
};

/// Larger is nearer to success: the margin, or for a target its cross-entropy, as in the paper.
double closeness(const Goal& goal, std::span<const float> logits) {
  return goal.targeted() ? cross_entropy_objective(goal, logits) : margin_objective(goal, logits);
}

constexpr ParameterSpec kParameters[] = {
    kEpsilon, kNorm, kQueries,
    real_parameter("p-init", "First square",
                   {.fallback = 0.8, .minimum = 0.001, .maximum = 1, .step = 0.01},
                   "the share of the pixels that the first squares cover")};

void run_square(Shard& shard) {
  const int queries = shard.parameters.integer("queries");
  const double initial = shard.parameters.real("p-init");
  const Ball ball(shard.clean, norm_from(shard.parameters.choice("norm")),
                  shard.parameters.real("epsilon"), shard.bounds);
  std::vector<Search> searches;
  for (std::size_t i = 0; i < shard.count; ++i) {
    searches.emplace_back(shard.shape, ball, i, shard.rng(i));
  }
  ActiveSet active(shard.count);
  std::vector<double> best(shard.count);
  std::vector<std::uint8_t> done(shard.count), foregone(shard.count);
  RowBuffer<float> proposals(shard.clean);
  for (int query = 0; query < queries && !active.empty(); ++query) {
    if (!shard.tick(static_cast<double>(query) / queries)) return;
    const double share = share_of_pixels(initial, query - 2, queries);
    for (std::size_t slot = 0; slot < active.size() && query > 0; ++slot) {
      const std::size_t i = active[slot];
      if (query == 1) {
        searches[i].start(proposals[slot]);
      } else {
        searches[i].propose(share, shard.adversarial[i], proposals[slot]);
      }
    }
    const Rows<const float> tried = proposals.first(active.size());
    const Rows<const float> logits = logits_of(shard.pass, tried);
    for (std::size_t slot = 0; slot < active.size(); ++slot) {
      const std::size_t i = active[slot];
      const std::span<const float> z = logits[slot];
      const double value = closeness(shard.goal(i), z);
      if (query == 0 && !shard.decides) foregone[i] = reached(shard.goal(i), z);
      done[i] = reached(shard.goal(i), z) && foregone[i] == 0;  // those spend all their queries
      if (query > 0 && !done[i] && !(value > best[i])) continue;
      best[i] = value;
      copy_row(tried[slot], shard.adversarial[i]);
    }
    active.drop_if([&](std::size_t i) { return done[i] != 0; });
  }
}

}  // namespace

constinit const AttackEntry kSquare{
    .name = "square",
    .title = "Square",
    .paper = "Andriushchenko, Croce, Flammarion and Hein 2020, arXiv:1912.00049",
    .norm = "linf",
    .family = Family::fixed_budget,
    .goals = Goals::either,
    .access = Access::logits,
    .summary = "Random squares, kept where they help. Asks for answers, never for gradients.",
    .cost = "at most queries queries, no gradient",
    .parameters = kParameters,
    .run = run_square,
    .random = always_random};

}  // namespace signflip
