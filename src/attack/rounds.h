// Attacks that try several times: restarts, one target class after the other, ensembles. Each round
// works only on the images that survived the ones before.
#pragma once

#include <functional>
#include <span>

#include "attack/active_set.h"
#include "attack/shard.h"

namespace signflip {

/// One round on `inner`, whose row `slot` is row rows[slot] of the whole shard. Leaves its answers
/// in inner.adversarial and one verdict per slot. False: stopped by the ticker.
using Round = std::function<bool(Shard& inner, const ActiveSet& rows, int round,
                                 std::span<Verdict> verdicts)>;

/// Runs up to `rounds` rounds. Each image keeps the answer of the first round that succeeded, else
/// of the round with the highest score (the first of equals). `active` are the images to begin
/// with; the others are left as they are.
void run_rounds(Shard& shard, ActiveSet active, int rounds, const Round& attempt);

/// Fills the verdicts by asking the model (one query per image); `score` is a function of the
/// logits from objective.h.
void judge_round(const Shard& inner, std::span<Verdict> verdicts,
                 double (*score)(const Goal&, std::span<const float> logits) = margin_objective);

}  // namespace signflip
