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
      copy_row(inner.adversarial[slot], shard.adversarial[active[slot]]);
    }
    active.drop_if([&](std::size_t row) { return kept[row].success; });
  }
}

void judge_round(const Shard& inner, std::span<Verdict> verdicts,
                 double (*score)(const Goal&, std::span<const float> logits)) {
  const Rows<const float> logits = logits_of(inner.pass, inner.adversarial);
  for (std::size_t i = 0; i < inner.count; ++i) {
    verdicts[i] = {reached(inner.goal(i), logits[i]), score(inner.goal(i), logits[i])};
  }
}

}  // namespace signflip
