// train --range-test: one run at rising learning rates, to see which of them train (Smith 2017,
// "Cyclical learning rates for training neural networks"). It writes no model.
#pragma once

#include "train/trainer.h"
#include "train_options.h"

namespace signflip::cli {

/// Sets what a range test trains with where the command line does not: one epoch, up to a rate of
/// 1, no validation. An error where an option was given that has no effect on it.
Status prepare_range_test(TrainOptions& options);

/// Runs it, prints losses against rates and which rate they suggest, and writes `log_head` and a
/// line for each step to --log.
Status run_range_test(const TrainOptions& options, Trainer& trainer, const OrderedJson& log_head);

}  // namespace signflip::cli
