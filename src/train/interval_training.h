// Certified training: the method `ibp`. Each image's loss is
//
//   κ·CE(logits) + (1−κ)·CE(worst logits)
//
// where the worst logits are minus the interval bounds' margins (elided last layer), so that the
// second term is at least the cross-entropy at the worst image within ε (Gowal et al. 2019). κ
// falls from 1 to the configuration's `kappa` in step with ε's way from 0 to its full value. With
// an attack, the first term is of attacked images instead of clean ones: MTL-IBP (De Palma et al.
// 2024, "Expressive losses for verified robustness via convex combinations"), with α = 1 − κ.
//
// Batch norm takes the shard's own statistics in the first term, and the bounds go through the same
// values: the gradient of the second term goes back through them, too. (As constants they would ask
// for ever smaller weights in front of a batch norm, which it undoes.) Dropout is in the first term
// alone. Networks should start from Sequential::initialise_for_intervals().
#pragma once

#include <memory>

#include "certify/interval_network.h"
#include "train/adversary.h"
#include "train/config.h"
#include "train/training_method.h"

namespace signflip {

/// `config` has passed check(); config.attack is "", "none" or a gradient attack of the catalogue.
/// The log's robust accuracy is verified accuracy at robust_epsilon(), on at most
/// kRobustValidationImages: the fraction that interval bounds prove.
Result<std::unique_ptr<TrainingMethod>> make_interval_method(const TrainingConfig& config);

/// Trains on up to `capacity` images per shard. `intervals`, made for training and up to date in
/// each train(), must outlive it; an empty `attack` means clean images.
std::unique_ptr<ShardTrainer> make_interval_shard(const IntervalNetwork& intervals,
                                                  std::size_t capacity,
                                                  const TrainingConfig& config,
                                                  TrainingAttack attack);

}  // namespace signflip
