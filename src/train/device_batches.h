// Batches on a device. The same configuration and seed give the same order, augmentation, dropout
// masks and random starts as on the CPU, so that the weights differ by rounding only.
#pragma once

#include "device/device.h"
#include "train/batch_runner.h"

namespace signflip {

/// For Trainer::create(). All methods, with the attacks that are climbs (AttackEntry::climb); error
/// for another attack, or a network that the device does not take. What stays on the CPU:
/// finetune's one attack on the whole training set; the certificates that ibp is validated with,
/// whose allowances for rounding are the CPU's; a denoiser's validation, which attacks through both
/// networks. `device` must outlive the trainer.
MakeBatchRunner batches_on(device::Device& device);

}  // namespace signflip
