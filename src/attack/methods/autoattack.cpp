#include "attack/methods/autoattack.h"

#include <cstdint>
#include <iterator>
#include <vector>

#include "attack/common_parameters.h"
#include "attack/geometry/norms.h"
#include "attack/methods/apgd.h"
#include "attack/methods/fab.h"
#include "attack/methods/square.h"
#include "attack/rounds.h"
#include "attack/shard.h"

namespace signflip {
namespace {

/// Every part takes those of epsilon, norm, steps, queries and early-stop that it has.
const AttackEntry* const kParts[] = {
    &kApgdCe,
    &kApgdT,
    &kFabT,
    &kSquare,
};

Parameters parameters_for(const AttackEntry& part, const Parameters& given, bool early_stop) {
  Parameters parameters(part.parameters);
  for (std::size_t p = 0; p < given.specs().size(); ++p) {
    const std::string_view name = given.specs()[p].name;
    // In range for the ensemble is in range for its parts.
    if (parameters.has(name)) (void)parameters.set(name, given.values()[p]);
  }
  if (parameters.has("early-stop")) (void)parameters.set("early-stop", early_stop ? 1 : 0);
  if (parameters.has("stop-below")) {
    (void)parameters.set("stop-below", given.real("epsilon"));
  }
  return parameters;
}

constexpr ParameterSpec kParameters[] = {kEpsilon, kNorm, steps_parameter(100), kQueries};

void run_autoattack(Shard& shard) {
  std::vector<std::uint8_t> misread(shard.count);
  const Rows<const float> logits = logits_of(shard.pass, shard.clean);
  for (std::size_t i = 0; i < shard.count; ++i) misread[i] = reached(shard.goal(i), logits[i]);
  const Norm norm = norm_from(shard.parameters.choice("norm"));
  const double epsilon = shard.parameters.real("epsilon");
  const auto attempt = [&](Shard& inner, int round, bool early_stop, std::span<Verdict> verdicts) {
    const AttackEntry& part = *kParts[round];
    const Parameters parameters = parameters_for(part, shard.parameters, early_stop);
    Shard own = inner.with(parameters);
    part.run(own);
    if (!inner.tick(1)) return false;
    // FAB has no budget: what it finds counts only within the ball.
    const Ball ball(inner.clean, norm, epsilon, inner.bounds);
    for (std::size_t i = 0; i < inner.count; ++i) ball.project(i, inner.adversarial[i]);
    judge_round(inner, verdicts);
    return true;
  };
  // Images that are misclassified as they are need no attack, except where another model judges:
  // then they are made as bad as the first part can.
  ActiveSet active(shard.count), others(shard.count);
  active.drop_if([&](std::size_t i) { return misread[i] != 0; });
  others.drop_if([&](std::size_t i) { return misread[i] == 0; });
  if (!shard.decides && !others.empty()) {
    run_rounds(shard, others, 1,
               [&](Shard& inner, const ActiveSet&, int round, std::span<Verdict> verdicts) {
                 return attempt(inner, round, false, verdicts);
               });
  }
  run_rounds(shard, active, static_cast<int>(std::size(kParts)),
             [&](Shard& inner, const ActiveSet&, int round, std::span<Verdict> verdicts) {
               return attempt(inner, round, true, verdicts);
             });
}

}  // namespace

constinit const AttackEntry kAutoAttack{
    .name = "autoattack",
    .title = "AutoAttack",
    .paper = "Croce and Hein 2020, arXiv:2003.01690",
    .norm = "linf",
    .family = Family::ensemble,
    .goals = Goals::untargeted,
    .access = Access::gradients,
    .summary = "Four strong attacks in turn, each on what survived: the usual yardstick.",
    .cost = "up to about 19 x steps gradients and queries queries for an image that survives",
    .parameters = kParameters,
    .run = run_autoattack,
    .random = always_random};

}  // namespace signflip
