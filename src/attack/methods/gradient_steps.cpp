#include "attack/methods/gradient_steps.h"

#include <vector>

#include "attack/active_set.h"
#include "attack/ascent.h"
#include "attack/common_parameters.h"
#include "attack/rounds.h"
#include "attack/shard.h"

namespace signflip {
namespace {

void run_climb(Shard& shard, const Climb& climb) {
  const double epsilon = shard.parameters.real("epsilon");
  std::vector<Rng> streams;
  for (std::size_t i = 0; i < shard.count; ++i) streams.push_back(shard.rng(i));
  // Without a random start all restarts would be alike.
  if (climb.restarts == 1 || climb.start == Climb::Start::clean) {
    start_and_ascend(shard, climb, epsilon, [&](std::size_t i) -> Rng& { return streams[i]; });
    return;
  }
  run_rounds(shard, ActiveSet(shard.count), climb.restarts,
             [&](Shard& inner, const ActiveSet& rows, int, std::span<Verdict> verdicts) {
               const auto stream = [&](std::size_t i) -> Rng& { return streams[rows[i]]; };
               if (!start_and_ascend(inner, climb, epsilon, stream)) return false;
               judge_round(inner, verdicts, cross_entropy_objective);
               return true;
             });
}

template <Climb (*climb_of)(const Parameters&)>
void run(Shard& shard) {
  run_climb(shard, climb_of(shard.parameters));
}

Climb fgsm_climb(const Parameters&) { return {}; }

Climb bim_climb(const Parameters& parameters) {
  Climb climb;
  climb.steps = parameters.integer("steps");
  climb.step_size = parameters.real("step-size");
  return climb;
}

Climb mim_climb(const Parameters& parameters) {
  Climb climb = bim_climb(parameters);
  climb.momentum = true;
  climb.decay = static_cast<float>(parameters.real("decay"));
  return climb;
}

Climb pgd_climb(const Parameters& parameters) {
  Climb climb = bim_climb(parameters);
  climb.norm = norm_from(parameters.choice("norm"));
  climb.step_factor = 2.5;
  if (parameters.boolean("random-start")) climb.start = Climb::Start::uniform;
  climb.restarts = parameters.integer("restarts");
  return climb;
}

bool random_start(const Parameters& parameters) { return parameters.boolean("random-start"); }

constexpr ParameterSpec step_size_spec(double maximum, std::string_view help) {
  return real_parameter("step-size", "Step size",
                        {.maximum = maximum, .step = 0.001, .slider = 0.3, .automatic = true},
                        help);
}

constexpr std::string_view kStepHelp = "how far one step goes; 0 means epsilon / steps";

constexpr ParameterSpec kFgsmParameters[] = {kEpsilonLinf};
constexpr ParameterSpec kBimParameters[] = {kEpsilonLinf, step_size_spec(1, kStepHelp),
                                            steps_parameter(10)};
constexpr ParameterSpec kMimParameters[] = {
    kEpsilonLinf, step_size_spec(1, kStepHelp), steps_parameter(10),
    real_parameter("decay", "Momentum (decay)",
                   {.fallback = 1, .minimum = 0, .maximum = 10, .step = 0.05, .slider = 2},
                   "how much of the earlier directions is kept; 0 is BIM")};
constexpr ParameterSpec kPgdParameters[] = {
    kEpsilon,
    kNorm,
    step_size_spec(100, "how far one step goes; 0 means 2.5 x epsilon / steps"),
    steps_parameter(40),
    boolean_parameter("random-start", "Random start", true,
                      "start anywhere in the ball rather than at the image"),
    kRestarts};

}  // namespace

constinit const AttackEntry kFgsm{
    .name = "fgsm",
    .title = "FGSM",
    .paper = "Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572",
    .norm = "linf",
    .family = Family::fixed_budget,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "One step: every pixel moves by ε in the direction that raises the loss.",
    .cost = "1 gradient",
    .parameters = kFgsmParameters,
    .run = run<fgsm_climb>,
    .random = never_random,
    .climb = fgsm_climb};

constinit const AttackEntry kBim{
    .name = "bim",
    .title = "BIM",
    .paper = "Kurakin, Goodfellow and Bengio 2017, arXiv:1607.02533",
    .norm = "linf",
    .family = Family::fixed_budget,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "FGSM in many small steps, with a fresh gradient at each.",
    .cost = "steps gradients",
    .parameters = kBimParameters,
    .run = run<bim_climb>,
    .random = never_random,
    .climb = bim_climb};

constinit const AttackEntry kMim{
    .name = "mim",
    .title = "MIM",
    .paper = "Dong et al. 2018, arXiv:1710.06081",
    .norm = "linf",
    .family = Family::fixed_budget,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "BIM with momentum: each step follows the sum of all gradients so far.",
    .cost = "steps gradients",
    .parameters = kMimParameters,
    .run = run<mim_climb>,
    .random = never_random,
    .climb = mim_climb};

constinit const AttackEntry kPgd{
    .name = "pgd",
    .title = "PGD",
    .paper = "Madry et al. 2018, arXiv:1706.06083",
    .norm = "linf",
    .family = Family::fixed_budget,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "BIM from a random point nearby, with larger steps and, if wanted, restarts.",
    .cost = "steps gradients for each restart",
    .parameters = kPgdParameters,
    .run = run<pgd_climb>,
    .random = random_start,
    .climb = pgd_climb};

}  // namespace signflip
