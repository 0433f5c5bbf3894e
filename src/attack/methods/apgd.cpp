// Auto-PGD, after the authors' own implementation (fra31/auto-attack, autopgd_base.py).
#include "attack/methods/apgd.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "attack/active_set.h"
#include "attack/common_parameters.h"
#include "attack/geometry/boundary.h"
#include "attack/geometry/dlr.h"
#include "attack/geometry/norms.h"
#include "attack/rounds.h"
#include "attack/shard.h"

namespace signflip {
namespace {

enum class Loss { cross_entropy, dlr };

struct Settings {
  Norm norm = Norm::linf;
  double epsilon = 0;
  int steps = 100;
  Loss loss = Loss::cross_entropy;
  bool early_stop = false;
};

/// One image's progress.
struct Climber {
  double step_size = 0;
  double value = 0;  ///< loss at the current point
  double best = -std::numeric_limits<double>::infinity();
  double best_at_check = -std::numeric_limits<double>::infinity();
  double best_adversarial = -std::numeric_limits<double>::infinity();
  bool improved = false;  ///< whether the current point is the best so far
  int rises = 0;          ///< steps since the last checkpoint that raised the loss
  bool halved_at_check = true;
  Verdict verdict;  ///< of the answer so far
};

/// One ascent of a shard, starting where shard.adversarial is.
class Ascent {
 public:
  /// `rivals`: for each image the class that the targeted DLR loss raises; empty for the others.
  Ascent(Shard& shard, const Settings& settings, const Ball& ball, std::span<const int> rivals)
      : shard_(shard),
        settings_(settings),
        ball_(ball),
        rivals_(rivals),
        active_(shard.count),
        climbers_(shard.count),
        now_(shard.adversarial),
        before_(now_),
        best_(now_),
        gradient_(shard.count, shard.image_size()),
        best_gradient_(gradient_),
        packed_(gradient_),
        packed_gradient_(gradient_),
        dlogits_(shard.count, shard.classes()) {
    for (Climber& c : climbers_) c.step_size = 2 * settings.epsilon;
  }

  /// False: told to stop.
  bool run(std::span<Verdict> verdicts) {
    const int steps = settings_.steps;
    // Checkpoints: the first after 22% of the steps, each interval shorter by 3%, down to 6%.
    int interval = std::max(static_cast<int>(0.22 * steps), 1), since = 0;
    const int shortest = std::max(static_cast<int>(0.06 * steps), 1);
    const int decrement = std::max(static_cast<int>(0.03 * steps), 1);
    evaluate(0);
    for (int step = 0; step < steps && !active_.empty(); ++step) {
      if (!shard_.tick(static_cast<double>(step) / steps)) return false;
      for (const std::size_t i : active_.rows()) move(i, step == 0 ? 1.0F : 0.75F);
      evaluate(step + 1);
      if (++since < interval) continue;
      for (const std::size_t i : active_.rows()) check(i, interval);
      interval = std::max(interval - decrement, shortest);
      since = 0;
    }
    for (std::size_t i = 0; i < shard_.count; ++i) verdicts[i] = climbers_[i].verdict;
    return true;
  }

 private:
  LogitRatio ratio(std::size_t i, std::span<const float> logits) const {
    const Goal goal = shard_.goal(i);
    if (!rivals_.empty()) {
      return LogitRatio::targeted(logits, static_cast<std::size_t>(rivals_[i]),
                                  static_cast<std::size_t>(goal.label));
    }
    if (!goal.targeted()) return LogitRatio::untargeted(logits, goal.label);
    const auto target = static_cast<std::size_t>(goal.target);
    return LogitRatio::targeted(logits, target, runner_up(logits, target));
  }

