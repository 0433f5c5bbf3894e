// Training runs on a device: the methods in its terms. Checkpoints, logs and model
// files are the trainer's, as on the CPU; the same configuration and seed give the same order,
// augmentation, dropout masks and random starts on both, so that the weights differ by rounding.
#pragma once

#include "device/device.h"
#include "train/trainer.h"

namespace signflip {

/// For Trainer::create(). All methods, with the attacks of device/device_attack.h; for another
/// attack, or a network that the device does not take, one sentence. What stays on the CPU:
/// finetune's one attack on the whole training set; the certificates that ibp is watched with,
/// whose allowances for rounding are the CPU's; a denoiser's validation, which attacks through both
/// networks. `device` must outlive the trainer.
OpenCourse courses_on(device::Device& device);

}  // namespace signflip
