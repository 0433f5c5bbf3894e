// Rounds: try, keep the best, go on with the survivors.
#include "attack/rounds.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace signflip {

void run_rounds(Shard& shard, ActiveSet active, int rounds, const Round& attempt) {
  std::vector<Verdict> kept(shard.count, {false, -std::numeric_limits<double>::infinity()});
  for (int round = 0; round < rounds && !active.empty(); ++round) {
    SubShard sub(shard, active, shard.parameters);
    Shard& inner = sub.shard();
    inner.ticker = shard.ticker.part(static_cast<double>(round) / rounds,
                                     static_cast<double>(round + 1) / rounds);
    std::vector<Verdict> verdicts(active.size());
    if (!attempt(inner, active, round, verdicts)) return;
    for (std::size_t slot = 0; slot < active.size(); ++slot) {
      Verdict& best = kept[active[slot]];
      const Verdict& verdict = verdicts[slot];
      // A score that is not a number must not keep the first round's answer out.
      if (!verdict.success && round > 0 && !(verdict.score > best.score)) continue;
      best = verdict;
      const std::span<const float> answer = inner.adversarial_image(slot);
      std::copy(answer.begin(), answer.end(), shard.adversarial_image(active[slot]).begin());
    }
    active.drop_if([&](std::size_t row) { return kept[row].success; });
  }
}

void judge_round(const Shard& inner, std::span<Verdict> verdicts,
                 double (*score)(const Goal&, std::span<const float> logits)) {
  const std::size_t classes = inner.classes();
  const std::span<const float> logits = inner.pass.forward(inner.adversarial, inner.count);
  for (std::size_t i = 0; i < inner.count; ++i) {
    const std::span<const float> row = logits.subspan(i * classes, classes);
    verdicts[i] = {reached(inner.goal(i), row), score(inner.goal(i), row)};
  }
}

}  // namespace signflip