  /// Loss and gradient at the current points; keeps the best ones. The last points need no
  /// gradient.
  void evaluate(int step) {
    const std::size_t count = active_.size();
    const bool all = count == shard_.count;
    const Rows<const float> logits =
        logits_of(shard_.pass, all ? now_.rows() : active_.gather(now_, packed_));
    bool any_left = false;
    for (std::size_t slot = 0; slot < count; ++slot) {
      const std::size_t i = active_[slot];
      shard_.observe(i, step, logits[slot], now_[i]);
      record(i, logits[slot], dlogits_[slot]);
      if (step == 0) climbers_[i].rises = 0;
      any_left = any_left || !finished(i);
    }
    if (step < settings_.steps && any_left) {
      const Rows<float> packed = packed_gradient_.first(count);
      shard_.pass.input_gradient(dlogits_.first(count), packed);
      active_.scatter(packed, gradient_);
      for (const std::size_t i : active_.rows()) {
        if (climbers_[i].improved) copy_row(gradient_[i], best_gradient_[i]);
      }
    }
    active_.drop_if([this](std::size_t i) { return finished(i); });
  }

  bool finished(std::size_t i) const {
    return settings_.early_stop && climbers_[i].verdict.success;
  }
  /// Notes what the logits say about image i and writes the direction that raises its loss.
  void record(std::size_t i, std::span<const float> logits, std::span<float> dlogits) {
    Climber& c = climbers_[i];
    const Goal goal = shard_.goal(i);
    const double last = c.value;
    if (settings_.loss == Loss::cross_entropy) {
      c.value = cross_entropy_objective(goal, logits);
      cross_entropy_direction(goal, logits, dlogits);
    } else {
      const LogitRatio dlr = ratio(i, logits);
      c.value = dlr.value();
      dlr.direction(dlogits);
    }
    c.rises += c.value > last;
    const bool success = reached(goal, logits);
    c.improved = c.value > c.best;
    if (c.improved) {
      c.best = c.value;
      copy_row(now_[i], best_[i]);
    }
    const bool better = success ? !c.verdict.success || c.value > c.best_adversarial
                                : !c.verdict.success && c.improved;
    if (!better) return;
    if (success) c.best_adversarial = c.value;
    c.verdict = {success, margin_objective(goal, logits)};
    copy_row(now_[i], shard_.adversarial[i]);
  }

  /// now += share·(a projected step) + (1 − share)·(the last move).
  void move(std::size_t i, float share) {
    const Climber& c = climbers_[i];
    const std::span<float> now = now_[i], before = before_[i], next = packed_[i];
    copy_row(now, next);
    steepest_step(settings_.norm, gradient_[i], c.step_size, next);
    ball_.project(i, next);
    for (std::size_t j = 0; j < next.size(); ++j) {
      const float moved = now[j] + (next[j] - now[j]) * share + (now[j] - before[j]) * (1 - share);
      before[j] = now[j];
      now[j] = moved;
    }
    ball_.project(i, now);
  }

  /// Halves the step where the last `interval` steps did little, and returns to the best point.
  void check(std::size_t i, int interval) {
    Climber& c = climbers_[i];
    const bool wavers = c.rises <= 0.75 * interval;
    const bool stuck = !c.halved_at_check && c.best_at_check >= c.best;
    c.halved_at_check = wavers || stuck;
    c.best_at_check = c.best;
    c.rises = 0;
    if (!c.halved_at_check) return;
    c.step_size /= 2;
    copy_row(best_[i], now_[i]);
    copy_row(best_gradient_[i], gradient_[i]);
  }

