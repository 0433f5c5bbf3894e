// The loop behind FGSM, BIM, MIM and PGD.
#include "attack/methods/gradient_steps.h"

#include <memory>
#include <vector>

#include "attack/active_set.h"
#include "attack/common_parameters.h"
#include "attack/geometry/norms.h"
#include "attack/geometry/pixels.h"
#include "attack/rounds.h"
#include "attack/shard.h"

namespace signflip {
namespace {

struct Climb {
  double epsilon = 0;
  double step_size = 0;
  int steps = 1;
  Norm norm = Norm::linf;
  bool random_start = false;
  bool momentum = false;
  float decay = 0;
  int restarts = 1;
};

/// One ascent of all images of the shard from where they are. False: told to stop.
bool ascend(const Shard& shard, const Climb& climb, const Ball& ball) {
  const Rows<float> images = shard.adversarial;
  RowBuffer<float> dlogits(shard.count, shard.classes());
  const std::size_t size = images.values().size();
  const std::unique_ptr<float[]> gradients(new float[size]);  // a RowBuffer would clear it
  const Rows<float> gradient({gradients.get(), size}, images.width());
  RowBuffer<float> velocity(climb.momentum ? shard.count : 0, images.width());
  for (int step = 0; step < climb.steps; ++step) {
    if (!shard.tick(static_cast<double>(step) / climb.steps)) return false;
    const Rows<const float> logits = logits_of(shard.pass, images);
    for (std::size_t i = 0; i < shard.count; ++i) {
      shard.observe(i, step, logits[i], images[i]);
      cross_entropy_direction(shard.goal(i), logits[i], dlogits[i]);
    }
    shard.pass.input_gradient(dlogits.rows(), gradient);
    for (std::size_t i = 0; i < shard.count; ++i) {
      std::span<const float> direction = gradient[i];
      if (climb.momentum) {
        add_normalised(direction, climb.decay, velocity[i]);
        direction = velocity[i];
      }
      steepest_step(climb.norm, direction, climb.step_size, images[i]);
      ball.project(i, images[i]);
    }
  }
  return true;
}

void run_climb(Shard& shard, const Climb& climb) {
  std::vector<Rng> streams;
  for (std::size_t i = 0; i < shard.count; ++i) streams.push_back(shard.rng(i));
  const auto once = [&](Shard& inner, const ActiveSet& rows) {
    const Ball ball(inner.clean, climb.norm, climb.epsilon, inner.bounds,
                    climb.steps > 1 ? Ball::Use::often : Ball::Use::once);
    for (std::size_t i = 0; climb.random_start && i < inner.count; ++i) {
      ball.random_point(i, streams[rows[i]], inner.adversarial[i]);
    }
    return ascend(inner, climb, ball);
  };
  const ActiveSet all(shard.count);
  if (climb.restarts == 1 || !climb.random_start) {  // without it all restarts would be alike
    once(shard, all);
    return;
  }
  run_rounds(shard, all, climb.restarts,
             [&](Shard& inner, const ActiveSet& rows, int, std::span<Verdict> verdicts) {
               if (!once(inner, rows)) return false;
               judge_round(inner, verdicts, cross_entropy_objective);
               return true;
             });
}

void run_fgsm(Shard& shard) {
  Climb climb;
  climb.epsilon = climb.step_size = shard.parameters.real("epsilon");
  run_climb(shard, climb);
}

void run_bim(Shard& shard) {
  Climb climb;
  climb.epsilon = shard.parameters.real("epsilon");
  climb.steps = shard.parameters.integer("steps");
  climb.step_size = climbing_step_size("bim", shard.parameters);
  run_climb(shard, climb);
}

void run_mim(Shard& shard) {
  Climb climb;
  climb.epsilon = shard.parameters.real("epsilon");
  climb.steps = shard.parameters.integer("steps");
  climb.step_size = climbing_step_size("mim", shard.parameters);
  climb.momentum = true;
  climb.decay = static_cast<float>(shard.parameters.real("decay"));
  run_climb(shard, climb);
}

void run_pgd(Shard& shard) {
  Climb climb;
  climb.epsilon = shard.parameters.real("epsilon");
  climb.norm = norm_from(shard.parameters.choice("norm"));
  climb.steps = shard.parameters.integer("steps");
  climb.step_size = climbing_step_size("pgd", shard.parameters);
  climb.random_start = shard.parameters.boolean("random-start");
  climb.restarts = shard.parameters.integer("restarts");
  run_climb(shard, climb);
}

constexpr ParameterSpec step_size_spec(double maximum, std::string_view help) {
  return {.name = "step-size",
          .title = "Step size",
          .kind = ParameterKind::real,
          .fallback = 0,
          .minimum = 0,
          .maximum = maximum,
          .help = help,
          .step = 0.001,
          .slider = 0.3,
          .automatic = true};
}

constexpr std::string_view kStepHelp = "how far one step goes; 0 means epsilon / steps";

constexpr ParameterSpec kFgsmParameters[] = {kEpsilonLinf};
constexpr ParameterSpec kBimParameters[] = {kEpsilonLinf, step_size_spec(1, kStepHelp),
                                            steps_parameter(10)};
constexpr ParameterSpec kMimParameters[] = {
    kEpsilonLinf, step_size_spec(1, kStepHelp), steps_parameter(10),
    ParameterSpec{.name = "decay",
                  .title = "Momentum (decay)",
                  .kind = ParameterKind::real,
                  .fallback = 1,
                  .minimum = 0,
                  .maximum = 10,
                  .help = "how much of the earlier directions is kept; 0 is BIM",
                  .step = 0.05,
                  .slider = 2}};
constexpr ParameterSpec kPgdParameters[] = {
    kEpsilon,
    kNorm,
    step_size_spec(100, "how far one step goes; 0 means 2.5 x epsilon / steps"),
    steps_parameter(40),
    ParameterSpec{.name = "random-start",
                  .title = "Random start",
                  .kind = ParameterKind::boolean,
                  .fallback = 1,
                  .help = "start anywhere in the ball rather than at the image"},
    kRestarts};

}  // namespace

double climbing_step_size(std::string_view attack, const Parameters& parameters) {
  const double given = parameters.real("step-size");
  const double share = attack == "pgd" ? 2.5 : 1;
  return given > 0 ? given : share * parameters.real("epsilon") / parameters.integer("steps");
}

constinit const AttackEntry kFgsm{
    .name = "fgsm",
    .title = "FGSM",
    .paper = "Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572",
    .norm = "linf",
    .family = Family::fixed_budget,
    .targeted = true,
    .untargeted = true,
    .needs_gradients = true,
    .summary = "One step: every pixel moves by ε in the direction that raises the loss.",
    .cost = "1 gradient",
    .parameters = kFgsmParameters,
    .run = run_fgsm};

constinit const AttackEntry kBim{
    .name = "bim",
    .title = "BIM",
    .paper = "Kurakin, Goodfellow and Bengio 2017, arXiv:1607.02533",
    .norm = "linf",
    .family = Family::fixed_budget,
    .targeted = true,
    .untargeted = true,
    .needs_gradients = true,
    .summary = "FGSM in many small steps, with a fresh gradient at each.",
    .cost = "steps gradients",
    .parameters = kBimParameters,
    .run = run_bim};

constinit const AttackEntry kMim{
    .name = "mim",
    .title = "MIM",
    .paper = "Dong et al. 2018, arXiv:1710.06081",
    .norm = "linf",
    .family = Family::fixed_budget,
    .targeted = true,
    .untargeted = true,
    .needs_gradients = true,
    .summary = "BIM with momentum: each step follows the sum of all gradients so far.",
    .cost = "steps gradients",
    .parameters = kMimParameters,
    .run = run_mim};

constinit const AttackEntry kPgd{
    .name = "pgd",
    .title = "PGD",
    .paper = "Madry et al. 2018, arXiv:1706.06083",
    .norm = "linf",
    .family = Family::fixed_budget,
    .targeted = true,
    .untargeted = true,
    .needs_gradients = true,
    .summary = "BIM from a random point nearby, with larger steps and, if wanted, restarts.",
    .cost = "steps gradients for each restart",
    .parameters = kPgdParameters,
    .run = run_pgd};

}  // namespace signflip
