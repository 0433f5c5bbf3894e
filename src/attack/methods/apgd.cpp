// Auto-PGD, after the authors' own implementation (fra31/auto-attack, autopgd_base.py).
#include "attack/methods/apgd.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "attack/active_set.h"
#include "attack/ascent.h"
#include "attack/common_parameters.h"
#include "attack/geometry/boundary.h"
#include "attack/rounds.h"
#include "attack/shard.h"
#include "core/exact/apgd.h"
#include "core/exact/logit_ratio.h"

namespace signflip {
namespace {

/// One ascent of a shard, starting where shard.adversarial is.
class Ascent {
 public:
  /// `rivals`: for each image the class that the targeted DLR loss raises; empty for the others.
  Ascent(Shard& shard, const Climb& climb, const Ball& ball, std::span<const int> rivals)
      : shard_(shard),
        climb_(climb),
        ball_(ball),
        rivals_(rivals),
        active_(shard.count),
        progress_(shard.count, ApgdProgress(ball.epsilon())),
        now_(shard.adversarial),
        before_(now_),
        best_(now_),
        gradient_(shard.count, shard.image_size()),
        best_gradient_(gradient_),
        packed_(gradient_),
        packed_gradient_(gradient_),
        dlogits_(shard.count, shard.classes()) {}

  /// False: told to stop.
  bool run(std::span<Verdict> verdicts) {
    const int steps = climb_.steps;
    ApgdSchedule schedule(steps);
    evaluate(0);
    for (int step = 0; step < steps && !active_.empty(); ++step) {
      if (!shard_.tick(static_cast<double>(step) / steps)) return false;
      for (const std::size_t i : active_.rows()) move(i, step == 0 ? 1.0F : kApgdStepShare);
      evaluate(step + 1);
      if (const int interval = schedule.step(); interval > 0) {
        for (const std::size_t i : active_.rows()) check(i, interval);
      }
    }
    for (std::size_t i = 0; i < shard_.count; ++i) verdicts[i] = progress_[i].verdict;
    return true;
  }

 private:
  LogitRatio ratio(std::size_t i, std::span<const float> logits) const {
    const Goal goal = shard_.goal(i);
    if (!rivals_.empty()) {
      return LogitRatio::targeted(logits, static_cast<std::size_t>(rivals_[i]),
                                  static_cast<std::size_t>(goal.label));
    }
    return LogitRatio::of(goal, logits);
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
      record(i, step, logits[slot], dlogits_[slot]);
      any_left = any_left || !progress_[i].finished;
    }
    if (step < climb_.steps && any_left) {
      const Rows<float> packed = packed_gradient_.first(count);
      shard_.pass.input_gradient(dlogits_.first(count), packed);
      active_.scatter(packed, gradient_);
      for (const std::size_t i : active_.rows()) {
        if (progress_[i].improved) copy_row(gradient_[i], best_gradient_[i]);
      }
    }
    active_.drop_if([this](std::size_t i) { return progress_[i].finished; });
  }

  /// Notes what the logits say about image i and writes the direction that raises its loss.
  void record(std::size_t i, int step, std::span<const float> logits, std::span<float> dlogits) {
    ApgdProgress& progress = progress_[i];
    const Goal goal = shard_.goal(i);
    double loss = 0;
    if (climb_.loss == Climb::Loss::cross_entropy) {
      loss = cross_entropy_objective(goal, logits);
      cross_entropy_direction(goal, logits, dlogits);
    } else {
      const LogitRatio dlr = ratio(i, logits);
      loss = dlr.value();
      dlr.direction(dlogits);
    }
    progress.record(loss, {reached(goal, logits), margin_objective(goal, logits)}, step == 0,
                    climb_.early_stop);
    if (progress.improved) copy_row(now_[i], best_[i]);
    if (progress.better) copy_row(now_[i], shard_.adversarial[i]);
  }

  /// now += share·(a projected step) + (1 − share)·(the last move).
  void move(std::size_t i, float share) {
    const std::span<float> now = now_[i], before = before_[i], next = packed_[i];
    copy_row(now, next);
    steepest_step(climb_.norm, gradient_[i], progress_[i].step_size, next);
    ball_.project(i, next);
    for (std::size_t j = 0; j < next.size(); ++j) {
      const float moved = apgd_move(before[j], now[j], next[j], share);
      before[j] = now[j];
      now[j] = moved;
    }
    ball_.project(i, now);
  }

