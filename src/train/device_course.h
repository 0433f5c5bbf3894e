// Training runs on a device: which methods it knows, in its terms. Checkpoints, logs and model
// files are the trainer's, as on the CPU; the same configuration and seed give the same order,
// augmentation, dropout masks and random starts on both, so that the weights differ by rounding.
#pragma once

#include "backend/device.h"
#include "train/trainer.h"

namespace signflip {

/// For Trainer::create(). Courses know the methods standard, mixed, fast, pgd and trades, with the
/// attacks of device/device_attack.h; for anything else they answer with one sentence. `device`
/// must outlive the trainer.
OpenCourse courses_on(Device& device);

}  // namespace signflip