  Shard& shard_;
  const Settings& settings_;
  const Ball& ball_;
  std::span<const int> rivals_;
  ActiveSet active_;
  std::vector<Climber> climbers_;
  RowBuffer<float> now_, before_, best_, gradient_, best_gradient_;
  RowBuffer<float> packed_, packed_gradient_, dlogits_;
};

/// Ascents from random points, one a round. rivals(i, round) as for Ascent, or empty.
template <class Rivals>
void run_ascents(Shard& shard, const Settings& settings, int rounds, Rivals rivals) {
  std::vector<Rng> streams;
  for (std::size_t i = 0; i < shard.count; ++i) streams.push_back(shard.rng(i));
  run_rounds(shard, ActiveSet(shard.count), rounds,
             [&](Shard& inner, const ActiveSet& rows, int round, std::span<Verdict> verdicts) {
               const Ball ball(inner.clean, settings.norm, settings.epsilon, inner.bounds);
               for (std::size_t slot = 0; slot < rows.size(); ++slot) {
                 ball.random_surface_point(slot, streams[rows[slot]], inner.adversarial[slot]);
               }
               const std::vector<int> classes = rivals(rows, round);
               return Ascent(inner, settings, ball, classes).run(verdicts);
             });
}

Settings settings_from(const Parameters& parameters, Loss loss) {
  return {norm_from(parameters.choice("norm")), parameters.real("epsilon"),
          parameters.integer("steps"), loss, parameters.boolean("early-stop")};
}

template <Loss loss>
void run_apgd(Shard& shard) {
  run_ascents(shard, settings_from(shard.parameters, loss), shard.parameters.integer("restarts"),
              [](const ActiveSet&, int) { return std::vector<int>(); });
}

void run_apgd_t(Shard& shard) {
  const int rivals =
      std::min(shard.parameters.integer("target-classes"), static_cast<int>(shard.classes()) - 1);
  const Rows<const float> logits = logits_of(shard.pass, shard.clean);
  std::vector<std::vector<std::size_t>> ranked;
  for (std::size_t i = 0; i < shard.count; ++i) {
    ranked.push_back(
        likeliest_rivals(logits[i], shard.labels[i], static_cast<std::size_t>(rivals)));
  }
  run_ascents(shard, settings_from(shard.parameters, Loss::dlr),
              rivals * shard.parameters.integer("restarts"), [&](const ActiveSet& rows, int round) {
                std::vector<int> chosen;
                for (const std::size_t i : rows.rows()) {
                  const std::size_t rival = ranked[i][static_cast<std::size_t>(round % rivals)];
                  chosen.push_back(static_cast<int>(rival));
                }
                return chosen;
              });
}

constexpr ParameterSpec kEarlyStop{
    .name = "early-stop",
    .title = "Stop early",
    .kind = ParameterKind::boolean,
    .fallback = 0,
    .help = "stop once an image is misclassified instead of raising its loss further"};

constexpr ParameterSpec kApgdParameters[] = {kEpsilon, kNorm, steps_parameter(100), kRestarts,
                                             kEarlyStop};
constexpr ParameterSpec kApgdTParameters[] = {kEpsilon,  kNorm,      steps_parameter(100),
                                              kRestarts, kEarlyStop, kTargetClasses};
constexpr std::string_view kPaper = "Croce and Hein 2020, arXiv:2003.01690";

}  // namespace

constinit const AttackEntry kApgdCe{
    .name = "apgd-ce",
    .title = "APGD-CE",
    .paper = kPaper,
    .norm = "linf",
    .family = Family::fixed_budget,
    .targeted = true,
    .untargeted = true,
    .needs_gradients = true,
    .summary = "PGD that halves its step when it gets nowhere and returns to its best point.",
    .cost = "steps gradients for each restart",
    .parameters = kApgdParameters,
    .run = run_apgd<Loss::cross_entropy>};

constinit const AttackEntry kApgdDlr{
    .name = "apgd-dlr",
    .title = "APGD-DLR",
    .paper = kPaper,
    .norm = "linf",
    .family = Family::fixed_budget,
    .targeted = true,
    .untargeted = true,
    .needs_gradients = true,
    .summary = "APGD on a ratio of logits, which a confident model cannot flatten.",
    .cost = "steps gradients for each restart",
    .parameters = kApgdParameters,
    .run = run_apgd<Loss::dlr>};

constinit const AttackEntry kApgdT{
    .name = "apgd-t",
    .title = "APGD-T",
    .paper = kPaper,
    .norm = "linf",
    .family = Family::fixed_budget,
    .targeted = false,
    .untargeted = true,
    .needs_gradients = true,
    .summary = "APGD towards each of the likeliest wrong classes in turn.",
    .cost = "steps gradients for each class tried and restart",
    .parameters = kApgdTParameters,
    .run = run_apgd_t};

}  // namespace signflip