  void check(std::size_t i, int interval) {
    if (!progress_[i].check(interval)) return;
    copy_row(best_[i], now_[i]);
    copy_row(best_gradient_[i], gradient_[i]);
  }

  Shard& shard_;
  const Climb& climb_;
  const Ball& ball_;
  std::span<const int> rivals_;
  ActiveSet active_;
  std::vector<ApgdProgress> progress_;
  RowBuffer<float> now_, before_, best_, gradient_, best_gradient_;
  RowBuffer<float> packed_, packed_gradient_, dlogits_;
};

/// Ascents from random points, one a round. rivals(i, round) as for Ascent, or empty.
template <class Rivals>
void run_ascents(Shard& shard, const Climb& climb, int rounds, Rivals rivals) {
  const double epsilon = shard.parameters.real("epsilon");
  std::vector<Rng> streams;
  for (std::size_t i = 0; i < shard.count; ++i) streams.push_back(shard.rng(i));
  run_rounds(shard, ActiveSet(shard.count), rounds,
             [&](Shard& inner, const ActiveSet& rows, int round, std::span<Verdict> verdicts) {
               const Ball ball(inner.clean, climb.norm, epsilon, inner.bounds);
               for (std::size_t slot = 0; slot < rows.size(); ++slot) {
                 start_climb(climb, ball, slot, streams[rows[slot]], inner.adversarial[slot]);
               }
               const std::vector<int> classes = rivals(rows, round);
               return Ascent(inner, climb, ball, classes).run(verdicts);
             });
}

template <Climb::Loss loss>
Climb climb_from(const Parameters& parameters) {
  Climb climb;
  climb.norm = norm_from(parameters.choice("norm"));
  climb.start = Climb::Start::surface;
  climb.loss = loss;
  climb.steps = parameters.integer("steps");
  climb.automatic = true;
  climb.early_stop = parameters.boolean("early-stop");
  climb.restarts = parameters.integer("restarts");
  return climb;
}

template <Climb::Loss loss>
void run_apgd(Shard& shard) {
  const Climb climb = climb_from<loss>(shard.parameters);
  run_ascents(shard, climb, climb.restarts,
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
  const Climb climb = climb_from<Climb::Loss::logit_ratio>(shard.parameters);
  run_ascents(shard, climb, rivals * climb.restarts, [&](const ActiveSet& rows, int round) {
    std::vector<int> chosen;
    for (const std::size_t i : rows.rows()) {
      const std::size_t rival = ranked[i][static_cast<std::size_t>(round % rivals)];
      chosen.push_back(static_cast<int>(rival));
    }
    return chosen;
  });
}

constexpr ParameterSpec kEarlyStop =
    boolean_parameter("early-stop", "Stop early", false,
                      "stop once an image is misclassified instead of raising its loss further");

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
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "PGD that halves its step when it gets nowhere and returns to its best point.",
    .cost = "steps gradients for each restart",
    .parameters = kApgdParameters,
    .run = run_apgd<Climb::Loss::cross_entropy>,
    .random = always_random,
    .climb = climb_from<Climb::Loss::cross_entropy>};

constinit const AttackEntry kApgdDlr{
    .name = "apgd-dlr",
    .title = "APGD-DLR",
    .paper = kPaper,
    .norm = "linf",
    .family = Family::fixed_budget,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "APGD on a ratio of logits, which a confident model cannot flatten.",
    .cost = "steps gradients for each restart",
    .parameters = kApgdParameters,
    .run = run_apgd<Climb::Loss::logit_ratio>,
    .random = always_random,
    .climb = climb_from<Climb::Loss::logit_ratio>};

constinit const AttackEntry kApgdT{
    .name = "apgd-t",
    .title = "APGD-T",
    .paper = kPaper,
    .norm = "linf",
    .family = Family::fixed_budget,
    .goals = Goals::untargeted,
    .access = Access::gradients,
    .summary = "APGD towards each of the likeliest wrong classes in turn.",
    .cost = "steps gradients for each class tried and restart",
    .parameters = kApgdTParameters,
    .run = run_apgd_t,
    .random = always_random};

}  // namespace signflip
